import type { Kind, Operation } from "../api/types";
import { KindIcon } from "../components/Icon";
import { useT } from "../i18n";
import { useOperationTexts } from "../i18n/operations";
import { fieldsOf, isFileOutput } from "./schema";

interface Props {
  operation: Operation;
  skipped: string[];
  set: (skipped: string[]) => void;
  error: string | undefined;
}

/** Which results to make. Values are measured in any case; files can be left out. */
export function OutputFields({ operation, skipped, set, error }: Props) {
  const t = useT();
  const texts = useOperationTexts();
  const outputs = fieldsOf(operation, "outputs");
  const files = outputs.filter(([, s]) => isFileOutput(s));
  const values = outputs
    .filter(([, s]) => !isFileOutput(s))
    .map(([name]) => texts.label(operation.name, name));
  const toggle = (name: string, on: boolean) =>
    set(on ? skipped.filter((x) => x !== name) : [...skipped, name]);
  return (
    <section className="form-section" aria-labelledby="outputs-heading">
      <h2 id="outputs-heading">{t("op.outputs")}</h2>
      <ul className="plain-list outputs">
        {files.map(([name, s]) => (
          <li key={name}>
            <label>
              <input
                type="checkbox"
                checked={!skipped.includes(name)}
                onChange={(e) => toggle(name, e.target.checked)}
                aria-describedby={`output-${name}-help`}
              />
              <span className="muted">
                <KindIcon kind={(s["x-kind"] ?? "file") as Kind} size={16} />
              </span>
              <strong>{texts.label(operation.name, name)}</strong>
            </label>
            <span className="field-help" id={`output-${name}-help`}>
              {texts.help(operation.name, name, s)}
            </span>
          </li>
        ))}
      </ul>
      {values.length > 0 && (
        <p className="field-help values">{t("op.values", { names: values.join(", ") })}</p>
      )}
      {error && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
    </section>
  );
}
