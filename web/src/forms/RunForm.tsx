import { useState, type FormEvent } from "react";
import { api, ApiError } from "../api/client";
import type { Operation, Problem, RunRequest } from "../api/types";
import { Failure } from "../components/Failure";
import { useT } from "../i18n";
import { navigate } from "../router";
import { InputField } from "./InputField";
import { ParameterField } from "./ParameterField";
import { RunSettings, type Settings } from "./RunSettings";
import { fieldsOf, requiredInputs } from "./schema";
import { useCheck } from "./useCheck";

export interface Start { inputs: RunRequest["inputs"]; parameters: Record<string, unknown>; seed?: number; title?: string }

/** JSON leaves undefined out, the server wants fields that are not given to be absent. */
function without<T>(values: Record<string, T | undefined>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter((x): x is [string, T] => x[1] !== undefined));
}

export function RunForm({ operation, start }: { operation: Operation; start: Start }) {
  const t = useT();
  const [inputs, setInputs] = useState<Record<string, string | string[] | undefined>>(start.inputs);
  const [parameters, setParameters] = useState<Record<string, unknown>>(start.parameters);
  const [settings, setSettings] = useState<Settings>({ seed: start.seed ? String(start.seed) : "", title: start.title ?? "", cache: true, skipped: [] });
  const [refused, setRefused] = useState<{ problem: Problem; for: string }>();
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const outputs = fieldsOf(operation, "outputs").map(([name]) => name);
  const request: RunRequest = { inputs: without(inputs), parameters: without(parameters) };
  if (settings.skipped.length) request.outputs = outputs.filter((o) => !settings.skipped.includes(o));
  const seed = Number(settings.seed);
  if (settings.seed.trim() !== "" && Number.isInteger(seed)) request.seed = seed;
  const check = useCheck(operation.name, request);
  const key = JSON.stringify(request);
  // A refusal to run stands only until something is changed.
  const problem = check.problem ?? (refused?.for === key ? refused.problem : undefined);
  const known = [...fieldsOf(operation, "inputs"), ...fieldsOf(operation, "parameters")].some(([name]) => name === problem?.field);
  const errorOf = (field: string) => (problem?.field === field ? problem.detail : undefined);
  const required = requiredInputs(operation);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const absent = required.find((name) => inputs[name] === undefined);
    if (absent) {
      setMissing(true);
      document.getElementById(`input-${absent}`)?.focus();
      return;
    }
    setBusy(true);
    setError(undefined);
    try {
      const run = await api.run(operation.name, { ...request, ...(settings.title.trim() ? { title: settings.title.trim() } : {}), ...(settings.cache ? {} : { cache: false }) });
      navigate(`/runs/${run.id}`);
    } catch (e) {
      setBusy(false);
      if (e instanceof ApiError && e.problem.status === 422) {
        setRefused({ problem: e.problem, for: key });
        document.getElementById(`parameter-${e.problem.field}`)?.focus();
      } else setError(e);
    }
  };
  const parameterFields = fieldsOf(operation, "parameters");
  return (
    <form className="stack" onSubmit={(e) => void submit(e)} noValidate>
      <section className="form-section"><h2>{t("op.inputs")}</h2>
        {fieldsOf(operation, "inputs").map(([name, schema]) => (
          <InputField key={name} name={name} schema={schema} value={inputs[name]} required={required.includes(name)}
            error={errorOf(name) ?? (missing && required.includes(name) && inputs[name] === undefined ? t("op.missing") : undefined)}
            set={(v) => setInputs((all) => ({ ...all, [name]: v }))} />
        ))}
      </section>
      <section className="form-section"><h2>{t("op.parameters")}</h2>
        {parameterFields.length === 0 && <p className="muted" style={{ paddingBottom: 12 }}>{t("op.noParameters")}</p>}
        {parameterFields.map(([name, schema]) => (
          <ParameterField key={name} name={name} schema={schema} value={parameters[name]} error={errorOf(name)} set={(v) => setParameters((all) => ({ ...all, [name]: v }))} />
        ))}
      </section>
      <RunSettings operation={operation} settings={settings} set={setSettings} />
      {problem && !known && <div className="note bad" role="alert">{problem.detail}</div>}
      {error !== undefined && <Failure error={error} />}
      <div className="run-bar">
        <button className="primary" disabled={busy || problem !== undefined}>{t(busy ? "op.running" : "op.run")}</button>
        <span className={problem ? "field-error" : "muted small"}>{problem ? problem.detail : check.checked && t("op.valid")}</span>
      </div>
    </form>
  );
}
