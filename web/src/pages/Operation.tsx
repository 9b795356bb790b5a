import { api } from "../api/client";
import { useCatalogue, useLoad } from "../api/load";
import type { Operation, Run } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { Card, RunState } from "../components/Parts";
import { useTitle } from "../components/useTitle";
import { RunForm, type Start } from "../forms/RunForm";
import { fieldsOf, valueFromText } from "../forms/schema";
import { useT } from "../i18n";
import { useTime } from "../i18n/format";
import { useOperationTexts } from "../i18n/operations";
import { Link, useQuery } from "../router";
import { OPERATION as DESPECKLE } from "./despeckle/applicable";
import { NotFound } from "./NotFound";

const DOI = /\b(10\.\d{4,9}\/[^\s,;]+)/;
const WEB = /https?:\/\/\S+/;

function Reference({ text }: { text: string }) {
  const doi = DOI.exec(text)?.[1];
  const url = doi ? `https://doi.org/${doi}` : WEB.exec(text)?.[0];
  const plain = text
    .replace(/,?\s*doi:\S+$/, "")
    .replace(WEB, "")
    .replace(/,\s*$/, "");
  return (
    <>
      {plain}
      {url && (
        <>
          {" "}
          <a href={url} target="_blank" rel="noreferrer noopener">
            {doi ? `doi:${doi}` : new URL(url).hostname}
          </a>
        </>
      )}
    </>
  );
}

/** ?in.image=ID&p.spacing=2,2,2 */
function startFromQuery(operation: Operation, query: URLSearchParams): Start {
  const start: Start = { inputs: {}, parameters: {} };
  for (const [name] of fieldsOf(operation, "inputs")) {
    const id = query.get(`in.${name}`);
    if (id) start.inputs[name] = id;
  }
  for (const [name, schema] of fieldsOf(operation, "parameters")) {
    const text = query.get(`p.${name}`);
    if (text !== null) start.parameters[name] = valueFromText(schema, text);
  }
  return start;
}

const startFromRun = (operation: Operation, run: Run): Start => ({
  inputs: run.inputs,
  parameters: run.parameters,
  seed: run.seed,
  title: run.title,
  skipped: fieldsOf(operation, "outputs")
    .map(([name]) => name)
    .filter((name) => !run.wanted.includes(name)),
  problem: run.state === "failed" ? run.error : undefined,
});

/** To the page where parameters are tried on an image, with what is filled in here. */
function LiveLink({ operation, start }: { operation: Operation; start: Start }) {
  const t = useT();
  const [image] = Object.values(start.inputs);
  if (operation.name !== DESPECKLE) return null;
  return (
    <Link className="button" to={image ? `/despeckle/${image}` : "/despeckle"}>
      {t("despeckle.tryLive")}
    </Link>
  );
}

function About({ operation }: { operation: Operation }) {
  const t = useT();
  const time = useTime();
  const texts = useOperationTexts();
  const history = useLoad(`history ${operation.name}`, () =>
    api.runs({ operation: operation.name, limit: 5 }),
  );
  const { references } = operation;
  return (
    <aside className="stack" aria-label={t("op.more")}>
      <Card title={t("op.description")}>
        <p className="description">{texts.description(operation)}</p>
      </Card>
      {references.length > 0 && (
        <Card title={t("op.references")}>
          <ul className="plain-list small">
            {references.map((r) => (
              <li key={r}>
                <Reference text={r} />
              </li>
            ))}
          </ul>
        </Card>
      )}
      {operation.examples.length > 0 && (
        <Card title={t("op.examples")}>
          <div className="stack">
            {operation.examples.map((x) => (
              <div key={x.arguments}>
                <pre tabIndex={0}>
                  shaoguang {operation.name.replace(".", " ")} {x.arguments}
                </pre>
                <p className="small muted example-checks">
                  {t("op.expects", { checks: x.checks.join("; ") })}
                </p>
              </div>
            ))}
          </div>
        </Card>
      )}
      {history.data && history.data.items.length > 0 && (
        <Card title={t("op.history")}>
          <ul className="plain-list small">
            {history.data.items.map((r) => (
              <li key={r.id} className="row">
                <RunState run={r} />
                <Link to={`/runs/${r.id}`}>{r.title || time(r.created)}</Link>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </aside>
  );
}

export function OperationPage({ name }: { name: string }) {
  const t = useT();
  const texts = useOperationTexts();
  const query = useQuery();
  const from = query.get("from");
  const catalogue = useCatalogue();
  const earlier = useLoad(from && `run ${from}`, () => api.runById(from ?? ""));
  const operation = catalogue.data?.operations.find((o) => o.name === name);
  useTitle(name, t("operations.title"));
  if (catalogue.error !== undefined) return <Failure error={catalogue.error} retry={catalogue.reload} />;
  if (!catalogue.data || (from !== null && earlier.loading && !earlier.data)) return <Loading />;
  if (!operation) return <NotFound />;
  const run = earlier.data;
  const start = run ? startFromRun(operation, run) : startFromQuery(operation, query);
  return (
    <>
      <div className="page-head">
        <div>
          <p className="crumbs small">
            <Link to="/operations">{t("operations.title")}</Link> / {texts.module(operation.module)}
          </p>
          <h1 className="op-name">{operation.name}</h1>
          <p className="sub">{texts.summary(operation)}</p>
        </div>
        {operation.previews && <LiveLink operation={operation} start={start} />}
      </div>
      {run && (
        <p className="note from-run">
          {t("op.from")}{" "}
          <Link className="mono" to={`/runs/${run.id}`}>
            {run.title || run.id}
          </Link>
          {run.error && (
            <>
              <br />
              {t("op.failedBefore", { why: run.error.detail })}
            </>
          )}
        </p>
      )}
      {earlier.error !== undefined && <Failure error={earlier.error} />}
      <div className="two">
        <RunForm key={`${name} ${run?.id ?? ""}`} operation={operation} start={start} />
        <About operation={operation} />
      </div>
    </>
  );
}
