import { useCatalogue } from "../api/load";
import { isActive, type Operation, type Run } from "../api/types";
import { Card, runSeconds, unitText, useShow } from "../components/Parts";
import { ArtifactChip } from "../forms/ArtifactPicker";
import { fieldsOf } from "../forms/schema";
import { useT } from "../i18n";
import { bytes, duration, useTime } from "../i18n/format";
import { useOperationTexts } from "../i18n/operations";
import { Link } from "../router";

function Value({ value, unit }: { value: unknown; unit: string | undefined }) {
  const show = useShow();
  if (
    value &&
    typeof value === "object" &&
    !(Array.isArray(value) && value.every((x) => typeof x !== "object"))
  )
    return <pre className="tall">{JSON.stringify(value, null, 2)}</pre>;
  return (
    <>
      <span className={typeof value === "number" ? "figure" : ""}>{show(value)}</span>{" "}
      <span className="muted">{unitText(unit)}</span>
    </>
  );
}

const useOperation = (name: string): Operation | undefined =>
  useCatalogue().data?.operations.find((o) => o.name === name);

export function RunOutputs({ run }: { run: Run }) {
  const t = useT();
  const texts = useOperationTexts();
  const operation = useOperation(run.operation);
  const schema = (name: string) => operation?.result.properties?.[name];
  const meaning = (name: string) => texts.help(run.operation, name, schema(name));
  const entries = Object.entries(run.outputs);
  const files = entries.flatMap(([name, o]) => ("artifact" in o ? [{ name, id: o.artifact }] : []));
  const values = entries.flatMap(([name, o]) => ("value" in o ? [{ name, value: o.value }] : []));
  if (entries.length === 0)
    return isActive(run) ? (
      <Card title={t("run.outputs")}>
        <p className="muted">{t("run.noOutputs")}</p>
      </Card>
    ) : null;
  return (
    <>
      {files.length > 0 && (
        <Card title={t("run.files")} flush>
          <table className="outputs-table">
            <tbody>
              {files.map(({ name, id }) => (
                <tr key={name}>
                  <th scope="row">
                    {texts.label(run.operation, name)}
                    <div className="small muted meaning">{meaning(name)}</div>
                  </th>
                  <td>
                    <div className="row nowrap-row">
                      <ArtifactChip id={id} />
                    </div>
                  </td>
                  <td className="num">
                    <Link className="button" to={`/artifacts/${id}`}>
                      {t("common.open")}
                      <span className="hidden"> {name}</span>
                    </Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      )}
      {values.length > 0 && (
        <Card title={t("run.results")} flush>
          <table className="outputs-table">
            <tbody>
              {values.map(({ name, value }) => (
                <tr key={name}>
                  <th scope="row">
                    {texts.label(run.operation, name)}
                    <div className="small muted meaning">{meaning(name)}</div>
                  </th>
                  <td>
                    <Value value={value} unit={run.units[name] ?? schema(name)?.["x-unit"]} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      )}
    </>
  );
}

function Parameters({ run }: { run: Run }) {
  const t = useT();
  const show = useShow();
  const texts = useOperationTexts();
  const operation = useOperation(run.operation);
  const given = Object.entries(run.parameters);
  const rest = operation
    ? fieldsOf(operation, "parameters").filter(
        ([name, s]) => !(name in run.parameters) && s.default !== undefined,
      )
    : [];
  const unit = (name: string) =>
    unitText(operation?.request.properties?.["parameters"]?.properties?.[name]?.["x-unit"]);
  const row = (name: string, value: unknown) => (
    <tr key={name}>
      <th scope="row">{texts.label(run.operation, name)}</th>
      <td>
        {show(value)} <span className="muted">{unit(name)}</span>
      </td>
    </tr>
  );
  return (
    <Card title={t("run.given")}>
      {given.length === 0 ? (
        <p className="muted">{t("run.defaults")}</p>
      ) : (
        <table className="props">
          <tbody>{given.map(([k, v]) => row(k, v))}</tbody>
        </table>
      )}
      {rest.length > 0 && (
        <details className="small">
          <summary className="muted">{t("run.allParameters")}</summary>
          <table className="props">
            <tbody>{rest.map(([k, s]) => row(k, s.default))}</tbody>
          </table>
        </details>
      )}
    </Card>
  );
}

export function RunFacts({ run }: { run: Run }) {
  const t = useT();
  const time = useTime();
  const texts = useOperationTexts();
  const facts: [string, string][] = [
    [t("run.seconds"), runSeconds(run)],
    [t("run.cpu"), run.cpu_s === undefined ? "" : duration(run.cpu_s)],
    [t("run.memory"), run.peak_memory_bytes === undefined ? "" : bytes(run.peak_memory_bytes)],
    [t("run.startedAt"), run.started ? time(run.started) : ""],
    [t("run.finishedAt"), run.finished ? time(run.finished) : ""],
    [t("run.seed"), String(run.seed)],
    [t("run.version"), run.version],
    [t("artifact.id"), run.id],
  ];
  const operation = useOperation(run.operation);
  // As declared, not as stored: the fixed image before the moving one.
  const place = (name: string) =>
    operation ? fieldsOf(operation, "inputs").findIndex(([x]) => x === name) : 0;
  const inputs = Object.entries(run.inputs).sort(([a], [b]) => place(a) - place(b));
  return (
    <aside className="stack" aria-label={t("workspace.details")}>
      <Card title={t("run.inputs")}>
        {inputs.length === 0 && <p className="muted">{t("run.noInputs")}</p>}
        <div className="stack tight">
          {inputs.map(([name, id]) => (
            <div key={name}>
              <div className="small muted">{texts.label(run.operation, name)}</div>
              <div className="row nowrap-row">
                <ArtifactChip id={id} />
              </div>
            </div>
          ))}
        </div>
      </Card>
      <Parameters run={run} />
      <Card title={t("workspace.details")}>
        <table className="props">
          <tbody>
            {facts
              .filter(([, v]) => v)
              .map(([k, v]) => (
                <tr key={k}>
                  <th scope="row">{k}</th>
                  <td>{v}</td>
                </tr>
              ))}
          </tbody>
        </table>
        {run.pipeline && (
          <p className="in-pipeline">
            <Link to={`/pipelines/${run.pipeline.id}`}>{t("run.partOf", { step: run.pipeline.step })}</Link>
          </p>
        )}
      </Card>
    </aside>
  );
}
