import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { Artifact } from "../../api/types";
import { useT } from "../../i18n";
import { number, percent } from "../../i18n/format";
import { ConvertOffer } from "../ConvertOffer";
import { DicomTools } from "./DicomTools";
import { loadAhead, type Probe, type Shown, StackView, type ToolName } from "./engine";
import { readStack, type Stack } from "./headers";
import { along } from "./order";
import { useCine } from "./useCine";
import "./dicom.css";

const why = (cause: unknown): string => {
  const inner = (cause as { error?: unknown } | undefined)?.error ?? cause;
  return inner instanceof Error ? inner.message : typeof inner === "string" ? inner : "";
};

export default function DicomViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const [stack, setStack] = useState<Stack>();
  const [view, setView] = useState<StackView>();
  const [share, setShare] = useState(0);
  const [failed, setFailed] = useState<string>();
  const [shown, setShown] = useState<Shown>();
  const [probe, setProbe] = useState<Probe>();
  const [tool, setTool] = useState<ToolName>("window");
  const [fps, setFps] = useState(10);
  const target = useRef(0);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const abort = new AbortController();
    let opened: StackView | undefined, unwatch = () => {};
    const open = async () => {
      const reading = readStack(artifact, abort.signal, setShare);
      // Graphics start up while the headers come in.
      const view = await StackView.open(element, t);
      if (abort.signal.aborted) {
        view.destroy();
        return void reading.catch(() => undefined);
      }
      opened = view;
      const found = await reading;
      if (abort.signal.aborted) return;
      const first = found.frames[0];
      if (!first) throw new Error(t("dicom.noPictures"));
      unwatch = opened.onChange(setShown);
      // The middle of a body says more than its edge; a film begins at its beginning.
      target.current = first.position ? found.frames.length >> 1 : 0;
      if (first.seconds) setFps(Math.min(60, Math.max(1, Math.round(1 / first.seconds))));
      const ids = found.frames.map((f) => f.imageId);
      await opened.show(ids, target.current);
      if (abort.signal.aborted) return;
      setStack(found);
      setView(opened);
      void loadAhead([...ids.slice(target.current), ...ids.slice(0, target.current).reverse()], () => abort.signal.aborted);
    };
    open().catch((cause: unknown) => !abort.signal.aborted && setFailed(why(cause) || t("dicom.undecodable")));
    const resizes = new ResizeObserver(() => opened?.resize());
    resizes.observe(element);
    return () => {
      abort.abort();
      resizes.disconnect();
      unwatch();
      opened?.destroy();
    };
    // The page makes a new viewer for another artifact; words change without loading anew.
  }, [artifact.id]);

  const count = stack?.frames.length ?? 0;
  const turn = async (to: number) => {
    const index = Math.min(count - 1, Math.max(0, to));
    target.current = index;
    await view?.turnTo(index);
    // Of several asked for in a row only the last one counts.
    if (target.current === index) setFailed(undefined);
  };
  const turnSafely = (to: number) => void turn(to).catch((cause: unknown) => setFailed(why(cause) || t("dicom.undecodable")));
  const { playing, setPlaying } = useCine(count, fps, () => turn((target.current + 1) % Math.max(1, count)));
  const pick = (name: ToolName) => {
    setTool(name);
    view?.choose(name);
  };
  const index = shown?.index ?? 0;
  const wheel = useRef<(step: number) => void>(() => {});
  wheel.current = (step) => turnSafely(target.current + step);
  useEffect(() => {
    const element = box.current;
    // React's own wheel listener is passive and could not keep the page from scrolling.
    const leaf = (e: WheelEvent) => {
      e.preventDefault();
      wheel.current(Math.sign(e.deltaY));
    };
    element?.addEventListener("wheel", leaf, { passive: false });
    return () => element?.removeEventListener("wheel", leaf);
  }, []);
  // Dragging leafs inside the library; going on from there must start where it stopped.
  useEffect(() => { if (!playing) target.current = index; }, [index, playing]);

  const keys = (e: KeyboardEvent) => {
    if (!view || e.ctrlKey || e.metaKey || e.altKey) return;
    const actions: Record<string, () => void> = {
      ArrowDown: () => turnSafely(index + 1), ArrowRight: () => turnSafely(index + 1), ArrowUp: () => turnSafely(index - 1), ArrowLeft: () => turnSafely(index - 1),
      PageDown: () => turnSafely(index + 10), PageUp: () => turnSafely(index - 10), Home: () => turnSafely(0), End: () => turnSafely(count - 1),
      " ": () => count > 1 && setPlaying(!playing), "+": () => view.zoom(1.25), "=": () => view.zoom(1.25), "-": () => view.zoom(0.8), "0": () => view.fit(),
      i: () => view.invert(), r: () => view.rotate(), h: () => view.flip(true), v: () => view.flip(false),
    };
    const action = actions[e.key];
    if (!action) return;
    e.preventDefault();
    action();
  };
  const look = (e: PointerEvent) => {
    const r = box.current?.getBoundingClientRect();
    if (r) setProbe(view?.probe(e.clientX - r.left, e.clientY - r.top));
  };
  const frame = stack?.frames[index];
  const place = frame && along(frame);
  const unit = frame?.modality === "CT" ? " HU" : "";
  const mm = (v: number) => v.toFixed(1).replace("-", "−");
  const waiting = failed === undefined && !view;
  if (failed !== undefined && !view) return <ConvertOffer artifact={artifact} message={t("dicom.failed", { why: failed })} />;
  return (
    <div className="viewer dicom">
      <DicomTools view={view} shown={shown} tool={tool} pick={pick} modality={frame?.modality ?? ""} />
      <div className="canvas-box" onKeyDown={keys}>
        <div className="dicom-view" ref={box} role="application" tabIndex={0} aria-label={t("dicom.canvas", { name: artifact.name })}
          onPointerMove={look} onPointerLeave={() => setProbe(undefined)} onContextMenu={(e) => e.preventDefault()} />
        {shown && frame && !failed && (
          <div className="dicom-facts">
            <div>{[frame.modality, frame.description].filter(Boolean).join(" · ")}<br />{`${index + 1} / ${count}`}{place !== undefined && `   ${mm(place)} mm`}</div>
            <div className="right">{shown.size.join(" × ")}
              {shown.spacing && <><br />{shown.spacing.map((x) => number(Number(x.toPrecision(4)))).join(" × ")} mm</>}
              {shown.thickness !== undefined && shown.thickness > 0 && <><br />{t("dicom.thickness")} {number(shown.thickness)} mm</>}</div>
            {shown.sides.map((s, i) => <span key={i} className={`side side-${i}`}>{s}</span>)}
          </div>
        )}
        {waiting && <div className="veil" role="status">{t("common.loading")} {share > 0 && share < 1 ? percent(share) : ""}</div>}
        {failed !== undefined && <div className="veil" role="alert">{t("dicom.failed", { why: failed })}</div>}
      </div>
      {count > 1 && (
        <div className="viewer-tools dicom-slices">
          <button onClick={() => setPlaying(!playing)} disabled={!view}>{t(playing ? "dicom.stop" : "dicom.play")}</button>
          <label>{t("dicom.fps")}<input type="number" min={1} max={60} value={fps} onChange={(e) => setFps(Math.min(60, Math.max(1, Number(e.target.value) || 1)))} /></label>
          <input className="grow" type="range" min={0} max={count - 1} value={index} aria-label={t("dicom.slice")} aria-valuetext={`${index + 1} / ${count}`} onChange={(e) => turnSafely(Number(e.target.value))} />
          <span className="mono">{index + 1} / {count}</span>
        </div>
      )}
      <div className="viewer-foot">
        <span><span className="muted">{t("volume.position")}</span>{probe?.mm ? `${probe.mm.map(mm).join(", ")} mm` : "–"}</span>
        <span><span className="muted">{t("dicom.pixel")}</span>{probe ? probe.pixel.join(", ") : "–"}</span>
        <span><span className="muted">{t("volume.value")}</span>{probe ? probe.value.map((v) => number(Number(v.toPrecision(6)))).join(" / ") + unit : "–"}</span>
        {shown && <span><span className="muted">{t("dicom.zoom")}</span>{percent(shown.zoom)}</span>}
        {stack?.gap !== undefined && <span><span className="muted">{t("dicom.gap")}</span>{number(Number(stack.gap.toPrecision(4)))} mm</span>}
        {!!stack?.left && <span className="muted">{t("dicom.left", { n: stack.left })}</span>}
        <span className="muted small" style={{ flexBasis: "100%" }}>{t("dicom.help")}</span>
      </div>
    </div>
  );
}
