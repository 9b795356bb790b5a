import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { Glyph } from "../../components/Icon";
import { useT } from "../../i18n";
import { number, percent } from "../../i18n/format";
import { NumberField } from "../../viewers/NumberField";
import { paint, values, type Raster } from "../../viewers/picture/raster";
import { useZoom } from "../../viewers/picture/useZoom";
import { drawScene, paintRatio, type Look } from "./draw";
import type { FrameData, Processed } from "./frames";
import { between, centreOf, fitted, type Box } from "./geometry";
import { decibels, windowOf } from "./raster";
import { RegionLayer } from "./RegionLayer";

const LOOKS: readonly Look[] = ["swipe", "side", "ratio"];
const short = (v: number) => number(Number(v.toPrecision(4)));

interface Props {
  name: string;
  frame: FrameData;
  processed: Processed | undefined;
  busy: boolean;
  look: Look;
  setLook: (look: Look) => void;
  boxes: Box[];
  setBoxes: (boxes: Box[]) => void;
  chosen: number | undefined;
  choose: (i: number | undefined) => void;
  /** Tells which pixel is in the middle of the view. */
  onCentre: (centre: { x: number; y: number }) => void;
}

type Point = { x: number; y: number };

function Divider({ at, set }: { at: number; set: (at: number) => void }) {
  const t = useT();
  const move = (e: PointerEvent) => {
    if (!e.currentTarget.hasPointerCapture(e.pointerId)) return;
    const r = e.currentTarget.parentElement?.getBoundingClientRect();
    if (r) set(Math.max(0, Math.min(1, (e.clientX - r.left) / r.width)));
  };
  const keys = (e: KeyboardEvent) => {
    const step = e.shiftKey ? 0.1 : 0.02;
    const next = { ArrowLeft: at - step, ArrowDown: at - step, ArrowRight: at + step, ArrowUp: at + step };
    const to = { ...next, Home: 0, End: 1 }[e.key];
    if (to === undefined) return;
    set(Math.max(0, Math.min(1, to)));
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <div
      className="divider"
      role="slider"
      tabIndex={0}
      aria-label={t("despeckle.divider")}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(at * 100)}
      aria-valuetext={t("despeckle.dividerAt", { share: percent(at) })}
      style={{ left: `${at * 100}%` }}
      onKeyDown={keys}
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId);
        e.stopPropagation();
      }}
      onPointerMove={move}
    >
      <span aria-hidden="true">⇔</span>
    </div>
  );
}

/** Values under the pointer before and after, and their ratio. */
function Reading({
  at,
  frame,
  processed,
}: {
  at: Point | undefined;
  frame: Raster;
  processed: Processed | undefined;
}) {
  const t = useT();
  const show = (r: Raster | undefined, x: number, y: number) =>
    !r || x < 0 || y < 0 || x >= r.width || y >= r.height ? "–" : values(r, x, y).map(short).join(" / ");
  const part = processed?.part;
  const inPart = (r: Raster | undefined) => (at && part ? show(r, at.x - part.x, at.y - part.y) : "–");
  return (
    <>
      <span>
        <span className="muted">{t("dicom.pixel")}</span>
        {at ? `${at.x}, ${at.y}` : "–"}
      </span>
      <span>
        <span className="muted">{t("despeckle.before")}</span>
        {at ? show(frame, at.x, at.y) : "–"}
      </span>
      <span>
        <span className="muted">{t("despeckle.after")}</span>
        {inPart(processed?.denoised)}
      </span>
      {processed?.ratio && (
        <span>
          <span className="muted">{t("despeckle.look.ratio")}</span>
          {inPart(processed.ratio)}
        </span>
      )}
    </>
  );
}

/** What is before and what is after, named above the picture whatever is shown. */
function Caption({ look }: { look: Look }) {
  const t = useT();
  return (
    <div className="stage-caption">
      {look !== "ratio" && <span>{t("despeckle.original")}</span>}
      {look === "ratio" && <span>{t("despeckle.ratioScale")}</span>}
      <strong className="processed-mark">{t("despeckle.mark")}</strong>
    </div>
  );
}

export function Stage(props: Props) {
  const { name, frame, processed, busy, look, setLook, boxes, setBoxes, chosen, choose, onCentre } = props;
  const t = useT();
  const box = useRef<HTMLDivElement>(null),
    canvas = useRef<HTMLCanvasElement>(null);
  const [divider, setDivider] = useState(0.5);
  const [drawing, setDrawing] = useState(false);
  const [logarithmic, setLogarithmic] = useState(false);
  const [window, setWindow] = useState(() => windowOf(frame.window, false));
  const [at, setAt] = useState<Point>();
  const [draft, setDraft] = useState<Box>();
  const drag = useRef<{ x: number; y: number; start: Point } | undefined>(undefined);
  const size = frame.raster;
  const halves = look === "side" ? 2 : 1;
  const zoom = useZoom(box, size.width, size.height, halves);
  const [low, high] = window;
  const scaled = (r: Raster) => paint(logarithmic ? decibels(r) : r, low, high);
  const before = useMemo(() => scaled(frame.raster), [frame.raster, low, high, logarithmic]);
  const denoised = processed?.denoised,
    ratio = processed?.ratio,
    part = processed?.part;
  const after = useMemo(() => {
    if (look === "ratio") return ratio && paintRatio(ratio);
    return denoised && scaled(denoised);
  }, [look, ratio, denoised, low, high, logarithmic]);
  const mark = t("despeckle.mark");

  useEffect(() => {
    const scene = {
      view: zoom.view,
      look,
      divider,
      before,
      after: after && part && { picture: after, part },
      mark,
    };
    const request = requestAnimationFrame(() => canvas.current && drawScene(canvas.current, scene));
    return () => cancelAnimationFrame(request);
  }, [zoom.view, zoom.size, look, divider, before, after, part, mark]);

  const latest = useRef(onCentre);
  latest.current = onCentre;
  useEffect(() => latest.current(centreOf(zoom.view, box.current, halves)), [zoom.view, zoom.size, halves]);

  const pixel = (e: PointerEvent): Point => {
    const r = box.current?.getBoundingClientRect();
    if (!r) return { x: 0, y: 0 };
    return {
      x: Math.floor((((e.clientX - r.left) % (r.width / halves)) - zoom.view.x) / zoom.view.scale),
      y: Math.floor((e.clientY - r.top - zoom.view.y) / zoom.view.scale),
    };
  };
  const down = (e: PointerEvent) => {
    const start = pixel(e);
    drag.current = { x: e.clientX, y: e.clientY, start };
    e.currentTarget.setPointerCapture(e.pointerId);
  };
  const move = (e: PointerEvent) => {
    const p = pixel(e);
    setAt(p.x >= 0 && p.y >= 0 && p.x < size.width && p.y < size.height ? p : undefined);
    const from = drag.current;
    if (!from) return;
    if (drawing) return setDraft(between(from.start, p));
    drag.current = { ...from, x: e.clientX, y: e.clientY };
    zoom.pan(e.clientX - from.x, e.clientY - from.y);
  };
  const up = () => {
    drag.current = undefined;
    if (draft && draft.width >= 2 && draft.height >= 2) setBoxes([...boxes, fitted(draft, size)]);
    setDraft(undefined);
  };
  const add = () => {
    const middle = centreOf(zoom.view, box.current, halves),
      side = Math.max(8, Math.min(size.width, size.height) / 8);
    const next = { x: middle.x - side / 2, y: middle.y - side / 2, width: side, height: side };
    setBoxes([...boxes, fitted(next, size)]);
    choose(boxes.length);
  };
  const keys = (e: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      ArrowLeft: () => zoom.pan(40, 0),
      ArrowRight: () => zoom.pan(-40, 0),
      ArrowUp: () => zoom.pan(0, 40),
      ArrowDown: () => zoom.pan(0, -40),
      "+": () => zoom.by(1.25),
      "=": () => zoom.by(1.25),
      "-": () => zoom.by(0.8),
      "0": zoom.fit,
    };
    const action = actions[e.key];
    if (!action || e.target !== e.currentTarget) return;
    action();
    e.preventDefault();
  };
  const layer = { set: setBoxes, chosen, choose, frame: size, view: zoom.view };
  const shown = draft ? [...boxes, draft] : boxes;
  return (
    <div className="viewer">
      <div className="viewer-tools">
        <span className="seg" role="group" aria-label={t("despeckle.look")}>
          {LOOKS.map((l) => (
            <button key={l} type="button" aria-pressed={look === l} onClick={() => setLook(l)}>
              {t(`despeckle.look.${l}`)}
            </button>
          ))}
        </span>
        <span className="seg">
          <button type="button" aria-label={t("picture.zoomOut")} onClick={() => zoom.by(0.8)}>
            −
          </button>
          <button type="button" aria-label={t("picture.zoomIn")} onClick={() => zoom.by(1.25)}>
            +
          </button>
          <button type="button" onClick={zoom.fit}>
            {t("picture.fit")}
          </button>
          <button type="button" onClick={() => zoom.by(1 / zoom.view.scale)}>
            {t("picture.actual")}
          </button>
        </span>
        <span className="muted small zoom-share">{percent(zoom.view.scale)}</span>
        <NumberField label={t("volume.low")} value={low} set={(n) => setWindow([n, high])} />
        <NumberField label={t("volume.high")} value={high} set={(n) => setWindow([low, n])} />
        {!frame.raster.bytes && (
          <button
            type="button"
            className="toggle"
            aria-pressed={logarithmic}
            title={t("despeckle.decibels")}
            onClick={() => {
              setLogarithmic(!logarithmic);
              setWindow(windowOf(frame.window, !logarithmic));
            }}
          >
            dB
          </button>
        )}
        <span className="row tools-end">
          <button
            type="button"
            aria-pressed={drawing}
            className="toggle"
            onClick={() => setDrawing(!drawing)}
          >
            {t("despeckle.draw")}
          </button>
          <button
            type="button"
            className="icon-only"
            aria-label={t("despeckle.add")}
            title={t("despeckle.add")}
            onClick={add}
          >
            <Glyph name="plus" />
          </button>
        </span>
      </div>
      <Caption look={look} />
      <div
        className={drawing ? "picture-box drawing" : "picture-box"}
        ref={box}
        tabIndex={0}
        role="application"
        aria-label={t("despeckle.stage", { name })}
        onKeyDown={keys}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={up}
        onPointerLeave={() => setAt(undefined)}
      >
        <canvas ref={canvas} aria-hidden="true" />
        <RegionLayer {...layer} boxes={shown} half={look === "side" ? "left" : "whole"} />
        {look === "side" && <RegionLayer {...layer} boxes={shown} half="right" />}
        {look === "swipe" && <Divider at={divider} set={setDivider} />}
        <div className={busy ? "stage-busy on" : "stage-busy"} aria-hidden="true" />
      </div>
      <div className="viewer-foot">
        <span className="muted">
          {size.width} × {size.height}
        </span>
        <Reading at={at} frame={frame.raster} processed={processed} />
        <span className="muted small stage-help">
          {t(look === "ratio" ? "despeckle.ratioHelp" : "despeckle.help")}
        </span>
      </div>
    </div>
  );
}
