import type { Artifact } from "../api/types";
import { useT } from "../i18n";
import { number } from "../i18n/format";
import DocumentViewer from "./DocumentViewer";

const numbersOf = (v: unknown, n: number): number[] | undefined => (Array.isArray(v) && v.length === n && v.every((x) => typeof x === "number") ? v : undefined);
const short = (v: number) => number(Math.abs(v) < 1e-9 ? 0 : Number(v.toPrecision(6)));

interface Parts { angles: number[]; scale: number[]; shear: number[]; mirrored: boolean }

/** M = R · U: a rotation and an upper triangle of scale and shear, by Gram and Schmidt. */
function decompose(m: number[]): Parts | undefined {
  const column = (j: number) => [m[j] ?? 0, m[3 + j] ?? 0, m[6 + j] ?? 0];
  const dot = (a: number[], b: number[]) => a.reduce((s, x, i) => s + x * (b[i] ?? 0), 0);
  const minus = (a: number[], b: number[], f: number) => a.map((x, i) => x - f * (b[i] ?? 0));
  const unit = (a: number[]) => a.map((x) => x / (Math.hypot(...a) || 1));
  const [a, b, c] = [column(0), column(1), column(2)];
  const sx = Math.hypot(...a), q0 = unit(a), xy = dot(q0, b), b1 = minus(b, q0, xy), sy = Math.hypot(...b1), q1 = unit(b1);
  const xz = dot(q0, c), yz = dot(q1, c), c1 = minus(minus(c, q0, xz), q1, yz);
  let sz = Math.hypot(...c1), q2 = unit(c1);
  if (!(sx > 1e-9 && sy > 1e-9 && sz > 1e-9)) return undefined;
  const cross = [(q0[1] ?? 0) * (q1[2] ?? 0) - (q0[2] ?? 0) * (q1[1] ?? 0), (q0[2] ?? 0) * (q1[0] ?? 0) - (q0[0] ?? 0) * (q1[2] ?? 0), (q0[0] ?? 0) * (q1[1] ?? 0) - (q0[1] ?? 0) * (q1[0] ?? 0)];
  const mirrored = dot(cross, q2) < 0;
  if (mirrored) {
    sz = -sz;
    q2 = q2.map((x) => -x);
  }
  const degrees = (r: number) => (r * 180) / Math.PI;
  // R = Rz · Ry · Rx
  const angles = [Math.atan2(q1[2] ?? 0, q2[2] ?? 0), -Math.asin(Math.max(-1, Math.min(1, q0[2] ?? 0))), Math.atan2(q0[1] ?? 0, q0[0] ?? 0)].map(degrees);
  return { angles, scale: [sx, sy, sz], shear: [xy / sx, xz / sx, yz / sy], mirrored };
}

export default function TransformViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const matrix = numbersOf(artifact.properties["matrix"], 9), shift = numbersOf(artifact.properties["translation"], 3);
  if (!matrix || !shift) return <DocumentViewer artifact={artifact} />;
  const parts = decompose(matrix), row = (label: string, values: number[], unit: string) => <tr><th scope="row">{label}</th>{values.map((v, i) => <td key={i} className="num mono">{short(v)}</td>)}<td className="muted">{unit}</td></tr>;
  return (
    <div className="viewer transform">
      <div className="card-body stack">
        <p className="muted small">{t("transform.frame")}</p>
        <table className="matrix" aria-label={t("transform.matrix")}><tbody>
          {[0, 1, 2].map((r) => <tr key={r}>{[0, 1, 2].map((c) => <td key={c} className="num mono">{short(matrix[r * 3 + c] ?? 0)}</td>)}<td className="num mono">{short(shift[r] ?? 0)}</td></tr>)}
          <tr>{[0, 0, 0, 1].map((v, i) => <td key={i} className="num mono muted">{v}</td>)}</tr>
        </tbody></table>
        {parts && (
          <table className="matrix"><thead><tr><td /><th scope="col" className="num">x</th><th scope="col" className="num">y</th><th scope="col" className="num">z</th><td /></tr></thead><tbody>
            {row(t("transform.rotation"), parts.angles, t("transform.degrees"))}
            {row(t("transform.scale"), parts.scale, "")}
            {row(t("transform.shear"), parts.shear, "xy, xz, yz")}
            {row(t("transform.translation"), shift, "mm")}
          </tbody></table>
        )}
        {parts?.mirrored && <p className="note warn">{t("transform.mirrored")}</p>}
        {artifact.properties["has_field"] === true && <p className="note">{t("transform.field")}</p>}
      </div>
    </div>
  );
}
