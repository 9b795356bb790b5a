import { useState } from "react";
import { api } from "../api/client";
import { useEvents } from "../api/events";
import { useLoad } from "../api/load";
import { isActive, type Run } from "../api/types";
import { Dialog } from "../components/Dialog";
import { Failure, Loading } from "../components/Failure";
import { Bar, RunState } from "../components/Parts";
import { useTitle } from "../components/useTitle";
import { useT } from "../i18n";
import { duration, percent, useTime } from "../i18n/format";
import { useOperationTexts } from "../i18n/operations";
import { Link, navigate, operationPath } from "../router";
import { RunFacts, RunOutputs } from "./RunParts";

function Progress({ run, cancel, cancelling }: { run: Run; cancel: () => void; cancelling: boolean }) {
  const t = useT();
  const left =
    run.remaining_s === undefined
      ? ""
      : t("run.left", { time: duration(Math.max(1, Math.round(run.remaining_s))) });
  const waiting = run.needs.length;
  return (
    <section className="card" aria-label={t("runs.progress")}>
      <div className="card-body stack tight">
        <Bar value={run.progress} label={t("runs.progress")} large />
        <div className="row">
          <span className="grow">
            <strong className="percent">{percent(run.progress)}</strong>{" "}
            <span aria-live="polite">{run.stage}</span> <span className="muted">{left}</span>
            {waiting > 0 ? (
              <span className="muted"> {t("run.waiting", { n: waiting })}</span>
            ) : (
              run.state === "queued" && <span className="muted"> {t("run.queuedHint")}</span>
            )}
          </span>
          <button className="danger" disabled={cancelling} onClick={cancel}>
            {t(cancelling ? "run.cancelling" : "run.cancel")}
          </button>
        </div>
      </div>
    </section>
  );
}

function Problems({ run }: { run: Run }) {
  const t = useT();
  const texts = useOperationTexts();
  const field = run.error?.field;
  return (
    <>
      {run.error && run.state === "failed" && (
        <div className="note bad" role="alert">
          <strong>
            {t("run.error")}
            {field && `: ${texts.label(run.operation, field)}`}
          </strong>
          <div>{run.error.detail}</div>
          <Link to={operationPath(run.operation, { from: run.id })}>{t("run.change")}</Link>
        </div>
      )}
      {run.state === "cancelled" && <p className="note">{t("run.cancelledHint")}</p>}
      {run.warnings.length > 0 && (
        <div className="note warn">
          <strong>{t("run.warnings")}</strong>
          <ul className="warnings">
            {run.warnings.map((w, i) => (
              <li key={i}>{w}</li>
            ))}
          </ul>
        </div>
      )}
      {run.cached_from && (
        <p className="note">
          {t("run.cached")}{" "}
          <Link className="mono" to={`/runs/${run.cached_from}`}>
            {run.cached_from}
          </Link>
        </p>
      )}
    </>
  );
}

function Log({ run }: { run: Run }) {
  const t = useT();
  // Loaded when asked for; again when the run changes state, as that is when there is more to read.
  const [open, setOpen] = useState(false);
  const log = useLoad(open ? `log ${run.id} ${run.state}` : null, () => api.log(run.id));
  return (
    <details className="card fold" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{t("run.log")}</summary>
      {log.error !== undefined ? (
        <Failure error={log.error} retry={log.reload} />
      ) : log.data ? (
        <pre className="tall" tabIndex={0}>
          {log.data}
        </pre>
      ) : (
        <p className="muted">{open && log.loading ? t("common.loading") : t("run.noLog")}</p>
      )}
    </details>
  );
}

function RemoveDialog({ close, remove }: { close: () => void; remove: () => void }) {
  const t = useT();
  return (
    <Dialog
      title={t("run.remove")}
      close={close}
      foot={
        <>
          <button onClick={close}>{t("common.cancel")}</button>
          <button className="danger" onClick={remove}>
            {t("run.remove")}
          </button>
        </>
      }
    >
      <p>{t("run.removeAsk")}</p>
    </Dialog>
  );
}

function Head({ run, askRemove }: { run: Run; askRemove: () => void }) {
  const t = useT();
  const time = useTime();
  return (
    <div className="page-head">
      <div>
        <p className="crumbs small">
          <Link to="/runs">{t("runs.title")}</Link>
        </p>
        <h1>{run.title || run.operation}</h1>
        <p className="sub row">
          <span role="status">
            <RunState run={run} />
          </span>
          <Link className="mono" to={operationPath(run.operation)}>
            {run.operation}
          </Link>
          <span>{time(run.created)}</span>
        </p>
      </div>
      <div className="row">
        <Link className="button" to={operationPath(run.operation, { from: run.id })}>
          {t("run.again")}
        </Link>
        <Link className="button" to={`/compare?a=${run.id}`}>
          {t("run.compareWith")}
        </Link>
        {!isActive(run) && (
          <button className="quiet" onClick={askRemove}>
            {t("run.remove")}
          </button>
        )}
      </div>
    </div>
  );
}

export function RunPage({ id }: { id: string }) {
  const t = useT();
  const loaded = useLoad(`run ${id}`, () => api.runById(id));
  const run = loaded.data;
  const [cancelling, setCancelling] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [error, setError] = useState<unknown>();
  useTitle(run && `${run.title || run.operation} – ${t(`run.${run.state}`)}`, t("runs.title"));
  useEvents({
    run: (r) => {
      if (r.id === id) loaded.set((old) => ({ ...old, ...r }));
    },
    progress: (p) => {
      if (p.run === id)
        loaded.set(({ remaining_s: _, ...r }) => ({
          ...r,
          progress: p.progress,
          stage: p.stage,
          ...(p.remaining_s === undefined ? {} : { remaining_s: p.remaining_s }),
        }));
    },
    resync: loaded.reload,
  });
  if (loaded.error !== undefined && !run) return <Failure error={loaded.error} retry={loaded.reload} />;
  if (!run) return <Loading />;
  const cancel = () => {
    setCancelling(true);
    api.endRun(id).catch((e: unknown) => {
      setError(e);
      setCancelling(false);
    });
  };
  const remove = () =>
    void api.endRun(id).then(
      () => navigate("/runs"),
      (e: unknown) => {
        setRemoving(false);
        setError(e);
      },
    );
  return (
    <>
      <Head run={run} askRemove={() => setRemoving(true)} />
      <div className="two">
        <div className="stack">
          {error !== undefined && <Failure error={error} />}
          {isActive(run) && <Progress run={run} cancel={cancel} cancelling={cancelling} />}
          <Problems run={run} />
          <RunOutputs run={run} />
          <Log run={run} />
          {run.record && (
            <details className="card fold">
              <summary>{t("run.record")}</summary>
              <pre className="tall" tabIndex={0}>
                {JSON.stringify(run.record, null, 2)}
              </pre>
            </details>
          )}
        </div>
        <RunFacts run={run} />
      </div>
      {removing && <RemoveDialog close={() => setRemoving(false)} remove={remove} />}
    </>
  );
}
