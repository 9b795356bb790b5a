import type { Operation } from "../api/types";
import { useT } from "../i18n";
import { fieldsOf, titleOf } from "./schema";

export interface Settings { seed: string; title: string; cache: boolean; skipped: string[] }

export function RunSettings({ operation, settings, set }: { operation: Operation; settings: Settings; set: (s: Settings) => void }) {
  const t = useT();
  const outputs = fieldsOf(operation, "outputs");
  const toggle = (name: string, on: boolean) =>
    set({ ...settings, skipped: on ? settings.skipped.filter((x) => x !== name) : [...settings.skipped, name] });
  return (
    <section className="form-section">
      <details>
        <summary style={{ padding: "10px 0" }}>{t("op.advanced")}</summary>
        <div className="field">
          <div className="field-name"><label htmlFor="run-title">{t("op.title")}</label></div>
          <input id="run-title" value={settings.title} onChange={(e) => set({ ...settings, title: e.target.value })} />
        </div>
        <div className="field">
          <div className="field-name"><label htmlFor="run-seed">{t("op.seed")}</label></div>
          <div><input id="run-seed" className="numeric" inputMode="numeric" value={settings.seed} placeholder="0" aria-describedby="run-seed-help" onChange={(e) => set({ ...settings, seed: e.target.value })} />
            <div className="field-help" id="run-seed-help">{t("op.seedHelp")}</div></div>
        </div>
        <div className="field">
          <div className="field-name"><label htmlFor="run-cache">{t("op.cache")}</label></div>
          <div><input id="run-cache" type="checkbox" checked={settings.cache} onChange={(e) => set({ ...settings, cache: e.target.checked })} /></div>
        </div>
        <div className="field" role="group" aria-labelledby="run-outputs">
          <div className="field-name"><span className="label" id="run-outputs">{t("op.outputs")}</span></div>
          <div className="stack" style={{ gap: 6 }}>
            <div className="field-help">{t("op.outputsHelp")}</div>
            <div className="checks">
              {outputs.map(([name, s]) => (
                <label key={name} title={s.description}><input type="checkbox" checked={!settings.skipped.includes(name)} onChange={(e) => toggle(name, e.target.checked)} />{titleOf(name)}</label>
              ))}
            </div>
          </div>
        </div>
      </details>
    </section>
  );
}
