import { useId } from "react";
import { api } from "../api/client";
import { useCatalogue, useLoad } from "../api/load";
import type { Run } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { Card, RunState, runSeconds, unitText, useShow } from "../components/Parts";
import { titleOf } from "../forms/schema";
import { ArtifactChip } from "../forms/ArtifactPicker";
import { useT } from "../i18n";
import { number, useTime } from "../i18n/format";
import { Link, setQuery, useQuery } from "../router";

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const keys = (a: object, b: object) => [...new Set([...Object.keys(a), ...Object.keys(b)])];

function Choose({ label, value, set, runs }: { label: string; value: string; set: (id: string) => void; runs: Run[] }) {
  const t = useT();
  const time = useTime();
  const id = useId();
  return (
    <div className="grow"><label htmlFor={id} className="small muted">{label}</label>
      <select id={id} value={value} onChange={(e) => set(e.target.value)} style={{ width: "100%" }}>
        <option value="">{t("pick.choose")}</option>
        {value && !runs.some((r) => r.id === value) && <option value={value}>{value}</option>}
        {runs.map((r) => <option key={r.id} value={r.id}>{r.title ? `${r.title} (${r.operation})` : r.operation} · {time(r.created)}</option>)}
      </select>
    </div>
  );
}

function Differences({ a, b }: { a: Run; b: Run }) {
  const t = useT();
  const show = useShow();
  const operations = useCatalogue().data?.operations;
  const defaults = operations?.find((o) => o.name === a.operation)?.request.properties?.["parameters"]?.properties;
  const value = (run: Run, key: string) => {
    if (key in run.parameters) return <span className="mono">{show(run.parameters[key])}</span>;
    return <span className="muted">{t("compare.notGiven")}{defaults?.[key]?.default !== undefined && `: ${show(defaults[key]?.default)}`}</span>;
  };
  const resolved = (run: Run, key: string) => (key in run.parameters ? run.parameters[key] : defaults?.[key]?.default);
  const parameters = keys(a.parameters, b.parameters).filter((k) => !same(resolved(a, k), resolved(b, k)));
  const inputs = keys(a.inputs, b.inputs).filter((k) => !same(a.inputs[k], b.inputs[k]));
  const chips = (v: string | string[] | undefined) => (v === undefined ? "–" : (Array.isArray(v) ? v : [v]).map((id) => <span key={id} className="row"><ArtifactChip id={id} /></span>));
  const plain: [string, string, string][] = [
    [t("runs.operation"), a.operation, b.operation], [t("run.version"), a.version, b.version], [t("run.seed"), String(a.seed), String(b.seed)],
  ];
  const others = plain.filter(([, x, y]) => x !== y);
  if (parameters.length + inputs.length + others.length === 0) return <p className="muted" style={{ padding: 14 }}>{t("compare.same")}</p>;
  return (
    <table>
      <thead><tr><th scope="col">{t("run.name")}</th><th scope="col">A</th><th scope="col">B</th></tr></thead>
      <tbody>
        {others.map(([k, x, y]) => <tr key={k}><th scope="row">{k}</th><td>{x}</td><td>{y}</td></tr>)}
        {inputs.map((k) => <tr key={`in ${k}`}><th scope="row">{titleOf(k)}</th><td>{chips(a.inputs[k])}</td><td>{chips(b.inputs[k])}</td></tr>)}
        {parameters.map((k) => <tr key={k}><th scope="row">{titleOf(k)}</th><td>{value(a, k)}</td><td>{value(b, k)}</td></tr>)}
      </tbody>
    </table>
  );
}

function Results({ a, b }: { a: Run; b: Run }) {
  const t = useT();
  const show = useShow();
  const cell = (run: Run, key: string) => {
    const o = run.outputs[key];
    if (!o) return "–";
    return "artifact" in o ? <Link to={`/artifacts/${o.artifact}`}>{t("common.open")}</Link> : <span className="mono">{show(o.value)}</span>;
  };
  const numeric = (run: Run, key: string): number | undefined => {
    const o = run.outputs[key];
    return o && "value" in o && typeof o.value === "number" ? o.value : undefined;
  };
  return (
    <table>
      <thead><tr><th scope="col">{t("run.name")}</th><th scope="col" className="num">A</th><th scope="col" className="num">B</th><th scope="col" className="num">{t("compare.difference")}</th><th scope="col"><span className="hidden">unit</span></th></tr></thead>
      <tbody>{keys(a.outputs, b.outputs).map((k) => {
        const x = numeric(a, k), y = numeric(b, k);
        const isFile = [a, b].some((r) => r.outputs[k] && "artifact" in (r.outputs[k] ?? {}));
        return (
          <tr key={k} className={!isFile && !same(a.outputs[k], b.outputs[k]) ? "differs" : ""}>
            <th scope="row">{titleOf(k)}</th><td className="num">{cell(a, k)}</td><td className="num">{cell(b, k)}</td>
            <td className="num">{x !== undefined && y !== undefined ? number(y - x) : ""}</td><td className="muted">{unitText(a.units[k] ?? b.units[k])}</td>
          </tr>
        );
      })}</tbody>
    </table>
  );
}

export function ComparePage() {
  const t = useT();
  const query = useQuery();
  const [ida, idb] = [query.get("a") ?? "", query.get("b") ?? ""];
  const list = useLoad("compare runs", () => api.runs({ limit: 100 }));
  const a = useLoad(ida || null, () => api.runById(ida));
  const b = useLoad(idb || null, () => api.runById(idb));
  // Runs of one operation are what one usually wants to set against each other, so they come first.
  const runs = [...(list.data?.items ?? [])].sort((x, y) => Number(y.operation === a.data?.operation) - Number(x.operation === a.data?.operation));
  const error = a.error ?? b.error;
  return (
    <>
      <div className="page-head"><h1>{t("compare.title")}</h1></div>
      <div className="row" style={{ marginBottom: 16, gap: 16 }}>
        <Choose label={t("compare.left")} value={ida} set={(x) => setQuery({ a: x })} runs={list.data?.items ?? []} />
        <Choose label={t("compare.right")} value={idb} set={(x) => setQuery({ b: x })} runs={runs} />
      </div>
      {error !== undefined && <Failure error={error} />}
      {!(ida && idb) && <p className="empty">{t("compare.choose")}</p>}
      {ida && idb && error === undefined && !(a.data && b.data) && <Loading />}
      {a.data && b.data && (
        <div className="stack">
          <div className="row" style={{ gap: 16 }}>{[a.data, b.data].map((r, i) => (
            <div key={r.id} className="card card-body grow" style={{ padding: "10px 14px" }}><strong>{i ? "B" : "A"}</strong> <Link to={`/runs/${r.id}`}>{r.title || r.operation}</Link> <span className="muted">{runSeconds(r)}</span><div><RunState run={r} /></div></div>
          ))}</div>
          <Card title={t("compare.differ")} flush><Differences a={a.data} b={b.data} /></Card>
          <Card title={t("compare.results")} flush><Results a={a.data} b={b.data} /></Card>
        </div>
      )}
    </>
  );
}
