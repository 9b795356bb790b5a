import { useT, type Key } from "../../i18n";
import { NumberField } from "../NumberField";
import type { Shown, StackView, ToolName } from "./engine";
import { CT_WINDOWS } from "./presets";

const MOVES: [ToolName, Key][] = [["window", "dicom.window"], ["pan", "dicom.pan"], ["zoom", "dicom.zoom"], ["scroll", "dicom.leaf"]];
const MEASURES: [ToolName, Key][] = [["length", "dicom.length"], ["angle", "dicom.angle"], ["rectangle", "dicom.rectangle"], ["ellipse", "dicom.ellipse"]];

interface Props { view: StackView | undefined; shown: Shown | undefined; tool: ToolName; pick: (t: ToolName) => void; modality: string }

export function DicomTools({ view, shown, tool, pick, modality }: Props) {
  const t = useT();
  const { center, width } = shown ?? {};
  const group = (label: Key, tools: [ToolName, Key][]) => (
    <span className="seg" role="group" aria-label={t(label)}>
      {tools.map(([name, key]) => <button key={name} aria-pressed={tool === name} disabled={!view} onClick={() => pick(name)}>{t(key)}</button>)}
    </span>
  );
  const preset = CT_WINDOWS.findIndex((w) => w.center === Math.round(center ?? NaN) && w.width === Math.round(width ?? NaN));
  return (
    <div className="viewer-tools">
      {group("dicom.mouse", MOVES)}
      {group("dicom.measure", MEASURES)}
      <button className="quiet" disabled={!view} onClick={() => view?.clearMeasurements()}>{t("dicom.clear")}</button>
      {!shown?.colour && (
        <>
          <NumberField label={t("dicom.center")} value={center} set={(n) => view?.setWindow(n, width ?? 1)} />
          <NumberField label={t("dicom.width")} value={width} set={(n) => view?.setWindow(center ?? 0, n)} />
          {modality === "CT" && (
            <label>{t("dicom.preset")}<select value={preset} onChange={(e) => { const w = CT_WINDOWS[Number(e.target.value)]; if (w) view?.setWindow(w.center, w.width); }}>
              <option value={-1}>–</option>{CT_WINDOWS.map((w, i) => <option key={w.key} value={i}>{t(w.key)}</option>)}</select></label>
          )}
        </>
      )}
      <span className="seg" role="group" aria-label={t("dicom.turn")}>
        <button disabled={!view} aria-pressed={shown?.inverted ?? false} onClick={() => view?.invert()}>{t("dicom.invert")}</button>
        <button disabled={!view} onClick={() => view?.rotate()}>{t("dicom.rotate")}</button>
        <button disabled={!view} onClick={() => view?.flip(true)}>{t("dicom.flipH")}</button>
        <button disabled={!view} onClick={() => view?.flip(false)}>{t("dicom.flipV")}</button>
      </span>
      <span className="seg"><button disabled={!view} onClick={() => view?.fit()}>{t("picture.fit")}</button><button disabled={!view} onClick={() => view?.reset()}>{t("dicom.reset")}</button></span>
    </div>
  );
}
