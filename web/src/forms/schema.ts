import type { Artifact, Kind, Operation, Schema } from "../api/types";
import type { Translate } from "../i18n";
import { number } from "../i18n/format";

const accepts: Record<string, readonly Kind[]> = { volume: ["volume", "labels", "series"], labels: ["labels", "volume"] };

/** Kinds of artifacts an input takes; undefined: all. */
export function kindsFor(schema: Schema): readonly Kind[] | undefined {
  const kind = schema["x-kind"] ?? schema.items?.["x-kind"] ?? "any";
  return kind === "any" ? undefined : accepts[kind] ?? [kind as Kind];
}

export const fieldsOf = (o: Operation, part: "inputs" | "parameters" | "outputs"): [string, Schema][] =>
  Object.entries(o.request.properties?.[part]?.properties ?? {});

export const requiredInputs = (o: Operation): string[] => o.request.properties?.["inputs"]?.required ?? [];

export function takes(o: Operation, kind: Kind): string[] {
  return fieldsOf(o, "inputs").filter(([, s]) => kindsFor(s)?.includes(kind) ?? true).map(([name]) => name);
}

export const fits = (schema: Schema, artifact: Artifact): boolean => kindsFor(schema)?.includes(artifact.kind) ?? true;

export function rangeText(s: Schema, t: Translate): string {
  const { minimum: min, maximum: max } = s;
  if (min !== undefined && max !== undefined) return t("op.range", { min: number(min), max: number(max) });
  if (min !== undefined) return t("op.atLeast", { min: number(min) });
  return max !== undefined ? t("op.atMost", { max: number(max) }) : "";
}

/** Text that is no number stays text: the server then says what it expected. */
export function parseNumber(text: string): number | string {
  const clean = text.trim().replace(/−/g, "-");
  const n = Number(clean);
  return clean !== "" && Number.isFinite(n) ? n : text;
}

export const titleOf = (field: string): string => field.replace(/_/g, " ");
