import { api } from "../api/client";
import { useEvents } from "../api/events";
import { useLoad } from "../api/load";
import { usePages } from "../api/pages";
import { isActive, type Pipeline } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { Bar, Card, RunState, runSeconds } from "../components/Parts";
import { useTitle } from "../components/useTitle";
import { useT } from "../i18n";
import { useTime } from "../i18n/format";
import { Link } from "../router";
import { Graph } from "./Graph";

const EXAMPLE = "shaoguang pipeline steps.json --directory out";

function Steps({ pipeline: p }: { pipeline: Pipeline }) {
  const t = useT();
  const done = p.runs.filter((r) => r.state === "succeeded").length;
  return (
    <span className="row">
      {p.runs.map((r) => (
        <span
          key={r.id}
          className={`dot ${r.state}`}
          title={`${r.pipeline?.step ?? ""}: ${t(`run.${r.state}`)}`}
        />
      ))}
      <span className="muted small">{t("pipelines.progress", { done, total: p.runs.length })}</span>
    </span>
  );
}

export function PipelinesPage() {
  const t = useT();
  useTitle(t("nav.pipelines"));
  const time = useTime();
  const list = usePages("pipelines", (cursor) => api.pipelines({ cursor, limit: 50 }));
  useEvents({
    run: (r) => {
      if (r.pipeline) list.reload();
    },
    resync: list.reload,
  });
  const none = !list.loading && list.error === undefined && list.items.length === 0;
  return (
    <>
      <div className="page-head">
        <h1>{t("nav.pipelines")}</h1>
      </div>
      {list.error !== undefined && <Failure error={list.error} retry={list.reload} />}
      {list.items.length === 0 && list.loading && <Loading />}
      {none && (
        <div className="empty">
          <p>{t("pipelines.empty")}</p>
          <p>{t("pipelines.how")}</p>
          <p>
            <code>POST /api/v1/pipelines</code>
          </p>
          <p>
            <code>{EXAMPLE}</code>
          </p>
        </div>
      )}
      {list.items.length > 0 && (
        <div className="list-table">
          <table>
            <thead>
              <tr>
                <th scope="col">{t("workspace.name")}</th>
                <th scope="col">{t("runs.state")}</th>
                <th scope="col">{t("run.created")}</th>
              </tr>
            </thead>
            <tbody>
              {list.items.map((p) => (
                <tr key={p.id}>
                  <td>
                    <Link to={`/pipelines/${p.id}`}>{p.title || p.id}</Link>
                  </td>
                  <td>
                    <Steps pipeline={p} />
                  </td>
                  <td className="muted">{time(p.created)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list.more && (
        <p className="more">
          <button onClick={list.more}>{t("common.more")}</button>
        </p>
      )}
    </>
  );
}

export function PipelinePage({ id }: { id: string }) {
  const t = useT();
  const time = useTime();
  const loaded = useLoad(`pipeline ${id}`, () => api.pipeline(id));
  const p = loaded.data;
  useTitle(p?.title, t("nav.pipelines"));
  useEvents({
    run: (r) => loaded.set((old) => ({ ...old, runs: old.runs.map((x) => (x.id === r.id ? r : x)) })),
    progress: (e) =>
      loaded.set((old) => ({
        ...old,
        runs: old.runs.map((x) => (x.id === e.run ? { ...x, progress: e.progress, stage: e.stage } : x)),
      })),
    resync: loaded.reload,
  });
  if (loaded.error !== undefined && !p) return <Failure error={loaded.error} retry={loaded.reload} />;
  if (!p) return <Loading />;
  return (
    <>
      <div className="page-head">
        <div>
          <p className="crumbs small">
            <Link to="/pipelines">{t("nav.pipelines")}</Link>
          </p>
          <h1>{p.title || t("nav.pipelines")}</h1>
          <p className="sub row">
            {time(p.created)} <Steps pipeline={p} />
          </p>
        </div>
      </div>
      <div className="stack">
        <Card title={t("pipelines.graph")}>
          <Graph pipeline={p} />
        </Card>
        <div className="list-table">
          <table>
            <thead>
              <tr>
                <th scope="col">{t("pipelines.step")}</th>
                <th scope="col">{t("runs.operation")}</th>
                <th scope="col">{t("runs.state")}</th>
                <th scope="col">{t("runs.progress")}</th>
                <th scope="col" className="num">
                  {t("runs.took")}
                </th>
              </tr>
            </thead>
            <tbody>
              {p.runs.map((r) => (
                <tr key={r.id}>
                  <td>
                    <Link to={`/runs/${r.id}`}>{r.pipeline?.step ?? r.id}</Link>
                  </td>
                  <td className="mono">{r.operation}</td>
                  <td>
                    <RunState run={r} />
                  </td>
                  <td className="third">
                    {isActive(r) ? (
                      <Bar value={r.progress} label={r.pipeline?.step ?? r.id} />
                    ) : (
                      r.error && <span className="small field-error">{r.error.detail}</span>
                    )}
                  </td>
                  <td className="num">{runSeconds(r)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </>
  );
}
