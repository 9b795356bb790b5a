import { api } from "../api/client";
import { useCatalogue, useLoad } from "../api/load";
import { Failure, Loading } from "../components/Failure";
import { Card, RunState } from "../components/Parts";
import { RunForm, type Start } from "../forms/RunForm";
import { useT } from "../i18n";
import { useTime } from "../i18n/format";
import { Link, useQuery } from "../router";

const DOI = /\b(10\.\d{4,9}\/[^\s,;]+)/;

export function Reference({ text }: { text: string }) {
  const doi = DOI.exec(text)?.[1];
  return <>{text}{doi && <> <a href={`https://doi.org/${doi}`} target="_blank" rel="noreferrer noopener">↗<span className="hidden">doi</span></a></>}</>;
}

function startFrom(query: URLSearchParams): Start {
  const inputs: Start["inputs"] = {};
  for (const [key, value] of query) if (key.startsWith("in.")) inputs[key.slice(3)] = value;
  return { inputs, parameters: {} };
}

export function OperationPage({ name }: { name: string }) {
  const t = useT();
  const time = useTime();
  const query = useQuery();
  const from = query.get("from");
  const catalogue = useCatalogue();
  const earlier = useLoad(from, () => api.runById(from ?? ""));
  const history = useLoad(`history ${name}`, () => api.runs({ operation: name, limit: 5 }));
  const operation = catalogue.data?.operations.find((o) => o.name === name);
  if (catalogue.error !== undefined) return <Failure error={catalogue.error} retry={catalogue.reload} />;
  if (!catalogue.data || (from !== null && earlier.loading && !earlier.data)) return <Loading />;
  if (!operation) return <p className="empty">{t("error.notFound")}</p>;
  const run = earlier.data;
  const start: Start = run ? { inputs: run.inputs, parameters: run.parameters, seed: run.seed, title: run.title } : startFrom(query);
  const references = operation.references ?? operation.citations ?? [];
  return (
    <>
      <div className="page-head"><div>
        <h1 className="mono" style={{ fontSize: 20 }}>{operation.name}</h1>
        <p className="sub">{operation.summary}</p>
      </div></div>
      {run && <p className="note" style={{ marginBottom: 14 }}>{t("op.from", { id: run.id })}</p>}
      {earlier.error !== undefined && <Failure error={earlier.error} />}
      <div className="two">
        <RunForm key={run?.id ?? "new"} operation={operation} start={start} />
        <aside className="stack">
          <Card title={t("op.description")}><p className="description">{operation.description}</p></Card>
          {references.length > 0 && <Card title={t("op.references")}><ul className="plain-list small">{references.map((r) => <li key={r}><Reference text={r} /></li>)}</ul></Card>}
          {operation.examples.length > 0 && (
            <Card title={t("op.examples")}>
              <div className="stack">{operation.examples.map((x) => (
                <div key={x.arguments}><pre>shaoguang {operation.name.replace(".", " ")} {x.arguments}</pre><p className="small muted" style={{ marginTop: 4 }}>{t("op.expects", { checks: x.checks.join("; ") })}</p></div>
              ))}</div>
            </Card>
          )}
          {history.data && history.data.items.length > 0 && (
            <Card title={t("op.history")}><ul className="plain-list small">{history.data.items.map((r) => (
              <li key={r.id} className="row"><RunState run={r} /><Link to={`/runs/${r.id}`}>{r.title || time(r.created)}</Link></li>
            ))}</ul></Card>
          )}
        </aside>
      </div>
    </>
  );
}
