import { useCatalogue } from "../api/load";
import { isActive, type Run } from "../api/types";
import { Card, runSeconds, unitText, useShow } from "../components/Parts";
import { ArtifactChip } from "../forms/ArtifactPicker";
import { titleOf } from "../forms/schema";
import { useT } from "../i18n";
import { bytes, duration } from "../i18n/format";
import { Link } from "../router";

function Value({ value, unit }: { value: unknown; unit: string | undefined }) {
  const show = useShow();
  if (value && typeof value === "object" && !(Array.isArray(value) && value.every((x) => typeof x !== "object"))) return <pre style={{ maxHeight: 200 }}>{JSON.stringify(value, null, 2)}</pre>;
  return <><span className={typeof value === "number" ? "mono" : ""}>{show(value)}</span> <span className="muted">{unitText(unit)}</span></>;
}

export function RunOutputs({ run }: { run: Run }) {
  const t = useT();
  const operation = useCatalogue().data?.operations.find((o) => o.name === run.operation);
  const meaning = (name: string) => operation?.result.properties?.[name]?.description ?? "";
  const entries = Object.entries(run.outputs);
  const files = entries.flatMap(([name, o]) => ("artifact" in o ? [{ name, id: o.artifact }] : []));
  const values = entries.flatMap(([name, o]) => ("value" in o ? [{ name, value: o.value }] : []));
  if (entries.length === 0) return isActive(run) ? <Card title={t("run.outputs")}><p className="muted">{t("run.noOutputs")}</p></Card> : null;
  return (
    <>
      {values.length > 0 && (
        <Card title={t("run.results")} flush>
          <table><tbody>{values.map(({ name, value }) => (
            <tr key={name}><th scope="row" style={{ width: "24%", paddingLeft: 14 }}>{titleOf(name)}</th><td className="nowrap" style={{ width: "24%" }}><Value value={value} unit={run.units[name] ?? operation?.result.properties?.[name]?.["x-unit"]} /></td><td className="muted small">{meaning(name)}</td></tr>
          ))}</tbody></table>
        </Card>
      )}
      {files.length > 0 && (
        <Card title={t("run.files")} flush>
          <table><tbody>{files.map(({ name, id }) => (
            <tr key={name}><th scope="row" style={{ width: "24%", paddingLeft: 14 }}>{titleOf(name)}</th>
              <td><div className="row" style={{ flexWrap: "nowrap" }}><ArtifactChip id={id} /></div></td>
              <td className="muted small">{meaning(name)}</td>
              <td className="num"><Link className="button" to={`/artifacts/${id}`}>{t("common.open")}<span className="hidden"> {name}</span></Link></td></tr>
          ))}</tbody></table>
        </Card>
      )}
    </>
  );
}

export function RunFacts({ run }: { run: Run }) {
  const t = useT();
  const show = useShow();
  const facts: [string, string][] = [
    [t("run.seconds"), runSeconds(run)],
    [t("run.cpu"), run.cpu_s === undefined ? "" : duration(run.cpu_s)],
    [t("run.memory"), run.peak_memory_bytes === undefined ? "" : bytes(run.peak_memory_bytes)],
    [t("run.seed"), String(run.seed)],
    [t("run.version"), run.version],
    [t("artifact.id"), run.id],
  ];
  return (
    <aside className="stack">
      <Card title={t("run.inputs")}>
        <div className="stack" style={{ gap: 10 }}>{Object.entries(run.inputs).map(([name, ids]) => (
          <div key={name}><div className="small muted">{titleOf(name)}</div>{(Array.isArray(ids) ? ids : [ids]).map((id) => <div key={id} className="row" style={{ flexWrap: "nowrap" }}><ArtifactChip id={id} /></div>)}</div>
        ))}</div>
      </Card>
      <Card title={t("run.given")}>
        {Object.keys(run.parameters).length === 0 ? <p className="muted">{t("run.defaults")}</p> : (
          <table className="props"><tbody>{Object.entries(run.parameters).map(([k, v]) => <tr key={k}><th scope="row">{titleOf(k)}</th><td>{show(v)}</td></tr>)}</tbody></table>
        )}
      </Card>
      <Card title={t("workspace.details")}>
        <table className="props"><tbody>{facts.filter(([, v]) => v).map(([k, v]) => <tr key={k}><th scope="row">{k}</th><td>{v}</td></tr>)}</tbody></table>
        {run.pipeline && <p style={{ marginTop: 8 }}><Link to={`/pipelines/${run.pipeline.id}`}>{t("run.pipeline")}</Link></p>}
      </Card>
    </aside>
  );
}
