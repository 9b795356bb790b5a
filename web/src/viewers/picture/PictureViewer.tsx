import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { Artifact } from "../../api/types";
import { reason } from "../../components/Failure";
import { Glyph } from "../../components/Icon";
import { PickDialog } from "../../forms/ArtifactPicker";
import { useT } from "../../i18n";
import { number, percent } from "../../i18n/format";
import { ConvertOffer } from "../ConvertOffer";
import { isPicture } from "../formats";
import { NumberField } from "../NumberField";
import { difference } from "./compare";
import { values, type Raster } from "./raster";
import { usePicture } from "./usePicture";
import { drawPictures, useZoom, type Mode } from "./useZoom";

const MODES: readonly Mode[] = ["swipe", "side", "difference"];
const short = (v: number) => number(Number(v.toPrecision(5)));

export default function PictureViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const [page, setPage] = useState(0);
  const [other, setOther] = useState<Artifact>();
  const [mode, setMode] = useState<Mode>("swipe");
  const [swipe, setSwipe] = useState(0.5);
  const [choosing, setChoosing] = useState(false);
  const [at, setAt] = useState<[number, number]>();
  const a = usePicture(artifact, page), b = usePicture(other, page);
  const box = useRef<HTMLDivElement>(null), canvas = useRef<HTMLCanvasElement>(null);
  const halves = other && mode === "side" ? 2 : 1;
  const zoom = useZoom(box, a.raster?.width ?? 0, a.raster?.height ?? 0, halves);
  const gap = useMemo(() => (mode === "difference" && a.raster && b.raster ? difference(a.raster, b.raster) : undefined), [mode, a.raster, b.raster]);
  const drag = useRef<{ x: number; y: number }>();

  useEffect(() => {
    const frame = requestAnimationFrame(() => canvas.current && a.drawn && drawPictures(canvas.current, zoom.view, a.drawn, b.drawn, mode, swipe, gap?.canvas));
    return () => cancelAnimationFrame(frame);
  }, [a.drawn, b.drawn, zoom.view, zoom.size, mode, swipe, gap]);

  if (a.failed !== undefined) return <ConvertOffer artifact={artifact} message={t("error.viewer", { why: reason(a.failed, t) })} />;
  const move = (e: PointerEvent) => {
    const r = box.current?.getBoundingClientRect();
    if (r && a.raster) {
      const half = r.width / halves, x = Math.floor((((e.clientX - r.left) % half) - zoom.view.x) / zoom.view.scale), y = Math.floor((e.clientY - r.top - zoom.view.y) / zoom.view.scale);
      setAt(x >= 0 && y >= 0 && x < a.raster.width && y < a.raster.height ? [x, y] : undefined);
    }
    const from = drag.current;
    if (!from) return;
    drag.current = { x: e.clientX, y: e.clientY };
    zoom.pan(e.clientX - from.x, e.clientY - from.y);
  };
  const keys = (e: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      ArrowLeft: () => zoom.pan(40, 0), ArrowRight: () => zoom.pan(-40, 0), ArrowUp: () => zoom.pan(0, 40), ArrowDown: () => zoom.pan(0, -40),
      "+": () => zoom.by(1.25), "=": () => zoom.by(1.25), "-": () => zoom.by(0.8), "0": zoom.fit,
      PageDown: () => setPage(Math.min(a.count - 1, page + 1)), PageUp: () => setPage(Math.max(0, page - 1)),
    };
    const action = actions[e.key];
    if (!action) return;
    action();
    e.preventDefault();
  };
  const look = (r: Raster | undefined, stretch: Raster | undefined) => {
    if (!at || !r) return "–";
    const [x, y] = stretch ? [Math.floor(((at[0] + 0.5) / stretch.width) * r.width), Math.floor(((at[1] + 0.5) / stretch.height) * r.height)] : at;
    return values(r, x, y).map(short).join(" / ");
  };
  const windowed = a.raster && (!a.raster.bytes || a.window[0] !== 0 || a.window[1] !== 255 || a.raster.channels < 3);
  return (
    <div className="viewer">
      <div className="viewer-tools">
        <span className="seg"><button aria-label={t("picture.zoomOut")} onClick={() => zoom.by(0.8)}>−</button><button aria-label={t("picture.zoomIn")} onClick={() => zoom.by(1.25)}>+</button>
          <button onClick={zoom.fit}>{t("picture.fit")}</button><button onClick={() => zoom.by(1 / zoom.view.scale)}>{t("picture.actual")}</button></span>
        <span className="muted small">{percent(zoom.view.scale)}</span>
        {windowed && a.raster && (
          <>
            <NumberField label={t("volume.low")} value={a.window[0]} set={(n) => a.setWindow([n, a.window[1]])} />
            <NumberField label={t("volume.high")} value={a.window[1]} set={(n) => a.setWindow([a.window[0], n])} />
            <button className="quiet" onClick={() => a.raster && a.setWindow([a.raster.low, a.raster.high])}>{t("volume.full")}</button>
          </>
        )}
        {a.count > 1 && <label>{t("picture.page")}<input type="range" min={0} max={a.count - 1} value={page} onChange={(e) => setPage(Number(e.target.value))} /><span className="mono">{page + 1} / {a.count}</span></label>}
        <span className="grow" />
        {other && <span className="seg" role="group" aria-label={t("picture.compare")}>{MODES.map((m) => <button key={m} aria-pressed={mode === m} onClick={() => setMode(m)}>{t(`picture.mode.${m}`)}</button>)}</span>}
        {other && mode === "swipe" && <label>{t("picture.swipe")}<input type="range" min={0} max={1} step={0.01} value={swipe} onChange={(e) => setSwipe(Number(e.target.value))} /></label>}
        <button onClick={() => setChoosing(true)}>{t("picture.compare")}{other ? `: ${other.name.slice(0, 28)}` : "…"}</button>
        {other && <button className="quiet icon-only" aria-label={t("pick.clear")} onClick={() => setOther(undefined)}><Glyph name="close" /></button>}
      </div>
      {b.failed !== undefined && <p className="note bad">{t("error.viewer", { why: reason(b.failed, t) })}</p>}
      <div className="picture-box" ref={box} tabIndex={0} role="application" aria-label={t("picture.alt", { name: artifact.name })} onKeyDown={keys} onPointerLeave={() => setAt(undefined)}
        onPointerDown={(e) => { drag.current = { x: e.clientX, y: e.clientY }; e.currentTarget.setPointerCapture(e.pointerId); }} onPointerMove={move} onPointerUp={() => (drag.current = undefined)} onPointerCancel={() => (drag.current = undefined)}>
        <canvas ref={canvas} aria-hidden="true" />
        {!a.drawn && <div className="veil" role="status">{t("common.loading")} {percent(a.share)}</div>}
      </div>
      <div className="viewer-foot">
        {a.raster && <span className="muted">{a.raster.width} × {a.raster.height}, {a.raster.bits}</span>}
        <span><span className="muted">{t("dicom.pixel")}</span>{at ? at.join(", ") : "–"}</span>
        <span><span className="muted">{t("volume.value")}</span>{look(a.raster, undefined)}</span>
        {other && <span><span className="muted">{other.name.slice(0, 24)}</span>{look(b.raster, a.raster)}</span>}
        {gap && <span><span className="muted">{t("picture.difference")}</span>{t("picture.gaps", { mean: short(gap.mean), largest: short(gap.largest) })}</span>}
        {gap?.stretched && <span className="muted">{t("picture.stretched")}</span>}
        <span className="muted small" style={{ flexBasis: "100%" }}>{t("picture.help")}</span>
      </div>
      {choosing && <PickDialog field={t("picture.compare")} kinds={["picture", "volume", "labels"]} close={() => setChoosing(false)} pick={(x) => { if (isPicture(x)) setOther(x); setChoosing(false); }} />}
    </div>
  );
}
