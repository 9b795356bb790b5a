import { useT } from "../i18n";

export interface Settings {
  seed: string;
  title: string;
  cache: boolean;
  skipped: string[];
}

interface Props {
  settings: Settings;
  set: (s: Settings) => void;
  seedError: string | undefined;
}

export function RunSettings({ settings, set, seedError }: Props) {
  const t = useT();
  return (
    <section className="form-section">
      <details open={settings.seed !== "" || settings.title !== "" || undefined}>
        <summary className="section-summary">{t("op.advanced")}</summary>
        <div className="field">
          <div className="field-name">
            <label htmlFor="run-title">{t("op.title")}</label>
          </div>
          <input
            id="run-title"
            value={settings.title}
            autoComplete="off"
            onChange={(e) => set({ ...settings, title: e.target.value })}
          />
        </div>
        <div className="field">
          <div className="field-name">
            <label htmlFor="run-seed">{t("op.seed")}</label>
          </div>
          <div>
            <input
              id="run-seed"
              className="numeric"
              inputMode="numeric"
              autoComplete="off"
              value={settings.seed}
              placeholder="0"
              aria-invalid={seedError !== undefined}
              aria-describedby="run-seed-help run-seed-error"
              onChange={(e) => set({ ...settings, seed: e.target.value })}
            />
            <div className="field-help" id="run-seed-help">
              {t("op.seedHelp")}
            </div>
            <div className="field-error" id="run-seed-error" aria-live="polite">
              {seedError}
            </div>
          </div>
        </div>
        <div className="field">
          <div className="field-name">
            <label htmlFor="run-cache">{t("op.cache")}</label>
          </div>
          <div className="with-unit">
            <input
              id="run-cache"
              type="checkbox"
              checked={settings.cache}
              onChange={(e) => set({ ...settings, cache: e.target.checked })}
            />
          </div>
        </div>
      </details>
    </section>
  );
}
