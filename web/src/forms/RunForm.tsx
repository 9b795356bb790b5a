import type { FormEvent } from "react";
import type { Operation } from "../api/types";
import { Failure } from "../components/Failure";
import { useT } from "../i18n";
import { useOperationTexts } from "../i18n/operations";
import { navigate } from "../router";
import { CommandLine } from "./CommandLine";
import { InputField } from "./InputField";
import { OutputFields } from "./OutputFields";
import { ParameterField } from "./ParameterField";
import { RunSettings } from "./RunSettings";
import { fieldsOf, requiredInputs } from "./schema";
import { useRunForm, type Start } from "./useRunForm";

export type { Start };

const control = (name: string) =>
  document.getElementById(`input-${name}`) ??
  document.getElementById(`parameter-${name}`) ??
  document.getElementById(`run-${name}`);

function Summary({ form, operation }: { form: ReturnType<typeof useRunForm>; operation: Operation }) {
  const t = useT();
  const texts = useOperationTexts();
  const wrong = Object.entries(form.errors);
  if (wrong.length > 0 || form.general)
    return (
      <span className="field-error">
        {wrong.length > 0 && (
          <>
            {t("op.fix", { n: wrong.length })}{" "}
            {wrong.map(([name], i) => (
              <span key={name}>
                {i > 0 && ", "}
                <button type="button" className="link" onClick={() => control(name)?.focus()}>
                  {texts.label(operation.name, name)}
                </button>
              </span>
            ))}
          </>
        )}
      </span>
    );
  if (form.missing.length > 0)
    return (
      <span className="muted small">
        {form.missing
          .map((name) => t("op.missingOf", { name: texts.label(operation.name, name) }))
          .join(" · ")}
      </span>
    );
  return <span className="muted small">{t("op.valid")}</span>;
}

export function RunForm({ operation, start }: { operation: Operation; start: Start }) {
  const t = useT();
  const form = useRunForm(operation, start);
  const parameters = fieldsOf(operation, "parameters");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { run, field } = await form.submit();
    if (run) navigate(`/runs/${run.id}`);
    else if (field) control(field)?.focus();
  };
  return (
    <form className="stack" onSubmit={(e) => void submit(e)} noValidate>
      <section className="form-section" aria-labelledby="inputs-heading">
        <h2 id="inputs-heading">{t("op.inputs")}</h2>
        {fieldsOf(operation, "inputs").map(([name, schema]) => (
          <InputField
            key={name}
            operation={operation.name}
            name={name}
            schema={schema}
            value={form.inputs[name]}
            required={requiredInputs(operation).includes(name)}
            error={form.errors[name]}
            set={(v) => form.setInput(name, v)}
          />
        ))}
      </section>
      <section className="form-section" aria-labelledby="parameters-heading">
        <h2 id="parameters-heading">{t("op.parameters")}</h2>
        {parameters.length === 0 && <p className="muted no-fields">{t("op.noParameters")}</p>}
        {parameters.map(([name, schema]) => (
          <ParameterField
            key={name}
            operation={operation.name}
            name={name}
            schema={schema}
            value={form.parameters[name]}
            error={form.errors[name]}
            set={(v) => form.setParameter(name, v)}
          />
        ))}
      </section>
      <OutputFields
        operation={operation}
        inputs={form.request.inputs}
        skipped={form.settings.skipped}
        set={(skipped) => form.setSettings((s) => ({ ...s, skipped }))}
        error={form.errors["outputs"]}
      />
      <RunSettings settings={form.settings} set={form.setSettings} seedError={form.errors["seed"]} />
      <CommandLine operation={operation} request={form.request} />
      {form.general && (
        <div className="note bad" role="alert">
          {form.general}
        </div>
      )}
      {form.error !== undefined && <Failure error={form.error} />}
      <div className="run-bar">
        <button className="primary" disabled={form.busy}>
          {t(form.busy ? "op.running" : "op.run")}
        </button>
        <Summary form={form} operation={operation} />
      </div>
    </form>
  );
}
