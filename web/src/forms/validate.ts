import type { Schema } from "../api/types";
import type { Translate } from "../i18n";
import { unitText } from "../components/Parts";

/** As the server prints a number in a refusal: the shortest text that reads back the same. */
const plain = (n: number): string => String(n);

function rangeOf(s: Schema, t: Translate): string {
  const { minimum: min, maximum: max } = s;
  if (min !== undefined && max !== undefined) return t("expect.range", { min: plain(min), max: plain(max) });
  if (min !== undefined) return t("expect.atLeast", { min: plain(min) });
  return max !== undefined ? t("expect.atMost", { max: plain(max) }) : "";
}

function vectorExpectation(s: Schema, t: Translate): string {
  const whole = s.items?.type === "integer";
  const range = s.items ? rangeOf(s.items, t) : "";
  const each = range && t("expect.each", { range });
  const three = s.minItems === 3 && s.maxItems === 3;
  const key = three
    ? whole
      ? "expect.threeWhole"
      : "expect.three"
    : whole
      ? "expect.listWhole"
      : "expect.list";
  return t(key) + each;
}

/** What a field takes, in the words of the server's own check. */
export function expectation(s: Schema, t: Translate): string {
  const unit = unitText(s["x-unit"]);
  const suffix = unit && ` ${unit}`;
  if (s.enum) return t("expect.oneOf", { choices: s.enum.map(String).join(", ") });
  switch (s.type) {
    case "boolean":
      return t("expect.boolean");
    case "integer":
      return t("expect.integer", { range: rangeOf(s, t) }) + suffix;
    case "number":
      return t("expect.number", { range: rangeOf(s, t) }) + suffix;
    case "array":
      return vectorExpectation(s, t) + suffix;
    default:
      return t("expect.text");
  }
}

function numberFits(s: Schema, value: unknown): boolean {
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  if (s.type === "integer" && !Number.isInteger(value)) return false;
  return !(s.minimum !== undefined && value < s.minimum) && !(s.maximum !== undefined && value > s.maximum);
}

function valueFits(s: Schema, value: unknown): boolean {
  if (s.enum) return s.enum.includes(value);
  switch (s.type) {
    case "boolean":
      return typeof value === "boolean";
    case "integer":
    case "number":
      return numberFits(s, value);
    case "array": {
      if (!Array.isArray(value)) return false;
      const { minItems: min = 0, maxItems: max = Infinity } = s;
      return (
        value.length >= min &&
        value.length <= max &&
        value.every((x) => numberFits(s.items ?? { type: "number" }, x))
      );
    }
    default:
      return typeof value === "string";
  }
}

/** Why a value is refused, at once and without asking; undefined: nothing against it. */
export function refusal(name: string, s: Schema, value: unknown, t: Translate): string | undefined {
  if (value === undefined || valueFits(s, value)) return undefined;
  return t("expect.refusal", { name, value: JSON.stringify(value), expectation: expectation(s, t) });
}
