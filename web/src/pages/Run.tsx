import { useState } from "react";
import { api } from "../api/client";
import { useEvents } from "../api/events";
import { useLoad } from "../api/load";
import { isActive, type Run } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { Dialog } from "../components/Dialog";
import { Bar, Card, RunState } from "../components/Parts";
import { useT } from "../i18n";
import { duration, percent, useTime } from "../i18n/format";
import { Link, navigate } from "../router";
import { RunFacts, RunOutputs } from "./RunParts";

function Progress({ run, cancel, cancelling }: { run: Run; cancel: () => void; cancelling: boolean }) {
  const t = useT();
  const left = run.remaining_s !== undefined ? t("run.left", { time: duration(run.remaining_s) }) : "";
  return (
    <section className="card"><div className="card-body stack" style={{ gap: 8 }}>
      <Bar value={run.progress} label={t("runs.progress")} large />
      <div className="row">
        <span className="grow"><strong>{percent(run.progress)}</strong> <span aria-live="polite">{run.stage}</span> <span className="muted">{left}</span>
          {run.needs.length > 0 && <span className="muted"> {t("run.waiting", { n: run.needs.length })}</span>}</span>
        <button className="danger" disabled={cancelling} onClick={cancel}>{t(cancelling ? "run.cancelling" : "run.cancel")}</button>
      </div>
    </div></section>
  );
}

export function RunPage({ id }: { id: string }) {
  const t = useT();
  const time = useTime();
  const loaded = useLoad(`run ${id}`, () => api.runById(id));
  const run = loaded.data;
  const log = useLoad(run ? `log ${id} ${run.state}` : null, () => api.log(id));
  const [cancelling, setCancelling] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [error, setError] = useState<unknown>();
  useEvents({
    run: (r) => r.id === id && loaded.set((old) => ({ ...old, ...r })),
    progress: (p) => p.run === id && loaded.set((r) => ({ ...r, progress: p.progress, stage: p.stage, remaining_s: p.remaining_s ?? 0 })),
    resync: loaded.reload,
  });
  if (loaded.error !== undefined && !run) return <Failure error={loaded.error} retry={loaded.reload} />;
  if (!run) return <Loading />;
  const cancel = () => {
    setCancelling(true);
    api.endRun(id).catch((e: unknown) => { setError(e); setCancelling(false); });
  };
  const remove = () => void api.endRun(id).then(() => navigate("/runs"), (e: unknown) => { setRemoving(false); setError(e); });
  return (
    <>
      <div className="page-head">
        <div><h1>{run.title || run.operation}</h1>
          <p className="sub row"><RunState run={run} /><Link className="mono" to={`/operations/${run.operation}`}>{run.operation}</Link><span>{time(run.created)}</span></p></div>
        <div className="row">
          <Link className="button" to={`/operations/${run.operation}?from=${run.id}`}>{t("run.again")}</Link>
          <Link className="button" to={`/compare?a=${run.id}`}>{t("run.compareWith")}</Link>
          {!isActive(run) && <button className="quiet" onClick={() => setRemoving(true)}>{t("run.remove")}</button>}
        </div>
      </div>
      <div className="two">
        <div className="stack">
          {error !== undefined && <Failure error={error} />}
          {isActive(run) && <Progress run={run} cancel={cancel} cancelling={cancelling} />}
          {run.error && (
            <div className="note bad" role="alert"><strong>{t("run.error")}</strong><div>{run.error.detail}</div>
              <Link to={`/operations/${run.operation}?from=${run.id}`}>{t("run.change")}</Link></div>
          )}
          {run.warnings.length > 0 && <div className="note warn"><strong>{t("run.warnings")}</strong><ul style={{ margin: "4px 0 0", paddingLeft: 20 }}>{run.warnings.map((w, i) => <li key={i}>{w}</li>)}</ul></div>}
          {run.cached_from && <p className="note">{t("run.cached")} <Link className="mono" to={`/runs/${run.cached_from}`}>{run.cached_from}</Link></p>}
          <RunOutputs run={run} />
          <Card title={t("run.log")}>{log.data ? <pre style={{ maxHeight: 280 }}>{log.data}</pre> : <p className="muted">{log.loading ? t("common.loading") : t("run.noLog")}</p>}</Card>
          {run.record && <details className="card card-body" style={{ padding: "8px 14px" }}><summary>{t("run.record")}</summary><pre style={{ maxHeight: 420, marginTop: 8 }}>{JSON.stringify(run.record, null, 2)}</pre></details>}
        </div>
        <RunFacts run={run} />
      </div>
      {removing && (
        <Dialog title={t("run.remove")} close={() => setRemoving(false)} foot={<><button onClick={() => setRemoving(false)}>{t("common.cancel")}</button><button className="danger" onClick={remove}>{t("run.remove")}</button></>}>
          <p>{t("run.removeAsk")}</p>
        </Dialog>
      )}
    </>
  );
}
