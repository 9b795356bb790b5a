import { NVImage, SLICE_TYPE, type Niivue } from "@niivue/niivue";
import { useEffect, useState, type KeyboardEvent } from "react";
import { urls } from "../api/client";
import type { Artifact } from "../api/types";
import { reason } from "../components/Failure";
import { Glyph } from "../components/Icon";
import { PickDialog } from "../forms/ArtifactPicker";
import { useT, type Key } from "../i18n";
import { number, percent } from "../i18n/format";
import { labelColours } from "./colours";
import { download, volumeExtension } from "./formats";
import { useNiivue } from "./useNiivue";

const planes: [Key, SLICE_TYPE][] = [
  ["volume.multi", SLICE_TYPE.MULTIPLANAR], ["volume.axial", SLICE_TYPE.AXIAL], ["volume.coronal", SLICE_TYPE.CORONAL],
  ["volume.sagittal", SLICE_TYPE.SAGITTAL], ["volume.render", SLICE_TYPE.RENDER],
];
const MAPS = ["gray", "viridis", "inferno", "plasma", "hot", "winter", "bone", "warm", "redyell", "blue2red"];
interface Location { mm: ArrayLike<number>; values: { value: number }[] }

async function addImage(nv: Niivue, a: Artifact, overlay: boolean, signal: AbortSignal, progress: (share: number) => void): Promise<void> {
  const buffer = await download(urls.content(a.id), signal, progress);
  const name = `image.${volumeExtension(a) ?? "nii"}`;
  const image = await NVImage.loadFromUrl({ url: name, name, buffer, colormap: overlay ? "warm" : "gray", opacity: overlay ? 0.5 : 1 });
  if (signal.aborted) return;
  if (a.kind === "labels") image.setColormapLabel(labelColours(Number(a.properties["max"] ?? image.cal_max ?? 255)));
  nv.addVolume(image);
}

export default function VolumeViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const { box, nv, unsupported } = useNiivue(t("volume.canvas", { name: artifact.name }), { isNearestInterpolation: artifact.kind === "labels" });
  const [loading, setLoading] = useState<number | undefined>(0);
  const [failed, setFailed] = useState<unknown>();
  const [place, setPlace] = useState<Location>();
  const [plane, setPlane] = useState<SLICE_TYPE>(SLICE_TYPE.MULTIPLANAR);
  const [map, setMap] = useState("gray");
  const [overlay, setOverlay] = useState<Artifact>();
  const [overlayMap, setOverlayMap] = useState("warm");
  const [opacity, setOpacity] = useState(0.5);
  const [choosing, setChoosing] = useState(false);

  useEffect(() => {
    if (!nv) return;
    const abort = new AbortController();
    nv.onLocationChange = (data) => setPlace(data as Location);
    addImage(nv, artifact, false, abort.signal, setLoading).then(
      () => { if (!abort.signal.aborted) { setLoading(undefined); nv.createOnLocationChange(); } },
      (e: unknown) => !abort.signal.aborted && setFailed(e),
    );
    return () => abort.abort();
    // The page makes a new viewer for another artifact.
  }, [nv]);

  const ready = nv !== undefined && loading === undefined && failed === undefined;
  const base = loading === undefined;
  useEffect(() => {
    if (!nv || !base || !overlay) return;
    const abort = new AbortController();
    setLoadingOverlay(true);
    addImage(nv, overlay, true, abort.signal, () => undefined)
      .catch((e: unknown) => !abort.signal.aborted && setFailed(e))
      .finally(() => !abort.signal.aborted && setLoadingOverlay(false));
    return () => {
      abort.abort();
      const image = nv.volumes[1];
      // When the page is left, the viewer is gone before its overlay.
      if (image && !nv.gl.isContextLost()) nv.removeVolume(image);
    };
  }, [nv, base, overlay]);
  const [loadingOverlay, setLoadingOverlay] = useState(false);

  useEffect(() => void nv?.setSliceType(plane), [nv, plane]);
  useEffect(() => {
    const image = nv?.volumes[0];
    if (image && ready && artifact.kind !== "labels") nv.setColormap(image.id, map);
  }, [map, ready]);
  useEffect(() => {
    const image = nv?.volumes[1];
    if (!image || loadingOverlay) return;
    nv.setOpacity(1, opacity);
    if (overlay?.kind !== "labels") nv.setColormap(image.id, overlayMap);
  }, [opacity, overlayMap, loadingOverlay]);

  const resetWindow = () => {
    const image = nv?.volumes[0];
    if (!image) return;
    image.cal_min = image.robust_min ?? image.global_min;
    image.cal_max = image.robust_max ?? image.global_max;
    nv?.updateGLVolume();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, [number, number, number]> = {
      ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [0, 1, 0], ArrowDown: [0, -1, 0], PageUp: [0, 0, 1], PageDown: [0, 0, -1],
    };
    const step = steps[event.key];
    if (!step || !ready || event.target === event.currentTarget) return;
    event.preventDefault();
    event.stopPropagation();
    nv.moveCrosshairInVox(...step);
  };
  const mm = place && [-(place.mm[0] ?? 0), -(place.mm[1] ?? 0), place.mm[2] ?? 0];
  const value = (i: number) => (place?.values[i] ? number(place.values[i].value) : "–");
  const select = (label: Key, chosen: string, set: (x: string) => void) => (
    <label>{t(label)}<select value={chosen} onChange={(e) => set(e.target.value)}>{MAPS.map((m) => <option key={m}>{m}</option>)}</select></label>
  );
  return (
    <div className="viewer">
      <div className="viewer-tools">
        <span className="seg" role="group" aria-label={t("volume.planes")}>
          {planes.map(([key, type]) => <button key={key} aria-pressed={plane === type} onClick={() => setPlane(type)}>{t(key)}</button>)}
        </span>
        {artifact.kind !== "labels" && select("volume.colormap", map, setMap)}
        {artifact.kind !== "labels" && <button className="quiet" onClick={resetWindow}>{t("volume.windowReset")}</button>}
        <span className="grow" />
        <button onClick={() => setChoosing(true)}>{t("volume.overlay")}{overlay ? `: ${overlay.name.slice(0, 28)}` : "…"}</button>
        {overlay && <button className="quiet icon-only" aria-label={`${t("pick.clear")} ${t("volume.overlay")}`} onClick={() => setOverlay(undefined)}><Glyph name="close" /></button>}
        {overlay && <label>{t("volume.opacity")}<input type="range" min={0} max={1} step={0.05} value={opacity} onChange={(e) => setOpacity(Number(e.target.value))} /></label>}
        {overlay && overlay.kind !== "labels" && select("volume.colormap", overlayMap, setOverlayMap)}
      </div>
      <div className="canvas-box" ref={box} onKeyDownCapture={onKeyDown}>
        {(loading !== undefined || unsupported || failed !== undefined || loadingOverlay) && (
          <div className="veil" role="status">{unsupported ? t("volume.webgl") : failed !== undefined ? t("error.viewer", { why: reason(failed, t) }) : `${t("common.loading")} ${loading ? percent(loading) : ""}`}</div>
        )}
      </div>
      <div className="viewer-foot">
        <span><span className="muted">{t("volume.position")}</span>{mm ? `${mm.map((x) => x.toFixed(1).replace("-", "−")).join(", ")} mm` : "–"}</span>
        <span><span className="muted">{t("volume.value")}</span>{value(0)}</span>
        {overlay && <span><span className="muted">{t("volume.overlayValue")}</span>{value(1)}</span>}
        <span className="muted small" style={{ flexBasis: "100%" }}>{t("volume.help")}</span>
      </div>
      {choosing && <PickDialog field={t("volume.overlay")} kinds={["labels", "volume"]} close={() => setChoosing(false)} pick={(a) => { setOverlay(a); setChoosing(false); }} />}
    </div>
  );
}
