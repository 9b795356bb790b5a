import { useState } from "react";
import { api } from "../api/client";
import { useEvents } from "../api/events";
import { useArtifact, useCatalogue } from "../api/load";
import { usePages } from "../api/pages";
import type { RunState as State } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { Glyph } from "../components/Icon";
import { useTitle } from "../components/useTitle";
import { useT } from "../i18n";
import { Link, navigate, setQuery, useQuery } from "../router";
import { RunRows } from "./RunRows";

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

function CompareButton({ picked }: { picked: string[] }) {
  const t = useT();
  return (
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
        {list.items.length > 1 && <CompareButton picked={picked} />}
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
      {list.items.length > 0 && <RunRows items={list.items} picked={picked} toggle={toggle} />}
      {list.more && (
        <p className="more">
          <button onClick={list.more}>{t("common.more")}</button>
        </p>
      )}
    </>
  );
}
