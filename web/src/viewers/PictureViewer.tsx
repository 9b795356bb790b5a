import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { urls } from "../api/client";
import type { Artifact } from "../api/types";
import { Glyph } from "../components/Icon";
import { PickDialog } from "../forms/ArtifactPicker";
import { useT } from "../i18n";
import { percent } from "../i18n/format";

interface View { scale: number; x: number; y: number }

export default function PictureViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ w: 0, h: 0 });
  const [view, setView] = useState<View>({ scale: 1, x: 0, y: 0 });
  const [other, setOther] = useState<Artifact>();
  const [swipe, setSwipe] = useState(0.5);
  const [choosing, setChoosing] = useState(false);
  const drag = useRef<{ x: number; y: number }>();

  const fit = (w = size.w, h = size.h) => {
    const b = box.current;
    if (!b || !w || !h) return;
    const scale = Math.min(b.clientWidth / w, b.clientHeight / h);
    setView({ scale, x: (b.clientWidth - w * scale) / 2, y: (b.clientHeight - h * scale) / 2 });
  };
  const zoom = (factor: number, cx?: number, cy?: number) => setView((v) => {
    const b = box.current;
    const scale = Math.min(64, Math.max(0.02, v.scale * factor)), f = scale / v.scale;
    const px = cx ?? (b?.clientWidth ?? 0) / 2, py = cy ?? (b?.clientHeight ?? 0) / 2;
    return { scale, x: px - (px - v.x) * f, y: py - (py - v.y) * f };
  });
  useEffect(() => {
    const b = box.current;
    if (!b) return;
    // React's own wheel listener is passive and could not keep the page from scrolling.
    const wheel = (e: WheelEvent) => {
      if (document.activeElement !== b && !e.ctrlKey) return;
      e.preventDefault();
      const r = b.getBoundingClientRect();
      zoom(Math.exp(-e.deltaY / 300), e.clientX - r.left, e.clientY - r.top);
    };
    b.addEventListener("wheel", wheel, { passive: false });
    return () => b.removeEventListener("wheel", wheel);
  }, []);
  const move = (e: PointerEvent) => {
    const from = drag.current;
    if (!from) return;
    drag.current = { x: e.clientX, y: e.clientY };
    setView((v) => ({ ...v, x: v.x + e.clientX - from.x, y: v.y + e.clientY - from.y }));
  };
  const keys = (e: KeyboardEvent) => {
    const pan: Record<string, [number, number]> = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
    const p = pan[e.key];
    if (p) setView((v) => ({ ...v, x: v.x + p[0], y: v.y + p[1] }));
    else if (e.key === "+" || e.key === "=") zoom(1.25);
    else if (e.key === "-") zoom(0.8);
    else if (e.key === "0") fit();
    else return;
    e.preventDefault();
  };
  const transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
  const rendering = view.scale >= 3 ? "pixelated" : "auto";
  return (
    <div className="viewer">
      <div className="viewer-tools">
        <span className="seg"><button aria-label={t("picture.zoomOut")} onClick={() => zoom(0.8)}>−</button><button aria-label={t("picture.zoomIn")} onClick={() => zoom(1.25)}>+</button>
          <button onClick={() => fit()}>{t("picture.fit")}</button><button onClick={() => zoom(1 / view.scale)}>{t("picture.actual")}</button></span>
        <span className="muted small">{percent(view.scale)}</span><span className="grow" />
        {other && <label>{t("picture.swipe")}<input type="range" min={0} max={1} step={0.01} value={swipe} onChange={(e) => setSwipe(Number(e.target.value))} /></label>}
        <button onClick={() => setChoosing(true)}>{t("picture.compare")}{other ? `: ${other.name.slice(0, 28)}` : "…"}</button>
        {other && <button className="quiet icon-only" aria-label={t("pick.clear")} onClick={() => setOther(undefined)}><Glyph name="close" /></button>}
      </div>
      <div className="picture-box" ref={box} tabIndex={0} role="application" aria-label={t("picture.alt", { name: artifact.name })} onKeyDown={keys}
        onPointerDown={(e) => { drag.current = { x: e.clientX, y: e.clientY }; e.currentTarget.setPointerCapture(e.pointerId); }} onPointerMove={move} onPointerUp={() => (drag.current = undefined)} onPointerCancel={() => (drag.current = undefined)}>
        <img src={urls.content(artifact.id)} alt="" draggable={false} style={{ transform, imageRendering: rendering }}
          onLoad={(e) => { const s = { w: e.currentTarget.naturalWidth, h: e.currentTarget.naturalHeight }; setSize(s); fit(s.w, s.h); }} />
        {other && (
          <>
            <div className="second" style={{ clipPath: `inset(0 0 0 ${swipe * 100}%)`, background: "#0c1215" }}>
              {/* Stretched onto the first picture, so that the same place lies under the pointer. */}
              <img src={urls.content(other.id)} alt="" draggable={false} style={{ transform, width: size.w, height: size.h, imageRendering: rendering }} />
            </div>
            <div className="swipe-line" style={{ left: `${swipe * 100}%` }} />
          </>
        )}
      </div>
      <div className="viewer-foot"><span>{artifact.name}</span>{other && <span>| {other.name}</span>}<span className="muted">{size.w} × {size.h}</span></div>
      {choosing && <PickDialog field={t("picture.compare")} kinds={["picture"]} close={() => setChoosing(false)} pick={(a) => { setOther(a); setChoosing(false); }} />}
    </div>
  );
}
