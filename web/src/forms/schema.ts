import type { Artifact, Kind, Operation, Schema } from "../api/types";
import type { Translate } from "../i18n";
import { number } from "../i18n/format";

/** Kinds of artifacts an input takes; undefined: all. */
export const kindsFor = (schema: Schema): readonly Kind[] | undefined =>
  schema["x-kind"] === "any" ? undefined : schema["x-accepts"];

type Part = "inputs" | "parameters" | "outputs";
export const fieldsOf = (o: Operation, part: Part): [string, Schema][] =>
  Object.entries(o.request.properties?.[part]?.properties ?? {});

export const requiredInputs = (o: Operation): string[] => o.request.properties?.["inputs"]?.required ?? [];

const numbersIn = (value: unknown): number[] | undefined =>
  Array.isArray(value) ? value.filter((x) => typeof x === "number") : undefined;

/** 2 or 3 where the properties tell; 4 for several time points or channels of a volume. */
export function dimensionsOf(artifact: Artifact): number | undefined {
  const size = numbersIn(artifact.properties["size"]);
  if (!size || size.length < 2) return undefined;
  const [, , depth = 1] = size;
  const outer = Number(artifact.properties["time_points"] ?? artifact.properties["channels"] ?? 1);
  if (depth > 1 && outer > 1) return 4;
  return depth > 1 ? 3 : 2;
}

function modalityOf(artifact: Artifact): string | undefined {
  const metadata = artifact.properties["metadata"] as Record<string, unknown> | undefined;
  const modality = metadata?.["Modality"];
  return typeof modality === "string" ? modality : undefined;
}

/** Whether an input takes an artifact, as far as its properties tell. */
export function fits(schema: Schema, artifact: Artifact): boolean {
  if (kindsFor(schema)?.includes(artifact.kind) === false) return false;
  const dimensions = dimensionsOf(artifact),
    modality = modalityOf(artifact);
  const wanted = schema["x-dimensions"],
    modalities = schema["x-modality"]?.split(/[,/ ]+/);
  if (wanted !== undefined && dimensions !== undefined && dimensions !== wanted) return false;
  if (modalities && modality !== undefined && !modalities.includes(modality)) return false;
  if (artifact.kind !== "volume") return true;
  // Labels are whole numbers; a float image is none, whatever it shows.
  if (schema["x-kind"] === "labels") return !String(artifact.properties["pixel_type"]).startsWith("float");
  // An image is a transform only where it holds a vector at every voxel.
  return schema["x-kind"] !== "transform" || Number(artifact.properties["channels"] ?? 1) > 1;
}

const inline = new Set(["boolean", "integer", "real", "text", "choice", "vector"]);
/** Outputs that become artifacts; the others are values shown with the run. */
export const isFileOutput = (schema: Schema): boolean => !inline.has(schema["x-kind"] ?? "");

/** Outputs that can be made of the inputs given. */
export const possibleOutputs = (o: Operation, inputs: object): [string, Schema][] =>
  fieldsOf(o, "outputs").filter(([, s]) => s["x-needs"] === undefined || s["x-needs"] in inputs);

export function rangeText(s: Schema, t: Translate): string {
  const { minimum: min, maximum: max } = s.type === "array" ? (s.items ?? s) : s;
  if (min !== undefined && max !== undefined) return t("op.range", { min: number(min), max: number(max) });
  if (min !== undefined) return t("op.atLeast", { min: number(min) });
  return max !== undefined ? t("op.atMost", { max: number(max) }) : "";
}

/** Text that is no number stays text: the refusal then says what was expected. */
export function parseNumber(text: string): number | string {
  const clean = text.trim().replace(/−/g, "-");
  const n = Number(clean);
  return clean !== "" && Number.isFinite(n) ? n : text;
}

export const fixedLength = (s: Schema): number | undefined =>
  s.type === "array" && s.minItems !== undefined && s.minItems === s.maxItems ? s.minItems : undefined;

/** The value of a field from text, as in an address: "2,2,2", "true", "rigid". Empty text is no value. */
export function valueFromText(s: Schema, text: string): unknown {
  if (text.trim() === "") return undefined;
  if (s.type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (s.type === "number" || s.type === "integer") return parseNumber(text);
  if (s.type !== "array") return text;
  const parts = text
    .split(/[,，;；\s]+/)
    .filter(Boolean)
    .map(parseNumber);
  const length = fixedLength(s);
  return parts.length === 1 && length !== undefined ? Array.from({ length }, () => parts[0]) : parts;
}

export const titleOf = (field: string): string => field.replace(/_/g, " ");
