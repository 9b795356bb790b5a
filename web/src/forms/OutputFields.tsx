import type { Kind, Operation, Schema } from "../api/types";
import { KindIcon } from "../components/Icon";
import { useT } from "../i18n";
import { useOperationTexts } from "../i18n/operations";
import { fieldsOf, isFileOutput, possibleOutputs } from "./schema";

interface Props {
  operation: Operation;
  /** What has been chosen so far: some outputs need an input that may be left out. */
  inputs: object;
  skipped: string[];
  set: (skipped: string[]) => void;
  error: string | undefined;
}

interface OutputProps {
  operation: string;
  name: string;
  schema: Schema;
  /** An input that is not given, without which there is no such output. */
  needs: string | undefined;
  wanted: boolean;
  want: (on: boolean) => void;
}

function Output({ operation, name, schema, needs, wanted, want }: OutputProps) {
  const t = useT();
  const texts = useOperationTexts();
  return (
    <li>
      <label className={needs ? "muted" : ""}>
        <input
          type="checkbox"
          checked={wanted && !needs}
          disabled={needs !== undefined}
          onChange={(e) => want(e.target.checked)}
          aria-describedby={`output-${name}-help`}
        />
        <span className="muted">
          <KindIcon kind={(schema["x-kind"] ?? "file") as Kind} size={16} />
        </span>
        <strong>{texts.label(operation, name)}</strong>
      </label>
      <span className="field-help" id={`output-${name}-help`}>
        {texts.help(operation, name, schema)}
        {needs && (
          <span className="field-hint">{t("op.needs", { name: texts.label(operation, needs) })}</span>
        )}
      </span>
    </li>
  );
}

/** Which results to make. Values are measured in any case; files can be left out. */
export function OutputFields({ operation, inputs, skipped, set, error }: Props) {
  const t = useT();
  const texts = useOperationTexts();
  const possible = new Set(possibleOutputs(operation, inputs).map(([name]) => name));
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
        {files.map(([name, schema]) => {
          const needs = possible.has(name) ? undefined : schema["x-needs"];
          return (
            <Output
              key={name}
              operation={operation.name}
              name={name}
              schema={schema}
              needs={needs}
              wanted={!skipped.includes(name)}
              want={(on) => toggle(name, on)}
            />
          );
        })}
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
