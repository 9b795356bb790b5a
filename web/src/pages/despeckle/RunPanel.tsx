import { useState } from "react";
import { api } from "../../api/client";
import { useEvents } from "../../api/events";
import { isActive, type Operation, type Run, type RunRequest } from "../../api/types";
import { Failure } from "../../components/Failure";
import { Bar, Card, RunState } from "../../components/Parts";
import { CommandLine } from "../../forms/CommandLine";
import { useT } from "../../i18n";
import { Link } from "../../router";

/** The last run that was asked for here, as it stands. */
export function useLastRun(operation: string) {
  const [run, setRun] = useState<Run>();
  const [error, setError] = useState<unknown>();
  const [asking, setAsking] = useState(false);
  useEvents({
    run: (r) => r.id === run?.id && setRun(r),
    progress: (p) =>
      p.run === run?.id && setRun((old) => old && { ...old, progress: p.progress, stage: p.stage }),
    resync: () => run && void api.runById(run.id).then(setRun, () => undefined),
  });
  const start = (request: RunRequest) => {
    setAsking(true);
    setError(undefined);
    api
      .run(operation, request)
      // It may have ended before its first event was listened for.
      .then((asked) => api.runById(asked.id))
      .then(setRun, setError)
      .finally(() => setAsking(false));
  };
  return { run, error, asking, start };
}

interface Props {
  operation: Operation;
  request: RunRequest;
  last: ReturnType<typeof useLastRun>;
  frames: number;
}

export function RunPanel({ operation, request, last, frames }: Props) {
  const t = useT();
  const { run } = last;
  return (
    <Card title={t("despeckle.whole")}>
      <div className="stack tight">
        <p className="muted small">
          {t(frames > 1 ? "despeckle.wholeFrames" : "despeckle.wholeHelp", { n: frames })}
        </p>
        <button
          type="button"
          className="primary"
          disabled={last.asking || (run !== undefined && isActive(run))}
          onClick={() => last.start(request)}
        >
          {t("despeckle.run")}
        </button>
        <div className="run-line" role="status">
          {run && (
            <>
              <RunState run={run} /> <Link to={`/runs/${run.id}`}>{t("despeckle.toRun")}</Link>
              {run.outputs["denoised"] && "artifact" in run.outputs["denoised"] && (
                <>
                  {" · "}
                  <Link to={`/artifacts/${run.outputs["denoised"].artifact}`}>{t("despeckle.toImage")}</Link>
                </>
              )}
            </>
          )}
        </div>
        {run && isActive(run) && <Bar value={run.progress} label={t("runs.progress")} />}
        {run?.error && <p className="note bad small">{run.error.detail}</p>}
        {last.error !== undefined && <Failure error={last.error} />}
        <CommandLine operation={operation} request={request} />
      </div>
    </Card>
  );
}
