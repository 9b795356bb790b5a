import { useState } from "react";
import { api } from "../api/client";
import { useEvents } from "../api/events";
import { useArtifact, useCatalogue } from "../api/load";
import { usePages } from "../api/pages";
import { isActive, type Run, type RunState as State } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { Glyph } from "../components/Icon";
import { Bar, RunState, runSeconds, useShow } from "../components/Parts";
import { useTitle } from "../components/useTitle";
import { useT } from "../i18n";
import { useTime } from "../i18n/format";
import { useOperationTexts } from "../i18n/operations";
import { Link, navigate, setQuery, useQuery } from "../router";

const states: readonly State[] = ["queued", "running", "succeeded", "failed", "cancelled"];

function Filters({ total }: { total: number | undefined }) {
  const t = useT();
  const query = useQuery();
  const [state, operation, artifact] = ["state", "operation", "artifact"].map((x) => query.get(x) ?? "");
  const names = useCatalogue().data?.operations.map((o) => o.name) ?? [];
  const used = useArtifact(artifact || undefined).data;
  return (
    <div className="toolbar" role="search">
      <label>
        {t("runs.operation")}
        <select value={operation} onChange={(e) => setQuery({ operation: e.target.value })}>
          <option value="">{t("runs.any")}</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        {t("runs.state")}
        <select value={state} onChange={(e) => setQuery({ state: e.target.value })}>
          <option value="">{t("workspace.anyState")}</option>
          {states.map((s) => (
            <option key={s} value={s}>
              {t(`run.${s}`)}
            </option>
          ))}
        </select>
      </label>
      {artifact && (
        <span className="tag">
          {t("runs.filtered", { name: used?.name ?? artifact })}
          <button aria-label={t("workspace.clear")} onClick={() => setQuery({ artifact: "" })}>
            <Glyph name="close" />
          </button>
        </span>
      )}
      <span className="grow" />
      <span className="muted small" role="status">
        {total !== undefined && total > 0 && t("common.total", { n: total })}
      </span>
    </div>
  );
}

/** What tells this run from others of its operation. */
function Given({ run }: { run: Run }) {
  const show = useShow();
  const texts = useOperationTexts();
  const given = Object.entries(run.parameters)
    .map(([k, v]) => `${texts.label(run.operation, k)} ${show(v)}`)
    .join(" · ");
  if (isActive(run)) return null;
  if (run.error)
    return (
      <div className="small field-error clamp" title={run.error.detail}>
        {run.error.detail}
      </div>
    );
  return given ? (
    <div className="small muted clamp" title={given}>
      {given}
    </div>
  ) : null;
}

function Row({ run: r, picked, toggle }: { run: Run; picked: boolean; toggle: (on: boolean) => void }) {
  const t = useT();
  const time = useTime();
  const name = r.title || r.operation;
  return (
    <tr className={picked ? "picked-row" : ""}>
      <td className="check-cell">
        <input
          type="checkbox"
          aria-label={t("runs.select", { name: `${name}, ${time(r.created)}` })}
          checked={picked}
          onChange={(e) => toggle(e.target.checked)}
        />
      </td>
      <td>
        <div className="row">
          <Link to={`/runs/${r.id}`}>{name}</Link>
          {r.title && <code className="muted">{r.operation}</code>}
        </div>
        <Given run={r} />
        {isActive(r) && (
          <div className="run-progress">
            <Bar value={r.progress} label={`${t("runs.progress")} ${name}`} />
            <span className="small muted">{r.stage}</span>
          </div>
        )}
      </td>
      <td>
        <RunState run={r} />
        {r.warnings.length > 0 && (
          <div>
            <span className="badge">
              {t("run.warnings")}: {r.warnings.length}
            </span>
          </div>
        )}
      </td>
      <td className="num">{runSeconds(r)}</td>
      <td className="muted nowrap">{time(r.created)}</td>
    </tr>
  );
}

export function RunsPage() {
  const t = useT();
  useTitle(t("runs.title"));
  const query = useQuery();
  const [state, operation, artifact] = ["state", "operation", "artifact"].map((x) => query.get(x) ?? "");
  const [picked, setPicked] = useState<string[]>([]);
  const list = usePages(`runs ${state} ${operation} ${artifact}`, (cursor) =>
    api.runs({ state, operation, artifact, cursor, limit: 100 }),
  );
  useEvents({
    run: (r) =>
      list.items.some((x) => x.id === r.id) && !state
        ? list.change((all) => all.map((x) => (x.id === r.id ? r : x)))
        : list.reload(),
    progress: (p) =>
      list.change((all) =>
        all.map((x) => (x.id === p.run ? { ...x, progress: p.progress, stage: p.stage } : x)),
      ),
    deleted: (d) => d.kind === "run" && list.reload(),
    resync: list.reload,
  });
  const toggle = (id: string, on: boolean) =>
    setPicked((all) => (on ? [...all.slice(-1), id] : all.filter((x) => x !== id)));
  const filtered = [state, operation, artifact].some(Boolean);
  const none = !list.loading && list.error === undefined && list.items.length === 0;
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{t("runs.title")}</h1>
          {list.items.length > 1 && <p className="sub">{t("runs.pickTwo")}</p>}
        </div>
        {list.items.length > 1 && (
          <div className="row">
            <span className="muted small" role="status">
              {picked.length > 0 && t("runs.chosen", { n: picked.length })}
            </span>
            <button
              className={picked.length === 2 ? "primary" : ""}
              disabled={picked.length !== 2}
              onClick={() => navigate(`/compare?a=${picked[0] ?? ""}&b=${picked[1] ?? ""}`)}
            >
              {t("runs.compare")}
            </button>
          </div>
        )}
      </div>
      {(filtered || !none) && <Filters total={list.total} />}
      {list.error !== undefined && <Failure error={list.error} retry={list.reload} />}
      {list.loading && list.items.length === 0 && <Loading />}
      {none && (
        <div className="empty">
          <p>{t(filtered ? "runs.noMatch" : "runs.empty")}</p>
          {!filtered && (
            <p>
              <Link className="button" to="/operations">
                {t("runs.start")}
              </Link>
            </p>
          )}
        </div>
      )}
      {list.items.length > 0 && (
        <div className="list-table">
          <table>
            <thead>
              <tr>
                <th>
                  <span className="hidden">{t("compare.title")}</span>
                </th>
                <th scope="col">{t("run.name")}</th>
                <th scope="col">{t("runs.state")}</th>
                <th scope="col" className="num">
                  {t("runs.took")}
                </th>
                <th scope="col">{t("runs.started")}</th>
              </tr>
            </thead>
            <tbody>
              {list.items.map((r) => (
                <Row key={r.id} run={r} picked={picked.includes(r.id)} toggle={(on) => toggle(r.id, on)} />
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
