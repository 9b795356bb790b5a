import type { Artifact } from "../api/types";
import { useShow } from "../components/Parts";
import { useT } from "../i18n";

/** What sets one artifact apart from others of its kind: format, size in voxels, spacing, rows. */
export function useSummary(): (a: Artifact) => string {
  const show = useShow();
  const t = useT();
  return (a) => {
    const p = a.properties;
    const times = (value: unknown) => (Array.isArray(value) ? value.map(show).join(" × ") : "");
    const spacing = times(p["spacing"]);
    const columns = [p["number_columns"], p["text_columns"]].flat().filter((x) => x !== undefined).length;
    const rows = typeof p["rows"] === "number" ? `${show(p["rows"])} × ${show(p["columns"] ?? columns)}` : "";
    const rate = typeof p["sample_rate"] === "number" ? `${show(p["sample_rate"])} Hz` : "";
    const format = a.format.length <= 4 ? a.format.toUpperCase() : a.format;
    const images = typeof p["images"] === "number" ? t("images.count", { n: p["images"] }) : "";
    return [format, times(p["size"]), spacing && `${spacing} mm`, rows, rate, images].filter(Boolean).join(" · ");
  };
}
