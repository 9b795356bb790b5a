import { useEffect, useState } from "react";
import { useT } from "../../i18n";
import { number } from "../../i18n/format";
import { NumberField } from "../NumberField";
import { PALETTES } from "./palettes";
import type { Layer } from "./slices";
import type { Opened } from "./useVolume";

const FRAMES_A_SECOND = 8;

function Frames({ opened, set }: { opened: Opened; set: (frame: number) => void }) {
  const t = useT();
  const { layer } = opened, { frames, step } = layer.voxels;
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => set((layer.frame + 1) % frames), 1000 / FRAMES_A_SECOND);
    return () => clearInterval(timer);
  }, [playing, layer.frame, frames]);
  return (
    <>
      <button onClick={() => setPlaying(!playing)}>{t(playing ? "dicom.stop" : "dicom.play")}</button>
      <label>{t(step ? "volume.time" : "volume.frame")}<input type="range" min={0} max={frames - 1} value={layer.frame} onChange={(e) => set(Number(e.target.value))} /></label>
      <span className="mono">{layer.frame + 1} / {frames}{step ? ` (${number(Number((layer.frame * step).toPrecision(5)))} s)` : ""}</span>
    </>
  );
}

interface Props { opened: Opened; change: (part: Partial<Layer>) => void; auto: (frame: number) => void; over: boolean }

export function LayerControls({ opened, change, auto, over }: Props) {
  const t = useT();
  const { layer, span } = opened, { voxels } = layer, vector = voxels.vector || (opened.artifact.kind === "field" && voxels.frames > 1 && voxels.frames < 5);
  const tint = !layer.labels && !voxels.colour;
  if (!over && !tint && (voxels.frames === 1 || voxels.colour)) return null;
  const width = layer.high - layer.low;
  return (
    <div className="viewer-tools layer" role="group" aria-label={opened.artifact.name}>
      {over && <strong className="small">{opened.artifact.name.slice(0, 24)}</strong>}
      {tint && (
        <>
          <NumberField label={t("volume.low")} value={layer.low} set={(low) => change({ low })} />
          <NumberField label={t("volume.high")} value={layer.high} set={(high) => change({ high })} />
          <button className="quiet" onClick={() => auto(layer.frame)}>{t("volume.auto")}</button>
          <button className="quiet" onClick={() => change(span)}>{t("volume.full")}</button>
          <span className="muted small">{t("volume.centerWidth", { center: number(Number(((layer.low + layer.high) / 2).toPrecision(4))), width: number(Number(width.toPrecision(4))) })}</span>
          <label>{t("volume.colormap")}<select value={layer.map} onChange={(e) => change({ map: e.target.value })}>{PALETTES.map((m) => <option key={m}>{m}</option>)}</select></label>
        </>
      )}
      {over && <label>{t("volume.opacity")}<input type="range" min={0} max={1} step={0.05} value={layer.opacity} onChange={(e) => change({ opacity: Number(e.target.value) })} /></label>}
      {vector && (
        <label>{t("volume.component")}<select value={layer.frame} onChange={(e) => auto(Number(e.target.value))}>
          <option value={-1}>{t("volume.magnitude")}</option>{Array.from({ length: voxels.frames }, (_, i) => <option key={i} value={i}>{"xyzw"[i]}</option>)}</select></label>
      )}
      {!vector && !voxels.colour && voxels.frames > 1 && <Frames opened={opened} set={(frame) => change({ frame })} />}
    </div>
  );
}
