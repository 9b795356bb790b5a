import { lazy, Suspense, useEffect, useRef, useState } from "react";
import type { Artifact } from "../../api/types";
import { Loading, reason } from "../../components/Failure";
import { Glyph } from "../../components/Icon";
import { PickDialog } from "../../forms/ArtifactPicker";
import { useT, type Key } from "../../i18n";
import { percent } from "../../i18n/format";
import { ConvertOffer } from "../ConvertOffer";
import { savePng } from "../download";
import { isDicom, volumeExtension } from "../formats";
import { LayerControls } from "./LayerControls";
import { Pane } from "./Pane";
import { ReadOut } from "./ReadOut";
import { PLANES, type Plane } from "./slices";
import type { Point } from "./image";
import { useVolume } from "./useVolume";
import "./volume.css";

const Render3D = lazy(() => import("./Render3D"));
type View = "multi" | Plane | "render";
const VIEWS: [View, Key][] = [["multi", "volume.multi"], ["axial", "volume.axial"], ["coronal", "volume.coronal"], ["sagittal", "volume.sagittal"], ["render", "volume.render"]];
const canOverlay = (a: Artifact) => !isDicom(a) && volumeExtension(a) !== undefined;

export default function VolumeViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const [other, setOther] = useState<Artifact>();
  const base = useVolume(artifact, false), over = useVolume(other, true);
  const [view, setView] = useState<View>("multi");
  const [cross, setCross] = useState<Point>([0, 0, 0]);
  const [hover, setHover] = useState<Point>();
  const [zoom, setZoom] = useState(1);
  const [radiological, setRadiological] = useState(true);
  const [choosing, setChoosing] = useState(false);
  const panes = useRef<HTMLDivElement>(null);
  const voxels = base.opened?.layer.voxels;
  useEffect(() => {
    if (!voxels) return;
    setCross(voxels.size.map((n) => n >> 1) as Point);
    const flat = voxels.size.indexOf(1);
    // A picture kept as a volume has but one plane worth looking at.
    if (flat >= 0) setView("axial");
  }, [voxels]);
  if (base.failed !== undefined) return <ConvertOffer artifact={artifact} message={t("error.viewer", { why: reason(base.failed, t) })} />;

  const layer = base.opened?.layer, overlay = over.opened?.layer;
  const zoomBy = (factor: number) => setZoom((z) => (factor === 0 ? 1 : Math.min(24, Math.max(1, z * factor))));
  const drag = (dx: number, dy: number) => {
    if (!layer || layer.labels || layer.voxels.colour) return;
    const width = layer.high - layer.low, unit = width / 300, middle = (layer.low + layer.high) / 2 + dy * unit, next = Math.max(width / 1000, width + 2 * dx * unit);
    base.change({ low: middle - next / 2, high: middle + next / 2 });
  };
  const shown = view === "multi" ? PLANES : view === "render" ? [] : [view];
  return (
    <div className="viewer volume">
      <div className="viewer-tools">
        <span className="seg" role="group" aria-label={t("volume.planes")}>{VIEWS.map(([v, key]) => <button key={v} aria-pressed={view === v} onClick={() => setView(v)}>{t(key)}</button>)}</span>
        <span className="seg" role="group" aria-label={t("volume.convention")}>
          <button aria-pressed={radiological} onClick={() => setRadiological(true)}>{t("volume.radiological")}</button><button aria-pressed={!radiological} onClick={() => setRadiological(false)}>{t("volume.neurological")}</button>
        </span>
        <span className="grow" />
        <button className="quiet" disabled={!layer} onClick={() => void savePng(panes.current, artifact.name)}>{t("volume.screenshot")}</button>
        <button onClick={() => setChoosing(true)}>{t("volume.overlay")}{other ? `: ${other.name.slice(0, 28)}` : "…"}</button>
        {other && <button className="quiet icon-only" aria-label={`${t("pick.clear")} ${t("volume.overlay")}`} onClick={() => setOther(undefined)}><Glyph name="close" /></button>}
      </div>
      {base.opened && <LayerControls opened={base.opened} change={base.change} auto={base.auto} over={false} />}
      {over.opened && <LayerControls opened={over.opened} change={over.change} auto={over.auto} over />}
      {over.failed !== undefined && <p className="note bad">{t("error.viewer", { why: reason(over.failed, t) })}</p>}
      <div className={`panes ${shown.length > 1 ? "many" : ""}`} ref={panes}>
        {layer && shown.map((plane) => (
          <Pane key={plane} plane={plane} label={t("volume.pane", { plane: t(`volume.${plane}`), name: artifact.name })} base={layer} overlay={overlay} cross={cross} radiological={radiological}
            zoom={zoom} move={setCross} zoomBy={zoomBy} window={drag} hover={setHover} />
        ))}
        {layer && base.opened && shown.length > 1 && <ReadOut base={base.opened} over={over.opened} at={hover ?? cross} pointed={hover !== undefined} />}
        {layer && base.opened && view === "render" && <Suspense fallback={<Loading />}><Render3D name={artifact.name} loaded={base.opened.loaded} layer={layer} /></Suspense>}
        {(!layer || (other && !over.opened && over.failed === undefined)) && <div className="veil" role="status">{t("common.loading")} {percent(layer ? over.share : base.share)}</div>}
      </div>
      {layer && base.opened && shown.length === 1 && <ReadOut base={base.opened} over={over.opened} at={hover ?? cross} pointed={hover !== undefined} />}
      <div className="viewer-foot"><span className="muted small">{t(view === "render" ? "mesh.help" : "volume.keys")}</span></div>
      {choosing && <PickDialog field={t("volume.overlay")} kinds={["labels", "volume"]} close={() => setChoosing(false)} pick={(a) => { if (canOverlay(a)) setOther(a); setChoosing(false); }} />}
    </div>
  );
}
