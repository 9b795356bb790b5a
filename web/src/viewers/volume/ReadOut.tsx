import { useT } from "../../i18n";
import { number } from "../../i18n/format";
import { inverse, transform, valueAt, type Point } from "./image";
import type { Opened } from "./useVolume";

const mm = (p: Point): string => p.map((x) => x.toFixed(1).replace("-", "−")).join(", ");

function namesOf(o: Opened): (value: number) => string | undefined {
  const said = o.artifact.properties["labels"] as Record<string, unknown> | undefined;
  return (value) => {
    const name = o.layer.voxels.names.get(value) ?? (said && typeof said === "object" ? said[String(value)] : undefined);
    return typeof name === "string" ? name : undefined;
  };
}

function Values({ opened, at }: { opened: Opened; at: Point }) {
  const { layer } = opened, { voxels } = layer;
  const frames = voxels.colour ? [0, 1, 2] : layer.frame < 0 ? [-1, ...Array.from({ length: voxels.frames }, (_, i) => i)] : [layer.frame];
  const values = frames.map((f) => valueAt(voxels, at, f)), name = layer.labels ? namesOf(opened)(values[0] ?? NaN) : undefined;
  const text = values.map((v) => (Number.isNaN(v) ? "–" : number(Number(v.toPrecision(6)))));
  return <>{layer.frame < 0 && !voxels.colour ? `${text[0]} (${text.slice(1).join(", ")})` : text.join(" / ")}{name && <strong> {name}</strong>}</>;
}

/** Where the crosshair or pointer is, and what every layer holds there. */
export function ReadOut({ base, over, at, pointed }: { base: Opened; over: Opened | undefined; at: Point; pointed: boolean }) {
  const t = useT();
  const world = transform(base.layer.voxels.affine, at);
  const there = over && (transform(inverse(over.layer.voxels.affine), world).map(Math.round) as Point);
  return (
    <dl className="read-out" aria-live="off">
      <dt>{t(pointed ? "volume.pointer" : "volume.crosshair")}</dt><dd>{mm(world)} mm LPS</dd>
      <dt>{t("volume.voxel")}</dt><dd>{at.join(", ")}</dd>
      <dt title={base.artifact.name}>{base.artifact.name}</dt><dd><Values opened={base} at={at} /></dd>
      {over && there && <><dt title={over.artifact.name}>{over.artifact.name}</dt><dd><Values opened={over} at={there} /></dd></>}
    </dl>
  );
}
