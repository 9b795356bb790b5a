import { api } from "../api/client";
import { useEvents } from "../api/events";
import { useLoad } from "../api/load";
import { Failure, Loading } from "../components/Failure";
import { Bar, Card, RunState, runSeconds } from "../components/Parts";
import { isActive } from "../api/types";
import { useT } from "../i18n";
import { useTime } from "../i18n/format";
import { Link } from "../router";
import { Graph } from "./Graph";

export function PipelinesPage() {
  const t = useT();
  const time = useTime();
  const list = useLoad("pipelines", api.pipelines);
  useEvents({ run: (r) => { if (r.pipeline) list.reload(); }, resync: list.reload });
  return (
    <>
      <div className="page-head"><h1>{t("nav.pipelines")}</h1></div>
      {list.error !== undefined && <Failure error={list.error} retry={list.reload} />}
      {!list.data && list.loading && <Loading />}
      {list.data && list.data.items.length === 0 && <p className="empty">{t("pipelines.empty")}</p>}
      {list.data && list.data.items.length > 0 && (
        <div className="list-table"><table>
          <thead><tr><th scope="col">{t("workspace.name")}</th><th scope="col">{t("runs.state")}</th><th scope="col">{t("run.created")}</th></tr></thead>
          <tbody>{list.data.items.map((p) => (
            <tr key={p.id}><td><Link to={`/pipelines/${p.id}`}>{p.title || p.id}</Link></td>
              <td><span className="row">{p.runs?.map((r) => <span key={r.id} className={`dot ${r.state}`} title={`${r.pipeline?.step ?? ""}: ${t(`run.${r.state}`)}`} />)}{p.runs && <span className="muted small">{t("pipelines.steps", { n: p.runs.length })}</span>}</span></td>
              <td className="muted">{time(p.created)}</td></tr>
          ))}</tbody>
        </table></div>
      )}
    </>
  );
}

export function PipelinePage({ id }: { id: string }) {
  const t = useT();
  const time = useTime();
  const loaded = useLoad(`pipeline ${id}`, () => api.pipeline(id));
  useEvents({
    run: (r) => loaded.set((p) => ({ ...p, runs: p.runs.map((x) => (x.id === r.id ? r : x)) })),
    progress: (e) => loaded.set((p) => ({ ...p, runs: p.runs.map((x) => (x.id === e.run ? { ...x, progress: e.progress, stage: e.stage } : x)) })),
    resync: loaded.reload,
  });
  const p = loaded.data;
  if (loaded.error !== undefined && !p) return <Failure error={loaded.error} retry={loaded.reload} />;
  if (!p) return <Loading />;
  return (
    <>
      <div className="page-head"><div><h1>{p.title || t("nav.pipelines")}</h1><p className="sub">{time(p.created)}</p></div></div>
      <div className="stack">
        <Card title={t("pipelines.graph")}><Graph pipeline={p} /></Card>
        <div className="list-table"><table>
          <thead><tr><th scope="col">{t("pipelines.step")}</th><th scope="col">{t("runs.operation")}</th><th scope="col">{t("runs.state")}</th><th scope="col">{t("runs.progress")}</th><th scope="col" className="num">{t("runs.took")}</th></tr></thead>
          <tbody>{p.runs.map((r) => (
            <tr key={r.id}><td><Link to={`/runs/${r.id}`}>{r.pipeline?.step ?? r.id}</Link></td><td className="mono">{r.operation}</td><td><RunState run={r} /></td>
              <td style={{ width: "30%" }}>{isActive(r) && <Bar value={r.progress} label={r.pipeline?.step ?? r.id} />}</td><td className="num">{runSeconds(r)}</td></tr>
          ))}</tbody>
        </table></div>
      </div>
    </>
  );
}
