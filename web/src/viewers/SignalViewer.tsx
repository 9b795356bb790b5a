import { useEffect, useRef, useState } from "react";
import { urls } from "../api/client";
import type { Artifact } from "../api/types";
import { reason } from "../components/Failure";
import { useT } from "../i18n";
import { number } from "../i18n/format";
import { download } from "./formats";
import { drawWave, spectrogram } from "./spectrum";

const WIDTH = 1200;

/** The rate of a WAV file: decoding otherwise resamples to the rate of the sound card, and the spectrum with it. */
function wavRate(data: ArrayBuffer): number | undefined {
  if (data.byteLength < 28) return undefined;
  const view = new DataView(data);
  const rate = view.getUint32(0, false) === 0x52494646 ? view.getUint32(24, true) : 0;
  return rate >= 3000 && rate <= 384_000 ? rate : undefined;
}

export default function SignalViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const [sound, setSound] = useState<AudioBuffer>();
  const [failed, setFailed] = useState<unknown>();
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  const wave = useRef<HTMLCanvasElement>(null), spectrum = useRef<HTMLCanvasElement>(null), player = useRef<HTMLAudioElement>(null);

  useEffect(() => {
    const abort = new AbortController();
    const load = async () => {
      const data = await download(urls.content(artifact.id), abort.signal);
      const known = Number(artifact.properties["sample_rate"]);
      const context = new OfflineAudioContext(1, 1, wavRate(data) ?? (known >= 3000 && known <= 384_000 ? known : 48_000));
      const decoded = await context.decodeAudioData(data);
      if (!abort.signal.aborted) setSound(decoded);
    };
    load().catch((e: unknown) => !abort.signal.aborted && setFailed(e));
    return () => abort.abort();
  }, [artifact.id]);
  useEffect(() => {
    if (!sound) return;
    const samples = sound.getChannelData(0);
    if (wave.current) drawWave(wave.current, samples, "#63b8cb");
    // The waveform is to stand before the longer work begins.
    const timer = setTimeout(() => {
      const image = spectrogram(samples, WIDTH);
      if (spectrum.current) {
        spectrum.current.height = image.height;
        spectrum.current.getContext("2d")?.putImageData(image, 0, 0);
      }
    }, 20);
    return () => clearTimeout(timer);
  }, [sound]);
  useEffect(() => {
    if (!playing) return;
    let frame = requestAnimationFrame(function follow() {
      setAt(player.current?.currentTime ?? 0);
      frame = requestAnimationFrame(follow);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing]);

  const seek = (seconds: number) => {
    setAt(seconds);
    if (player.current) player.current.currentTime = seconds;
  };
  const toggle = () => void (playing ? player.current?.pause() : player.current?.play().catch(setFailed));
  if (failed !== undefined) return <p className="note bad">{t("error.viewer", { why: reason(failed, t) })}</p>;
  const length = sound?.duration ?? 1;
  const cursor = <div className="cursor" style={{ left: `${(at / length) * 100}%` }} />;
  const click = (e: React.MouseEvent<HTMLElement>) => {
    const r = e.currentTarget.getBoundingClientRect();
    seek(((e.clientX - r.left) / r.width) * length);
  };
  return (
    <div className="viewer signal">
      <div className="viewer-tools">
        <button onClick={toggle} disabled={!sound}>{t(playing ? "signal.pause" : "signal.play")}</button>
        <input className="grow" type="range" aria-label={t("signal.position")} min={0} max={length} step={0.01} value={at} onChange={(e) => seek(Number(e.target.value))} />
        <span className="mono">{at.toFixed(2)} / {sound ? length.toFixed(2) : "–"} s</span>
      </div>
      <div className="plotbox" onClick={click}><canvas ref={wave} width={WIDTH} height={160} style={{ height: 160 }} role="img" aria-label={t("signal.waveform")} />{cursor}</div>
      <div className="plotbox" onClick={click} style={{ marginTop: 2 }}><canvas ref={spectrum} width={WIDTH} height={512} style={{ height: 280 }} role="img" aria-label={t("signal.spectrogram")} />{cursor}</div>
      <div className="viewer-foot">
        {sound && <span>{t("signal.info", { rate: number(sound.sampleRate), seconds: number(sound.duration), channels: sound.numberOfChannels })}</span>}
        {sound && <span className="muted">{t("signal.spectrogram")}: {t("signal.range", { khz: number(sound.sampleRate / 2000) })}</span>}
      </div>
      <audio ref={player} src={urls.content(artifact.id)} preload="none" onPlay={() => setPlaying(true)} onPause={() => setPlaying(false)} onEnded={() => setPlaying(false)} />
    </div>
  );
}
