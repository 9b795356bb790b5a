import type { Translate } from "../../i18n";
import { number } from "../../i18n/format";

interface Statistics {
  length?: number; unit?: string; angle?: number; area?: number; areaUnit?: string; modalityUnit?: string;
  mean?: number | number[]; stdDev?: number | number[]; min?: number | number[]; max?: number | number[];
}
type Lines = (data: { cachedStats: Record<string, Statistics> }, target: string) => string[];

const short = (n: number): string => number(Number(n.toPrecision(4)));
/** Colour pictures give a value for each of red, green and blue. */
const values = (v: number | number[]): string => (Array.isArray(v) ? v.map(short).join(" / ") : short(v));
const present = (v: number | number[] | undefined): v is number | number[] => v !== undefined && v !== null && [v].flat().every(Number.isFinite);

export const lengthLines = (): Lines => (data, target) => {
  const { length, unit = "" } = data.cachedStats[target] ?? {};
  return present(length) ? [`${values(length)} ${unit}`] : [];
};

export const angleLines = (): Lines => (data, target) => {
  const { angle } = data.cachedStats[target] ?? {};
  return present(angle) ? [`${values(angle)}°`] : [];
};

export const regionLines = (t: Translate): Lines => (data, target) => {
  const s = data.cachedStats[target] ?? {};
  // "raw" is the library's word for a value without a unit.
  const unit = s.modalityUnit && s.modalityUnit !== "raw" ? ` ${s.modalityUnit}` : "";
  const lines: string[] = [];
  if (present(s.area)) lines.push(`${t("dicom.area")} ${values(s.area)} ${s.areaUnit ?? ""}`);
  if (present(s.mean)) lines.push(`${t("dicom.mean")} ${values(s.mean)}${unit}`);
  if (present(s.stdDev)) lines.push(`${t("dicom.deviation")} ${values(s.stdDev)}${unit}`);
  if (present(s.min) && present(s.max)) lines.push(`${values(s.min)} … ${values(s.max)}${unit}`);
  return lines;
};
