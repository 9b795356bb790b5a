import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { urls } from "../../api/client";
import type { Artifact } from "../../api/types";
import { reason } from "../../components/Failure";
import { useT } from "../../i18n";
import { number, percent } from "../../i18n/format";
import { download } from "../formats";
import { AUDIBLE, decode, type Recording } from "./decode";
import { drawChannels, Envelope } from "./envelope";
import { spectrogram } from "./spectrum";

const WIDTH = 1200;
const short = (v: number) => number(Number(v.toPrecision(4)));
const decibels = (v: number) => (v > 0 ? `${(20 * Math.log10(v)).toFixed(1).replace("-", "−")} dBFS` : "–");

/** Loads and decodes once for an artifact. */
function useRecording(artifact: Artifact) {
  const [recording, setRecording] = useState<Recording>();
  const [share, setShare] = useState(0);
  const [failed, setFailed] = useState<unknown>();
  useEffect(() => {
    const abort = new AbortController();
    const load = async () => {
      const found = await decode(await download(urls.content(artifact.id), abort.signal, setShare), artifact);
      if (!abort.signal.aborted) setRecording(found);
    };
    load().catch((e: unknown) => !abort.signal.aborted && setFailed(e));
    return () => abort.abort();
  }, [artifact.id]);
  return { recording, share, failed };
}

export default function SignalViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const { recording, share, failed } = useRecording(artifact);
  const channels = useMemo(() => recording?.channels.map((c) => new Envelope(c)) ?? [], [recording]);
  const [at, setAt] = useState(0);
  const [view, setView] = useState<[number, number]>([0, 1]);
  const [channel, setChannel] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [silent, setSilent] = useState<unknown>();
  const wave = useRef<HTMLCanvasElement>(null), spectrum = useRef<HTMLCanvasElement>(null), plots = useRef<HTMLDivElement>(null), player = useRef<HTMLAudioElement>(null);
  const rate = recording?.rate ?? 1, length = (recording?.channels[0]?.length ?? 0) / rate;
  const audible = rate >= AUDIBLE.least && rate <= AUDIBLE.most, [from, to] = view;
  // About a second of slow signals, 1024 samples of sound.
  const size = 2 ** Math.round(Math.log2(Math.min(1024, Math.max(64, Math.min(rate, (length * rate) / 16)))));

  useEffect(() => setView([0, length || 1]), [length]);
  useEffect(() => {
    if (channels.length && wave.current) drawChannels(wave.current, channels, from * rate, to * rate, "#63b8cb");
  }, [channels, from, to]);
  useEffect(() => {
    const samples = recording?.channels[channel];
    if (!samples) return;
    // The waveform is to stand before the longer work begins, and zooming is not to wait for it.
    const timer = setTimeout(() => {
      const image = spectrogram(samples, from * rate, to * rate, WIDTH, size), canvas = spectrum.current;
      if (!canvas) return;
      canvas.height = image.height;
      canvas.getContext("2d")?.putImageData(image, 0, 0);
    }, 120);
    return () => clearTimeout(timer);
  }, [recording, channel, from, to, size]);
  useEffect(() => {
    if (!playing) return;
    let frame = requestAnimationFrame(function follow() {
      setAt(player.current?.currentTime ?? 0);
      frame = requestAnimationFrame(follow);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing]);

  const limit = (a: number, b: number) => {
    const span = Math.min(length, Math.max(8 / rate, b - a)), start = Math.min(Math.max(0, a), length - span);
    setView([start, start + span]);
  };
  const zoom = (factor: number, around = at >= from && at <= to ? at : (from + to) / 2) => limit(around - (around - from) / factor, around + (to - around) / factor);
  const latest = useRef({ zoom, view });
  latest.current = { zoom, view };
  const ready = recording !== undefined;
  useEffect(() => {
    const box = plots.current;
    // React's own wheel listener is passive and could not keep the page from scrolling.
    const wheel = (e: WheelEvent) => {
      e.preventDefault();
      const r = box?.getBoundingClientRect(), [a, b] = latest.current.view;
      if (r) latest.current.zoom(Math.exp(-e.deltaY / 400), a + ((e.clientX - r.left) / r.width) * (b - a));
    };
    box?.addEventListener("wheel", wheel, { passive: false });
    return () => box?.removeEventListener("wheel", wheel);
  }, [ready]);
  const seek = (seconds: number) => {
    const s = Math.min(length, Math.max(0, seconds));
    setAt(s);
    if (player.current && audible) player.current.currentTime = s;
  };
  const toggle = () => void (playing ? player.current?.pause() : player.current?.play().catch(setSilent));
  const drag = useRef<{ x: number; moved: boolean }>();
  const down = (e: PointerEvent) => {
    drag.current = { x: e.clientX, moved: false };
    e.currentTarget.setPointerCapture(e.pointerId);
  };
  const move = (e: PointerEvent) => {
    const d = drag.current, width = e.currentTarget.clientWidth;
    if (!d || (!d.moved && Math.abs(e.clientX - d.x) < 4)) return;
    const by = ((d.x - e.clientX) / width) * (to - from);
    drag.current = { x: e.clientX, moved: true };
    limit(from + by, to + by);
  };
  const up = (e: PointerEvent) => {
    const r = e.currentTarget.getBoundingClientRect();
    if (drag.current && !drag.current.moved) seek(from + ((e.clientX - r.left) / r.width) * (to - from));
    drag.current = undefined;
  };
  const keys = (e: KeyboardEvent) => {
    const step = (to - from) / 10;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => limit(from - step, to - step), ArrowRight: () => limit(from + step, to + step), "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5),
      "0": () => limit(0, length), Home: () => seek(0), End: () => seek(length), " ": () => audible && toggle(),
    };
    const action = actions[e.key];
    if (!action) return;
    e.preventDefault();
    action();
  };
  if (failed !== undefined) return <p className="note bad">{t("error.viewer", { why: reason(failed, t) })}</p>;
  if (!recording) return <p className="muted" role="status">{t("common.loading")} {percent(share)}</p>;
  const left = ((at - from) / (to - from)) * 100, cursor = left >= 0 && left <= 100 && <div className="cursor" style={{ left: `${left}%` }} />;
  return (
    <div className="viewer signal">
      <div className="viewer-tools">
        {audible ? <button onClick={toggle}>{t(playing ? "signal.pause" : "signal.play")}</button> : <span className="muted small">{t("signal.inaudible")}</span>}
        <input className="grow" type="range" aria-label={t("signal.position")} min={0} max={length} step={length / 2000} value={at} onChange={(e) => seek(Number(e.target.value))} />
        <span className="mono">{at.toFixed(2)} / {length.toFixed(2)} s</span>
        <span className="seg"><button aria-label={t("picture.zoomOut")} onClick={() => zoom(1 / 1.5)}>−</button><button aria-label={t("picture.zoomIn")} onClick={() => zoom(1.5)}>+</button><button onClick={() => limit(0, length)}>{t("signal.whole")}</button></span>
        {channels.length > 1 && <label>{t("signal.spectrogramOf")}<select value={channel} onChange={(e) => setChannel(Number(e.target.value))}>{channels.map((_, i) => <option key={i} value={i}>{t("signal.channel", { n: i + 1 })}</option>)}</select></label>}
      </div>
      {silent !== undefined && <p className="note bad">{t("signal.cannotPlay", { why: reason(silent, t) })}</p>}
      <div ref={plots} tabIndex={0} role="application" aria-label={t("signal.plots", { name: artifact.name })} onKeyDown={keys} onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={() => (drag.current = undefined)}>
        <div className="plotbox"><canvas ref={wave} width={WIDTH} height={Math.min(480, Math.max(160, channels.length * 56))} style={{ height: Math.min(480, Math.max(160, channels.length * 56)) }} role="img" aria-label={t("signal.waveform")} />{cursor}</div>
        <div className="plotbox" style={{ marginTop: 2 }}><canvas ref={spectrum} width={WIDTH} height={512} style={{ height: 260 }} role="img" aria-label={t("signal.spectrogram")} />{cursor}
          <span className="axis top">{short(rate / 2)} Hz</span><span className="axis bottom">0</span></div>
        <div className="time-axis small muted"><span>{short(from)} s</span><span>{short((from + to) / 2)} s</span><span>{short(to)} s</span></div>
      </div>
      <div className="viewer-foot">
        <span>{t("signal.info", { rate: number(rate), seconds: short(length), channels: channels.length })}{recording.bits && `, ${recording.bits}`}</span>
        <span className="muted">{t("signal.range", { khz: short(rate / 2000) })}</span>
        {channels.slice(0, 16).map((c, i) => <span key={i}><span className="muted">{t("signal.channel", { n: i + 1 })}</span>{t("signal.levels", { peak: `${short(c.peak)} (${decibels(c.peak)})`, rms: `${short(c.rms)} (${decibels(c.rms)})` })}</span>)}
        <span className="muted small" style={{ flexBasis: "100%" }}>{t("signal.help")}</span>
      </div>
      {audible && <audio ref={player} src={urls.content(artifact.id)} preload="none" onPlay={() => setPlaying(true)} onPause={() => setPlaying(false)} onEnded={() => setPlaying(false)} />}
    </div>
  );
}
