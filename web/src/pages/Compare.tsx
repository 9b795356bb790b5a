import { useId } from "react";
import { api } from "../api/client";
import { useLoad } from "../api/load";
import type { Run } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { Card, RunState, runSeconds } from "../components/Parts";
import { useTitle } from "../components/useTitle";
import { useT } from "../i18n";
import { useTime } from "../i18n/format";
import { Link, setQuery, useQuery } from "../router";
import { Differences, Measures, SideBySide } from "./CompareParts";

function Choose({
  label,
  value,
  set,
  runs,
}: {
  label: string;
  value: string;
  set: (id: string) => void;
  runs: Run[];
}) {
  const t = useT();
  const time = useTime();
  const id = useId();
  return (
    <div className="grow">
      <label htmlFor={id} className="small muted">
        {label}
      </label>
      <select id={id} className="full" value={value} onChange={(e) => set(e.target.value)}>
        <option value="">{t("pick.choose")}</option>
        {value && !runs.some((r) => r.id === value) && <option value={value}>{value}</option>}
        {runs.map((r) => (
          <option key={r.id} value={r.id}>
            {r.title ? `${r.title} (${r.operation})` : r.operation} · {time(r.created)}
          </option>
        ))}
      </select>
    </div>
  );
}

function Heads({ runs }: { runs: [Run, Run] }) {
  return (
    <div className="row pair">
      {runs.map((r, i) => (
        <div key={i} className="card compare-head">
          <span className="letter" aria-hidden="true">
            {i ? "B" : "A"}
          </span>
          <div>
            <Link to={`/runs/${r.id}`}>{r.title || r.operation}</Link>{" "}
            <span className="muted">{runSeconds(r)}</span>
            <div>
              <RunState run={r} />
            </div>
          </div>
        </div>
      ))}
    </div>
  );
}

export function ComparePage() {
  const t = useT();
  useTitle(t("compare.title"));
  const query = useQuery();
  const [ida, idb] = [query.get("a") ?? "", query.get("b") ?? ""];
  const list = useLoad("compare runs", () => api.runs({ limit: 200 }));
  const a = useLoad(ida ? `run ${ida}` : null, () => api.runById(ida));
  const b = useLoad(idb ? `run ${idb}` : null, () => api.runById(idb));
  // Runs of one operation are what one usually wants to set against each other, so they come first.
  const runs = [...(list.data?.items ?? [])].sort(
    (x, y) => Number(y.operation === a.data?.operation) - Number(x.operation === a.data?.operation),
  );
  const error = a.error ?? b.error ?? list.error;
  const both: [Run, Run] | undefined = a.data && b.data && [a.data, b.data];
  return (
    <>
      <div className="page-head">
        <h1>{t("compare.title")}</h1>
        {both && <button onClick={() => setQuery({ a: idb, b: ida })}>{t("compare.swap")}</button>}
      </div>
      <div className="row pair chooser">
        <Choose
          label={t("compare.left")}
          value={ida}
          set={(x) => setQuery({ a: x })}
          runs={list.data?.items ?? []}
        />
        <Choose label={t("compare.right")} value={idb} set={(x) => setQuery({ b: x })} runs={runs} />
      </div>
      {error !== undefined && <Failure error={error} />}
      {!(ida && idb) && (
        <p className="empty">
          {t(list.data && list.data.items.length < 2 ? "compare.few" : "compare.choose")}
        </p>
      )}
      {ida && idb && error === undefined && !both && <Loading />}
      {both && (
        <div className="stack">
          <Heads runs={both} />
          {both[0].operation !== both[1].operation && <p className="note warn">{t("compare.unequal")}</p>}
          <Card title={t("compare.differ")} flush>
            <Differences a={both[0]} b={both[1]} />
          </Card>
          <Measures a={both[0]} b={both[1]} />
          <SideBySide a={both[0]} b={both[1]} />
        </div>
      )}
    </>
  );
}
