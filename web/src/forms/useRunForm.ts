import { useState } from "react";
import { api, ApiError } from "../api/client";
import type { Operation, Problem, Run, RunRequest } from "../api/types";
import { useT, type Translate } from "../i18n";
import type { Settings } from "./RunSettings";
import { fieldsOf, possibleOutputs, requiredInputs } from "./schema";
import { useCheck } from "./useCheck";
import { refusal } from "./validate";

/** What a form is filled in with when it opens. */
export interface Start {
  inputs: RunRequest["inputs"];
  parameters: Record<string, unknown>;
  seed?: number;
  title?: string;
  /** Outputs that are not asked for. */
  skipped?: string[];
  /** Why a run with just these values was refused or failed. */
  problem?: Problem | undefined;
}

type Inputs = Record<string, string | undefined>;

/** JSON leaves undefined out, the server wants fields that are not given to be absent. */
function without<T>(values: Record<string, T | undefined>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter((x): x is [string, T] => x[1] !== undefined));
}

function seedOf(text: string): number | undefined {
  const seed = Number(text);
  return text.trim() !== "" && Number.isSafeInteger(seed) && seed >= 0 ? seed : undefined;
}

function requestOf(
  operation: Operation,
  inputs: Inputs,
  parameters: Record<string, unknown>,
  settings: Settings,
): RunRequest {
  const request: RunRequest = { inputs: without(inputs), parameters: without(parameters) };
  if (settings.skipped.length)
    request.outputs = possibleOutputs(operation, request.inputs)
      .map(([name]) => name)
      .filter((name) => !settings.skipped.includes(name));
  const seed = seedOf(settings.seed);
  if (seed !== undefined) request.seed = seed;
  return request;
}

/** What is wrong without asking the server, by field, in the order of the form. */
function mistakes(
  operation: Operation,
  parameters: Record<string, unknown>,
  settings: Settings,
  missing: string[],
  t: Translate,
): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const name of missing) errors[name] = t("op.missing");
  for (const [name, schema] of fieldsOf(operation, "parameters")) {
    const why = refusal(name, schema, parameters[name], t);
    if (why) errors[name] = why;
  }
  if (settings.seed.trim() !== "" && seedOf(settings.seed) === undefined)
    errors["seed"] = t("op.notNumber", { value: settings.seed });
  if (fieldsOf(operation, "outputs").every(([x]) => settings.skipped.includes(x)))
    errors["outputs"] = t("op.outputsNone");
  return errors;
}

export function useRunForm(operation: Operation, start: Start) {
  const t = useT();
  const [inputs, setInputs] = useState<Inputs>(start.inputs);
  const [parameters, setParameters] = useState<Record<string, unknown>>(start.parameters);
  const [settings, setSettings] = useState<Settings>(() => ({
    seed: start.seed ? String(start.seed) : "",
    title: start.title ?? "",
    cache: true,
    skipped: start.skipped ?? [],
  }));
  const request = requestOf(operation, inputs, parameters, settings);
  const key = JSON.stringify(request);
  // A refusal stands only until something is changed.
  const [refused, setRefused] = useState<{ problem: Problem; for: string } | undefined>(
    start.problem && { problem: start.problem, for: key },
  );
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  const missing = requiredInputs(operation).filter((name) => inputs[name] === undefined);
  const errors = mistakes(operation, parameters, settings, tried ? missing : [], t);
  const checked = useCheck(operation.name, request, Object.keys(errors).length === 0 && !busy);
  const problem = refused?.for === key ? refused.problem : checked;
  // A form being filled in lacks things; that is no mistake to point at before one tries to run it.
  const relevant =
    problem && !(problem.field !== undefined && missing.includes(problem.field)) ? problem : undefined;
  const fields = new Set(
    [...fieldsOf(operation, "inputs"), ...fieldsOf(operation, "parameters")].map(([name]) => name),
  );
  if (relevant?.field !== undefined && fields.has(relevant.field)) errors[relevant.field] ??= relevant.detail;
  const general =
    relevant && !(relevant.field !== undefined && fields.has(relevant.field)) ? relevant.detail : undefined;

  /** The run that was started, or the name of the first field that stands in its way. */
  const submit = async (): Promise<{ run?: Run; field?: string | undefined }> => {
    setTried(true);
    const first = [...fields, "seed", "outputs"].find(
      (name) => missing.includes(name) || errors[name] !== undefined,
    );
    if (first) return { field: first };
    setBusy(true);
    setError(undefined);
    try {
      const title = settings.title.trim();
      return {
        run: await api.run(operation.name, {
          ...request,
          ...(title && { title }),
          ...(!settings.cache && { cache: false }),
        }),
      };
    } catch (e) {
      setBusy(false);
      if (!(e instanceof ApiError && e.problem.status === 422)) {
        setError(e);
        return {};
      }
      setRefused({ problem: e.problem, for: key });
      return { field: e.problem.field };
    }
  };
  return {
    inputs,
    parameters,
    settings,
    setSettings,
    request,
    errors,
    general,
    missing,
    busy,
    error,
    submit,
    setInput: (name: string, value: Inputs[string]) => setInputs((all) => ({ ...all, [name]: value })),
    setParameter: (name: string, value: unknown) => setParameters((all) => ({ ...all, [name]: value })),
  };
}
