import { useState } from "react";
import { api } from "../api/client";
import { useEvents } from "../api/events";
import { usePages } from "../api/pages";
import { isActive, type RunState as State } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { Bar, RunState, runSeconds } from "../components/Parts";
import { useT } from "../i18n";
import { useTime } from "../i18n/format";
import { Link, navigate, setQuery, useQuery } from "../router";

const states: readonly State[] = ["queued", "running", "succeeded", "failed", "cancelled"];

export function RunsPage() {
  const t = useT();
  const time = useTime();
  const query = useQuery();
  const [state, operation, artifact] = [query.get("state") ?? "", query.get("operation") ?? "", query.get("artifact") ?? ""];
  const [picked, setPicked] = useState<string[]>([]);
  const list = usePages(`runs ${state} ${operation} ${artifact}`, (cursor) => api.runs({ state, operation, artifact, cursor, limit: 50 }));
  useEvents({
    run: (r) => (list.items.some((x) => x.id === r.id) && !state ? list.change((all) => all.map((x) => (x.id === r.id ? r : x))) : list.reload()),
    progress: (p) => list.change((all) => all.map((x) => (x.id === p.run ? { ...x, progress: p.progress, stage: p.stage } : x))),
    deleted: (d) => d.kind === "run" && list.reload(),
    resync: list.reload,
  });
  const toggle = (id: string, on: boolean) => setPicked((all) => (on ? [...all.slice(-1), id] : all.filter((x) => x !== id)));
  return (
    <>
      <div className="page-head">
        <div><h1>{t("runs.title")}</h1><p className="sub">{t("runs.pickTwo")}</p></div>
        <button disabled={picked.length !== 2} onClick={() => navigate(`/compare?a=${picked[0] ?? ""}&b=${picked[1] ?? ""}`)}>{t("runs.compare")}</button>
      </div>
      <div className="toolbar">
        <label>{t("runs.state")}
          <select value={state} onChange={(e) => setQuery({ state: e.target.value })}>
            <option value="">{t("common.all")}</option>
            {states.map((s) => <option key={s} value={s}>{t(`run.${s}`)}</option>)}
          </select>
        </label>
        {(operation || artifact) && <button className="quiet" onClick={() => setQuery({ operation: "", artifact: "" })}>{operation || artifact} ×</button>}
        <span className="grow" /><span className="muted small">{list.total !== undefined && t("common.total", { n: list.total })}</span>
      </div>
      {list.error !== undefined && <Failure error={list.error} retry={list.reload} />}
      {list.loading && list.items.length === 0 && <Loading />}
      {!list.loading && list.error === undefined && list.items.length === 0 && <p className="empty">{t("runs.empty")}</p>}
      {list.items.length > 0 && (
        <div className="list-table"><table>
          <thead><tr><th><span className="hidden">{t("compare.title")}</span></th><th scope="col">{t("runs.operation")}</th><th scope="col">{t("runs.state")}</th><th scope="col">{t("runs.progress")}</th><th scope="col" className="num">{t("runs.took")}</th><th scope="col">{t("runs.started")}</th></tr></thead>
          <tbody>{list.items.map((r) => (
            <tr key={r.id}>
              <td style={{ width: 36 }}><input type="checkbox" aria-label={t("runs.select", { name: r.title || r.operation })} checked={picked.includes(r.id)} onChange={(e) => toggle(r.id, e.target.checked)} /></td>
              <td><Link to={`/runs/${r.id}`}>{r.title || r.operation}</Link>{r.title && <div className="small muted mono">{r.operation}</div>}</td>
              <td><RunState run={r} />{r.warnings.length > 0 && <span className="badge" style={{ marginLeft: 8 }}>{t("run.warnings")}: {r.warnings.length}</span>}</td>
              <td style={{ width: "26%" }}>{isActive(r) ? <><Bar value={r.progress} label={t("runs.progress")} /><span className="small muted">{r.stage}</span></> : r.error && <span className="small field-error">{r.error.detail}</span>}</td>
              <td className="num">{runSeconds(r)}</td>
              <td className="muted nowrap">{time(r.created)}</td>
            </tr>
          ))}</tbody>
        </table></div>
      )}
      {list.more && <p style={{ marginTop: 12 }}><button onClick={list.more}>{t("common.more")}</button></p>}
    </>
  );
}
