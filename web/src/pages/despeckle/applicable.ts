import { useCatalogue } from "../../api/load";
import type { Artifact, Operation } from "../../api/types";
import { fieldsOf, fits } from "../../forms/schema";

export const OPERATION = "ultrasound.despeckle";

/** The operation, if this artifact can be looked at with it. */
export function useDespeckling(artifact: Artifact): Operation | undefined {
  const operation = useCatalogue().data?.operations.find((o) => o.name === OPERATION && o.previews);
  const image = operation && fieldsOf(operation, "inputs")[0]?.[1];
  const good = artifact.state === "ready" && artifact.kind !== "labels" && image && fits(image, artifact);
  return good ? operation : undefined;
}

/** Whether it is what this operation made of an image: whoever shows it says so. */
export const isDespeckled = (a: Artifact): boolean =>
  a.origin.type === "run" && a.origin.operation === OPERATION && a.origin.output === "denoised";
