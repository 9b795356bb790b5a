import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { urls } from "../../api/client";
import type { Artifact } from "../../api/types";
import { Loading } from "../../components/Failure";
import { Glyph } from "../../components/Icon";
import { useT } from "../../i18n";
import { percent } from "../../i18n/format";
import { ColumnSummary } from "./ColumnSummary";
import { OPERATORS, type Condition, type Operator } from "./query";
import { useTable, type Row } from "./useTable";
import "./table.css";

const Plot = lazy(() => import("./PlotViewer"));
const ROW = 28;
/** Browsers stop at some 30 million pixels; taller tables are scrolled in proportion. */
const TALLEST = 8_000_000;
const MOST_COPIED = 10_000;

/** A condition on a column, before it is added. */
function AddCondition({ columns, add }: { columns: string[]; add: (c: Condition) => void }) {
  const t = useT();
  const [column, setColumn] = useState(0);
  const [operator, setOperator] = useState<Operator>("contains");
  const [value, setValue] = useState("");
  return (
    <form className="row condition" onSubmit={(e) => { e.preventDefault(); if (value !== "") add({ column, operator, value }); setValue(""); }}>
      <select aria-label={t("table.column")} value={column} onChange={(e) => setColumn(Number(e.target.value))}>{columns.map((c, i) => <option key={i} value={i}>{c}</option>)}</select>
      <select aria-label={t("table.operator")} value={operator} onChange={(e) => setOperator(e.target.value as Operator)}>{OPERATORS.map((o) => <option key={o} value={o}>{o === "contains" ? t("table.contains") : o}</option>)}</select>
      <input aria-label={t("table.value")} value={value} onChange={(e) => setValue(e.target.value)} />
      <button>{t("table.addCondition")}</button>
    </form>
  );
}

export default function TableViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const { table, failed, ask } = useTable(urls.content(artifact.id));
  const [mode, setMode] = useState<"table" | "plot" | "summary">("table");
  const [find, setFind] = useState("");
  const [conditions, setConditions] = useState<Condition[]>([]);
  const [sort, setSort] = useState<{ column: number; down: boolean }>();
  const [found, setFound] = useState<{ n: number; turn: number }>();
  const [rows, setRows] = useState<{ from: number; rows: Row[] }>({ from: 0, rows: [] });
  const [busy, setBusy] = useState(false);
  const [copied, setCopied] = useState(0);
  const [top, setTop] = useState(0);
  const view = useRef<HTMLDivElement>(null);
  const asked = find !== "" || conditions.length > 0 || sort !== undefined;
  const count = asked ? found?.n ?? 0 : table?.rows ?? 0;
  const height = Math.min(TALLEST, count * ROW);
  const shown = Math.ceil((view.current?.clientHeight ?? 640) / ROW) + 1;
  const scale = height < count * ROW ? (count - shown + 2) / Math.max(1, height - shown * ROW) : 1 / ROW;
  const first = Math.max(0, Math.min(count - 1, Math.floor(top * scale)));
  const complete = table?.complete === true;

  useEffect(() => {
    if (!complete) return;
    let current = true;
    const timer = setTimeout(() => {
      setBusy(true);
      void ask<number>({ type: "query", query: { find, conditions, sort } }).then((n) => {
        if (!current) return;
        setFound((f) => ({ n, turn: (f?.turn ?? 0) + 1 }));
        setBusy(false);
      });
    }, find ? 200 : 0);
    return () => { current = false; clearTimeout(timer); };
  }, [complete, find, conditions, sort, ask]);
  // Rows that fill the view do not change while the rest of the file comes in.
  const enough = Math.min(table?.rows ?? 0, first + shown + 20);
  useEffect(() => {
    if (enough === 0 || mode !== "table") return;
    let current = true;
    const from = Math.max(0, first - 20);
    void ask<Row[]>({ type: "rows", from, to: first + shown + 20 }).then((r) => current && setRows({ from, rows: r }));
    return () => { current = false; };
  }, [enough, first, shown, found?.turn, mode, ask]);

  if (failed !== undefined) return <p className="note bad">{t("error.viewer", { why: failed })}</p>;
  if (!table) return <p className="muted" role="status">{t("common.loading")}</p>;
  if (table.complete && table.columns.length === 0) return <p className="note">{t("table.empty")}</p>;
  const { numeric } = table;
  const widths = table.columns.map((c, i) => {
    const longest = table.sample.reduce((m, r) => Math.max(m, (r[i] ?? "").length), c.length + 3);
    return Math.min(360, Math.max(70, longest * 7.6 + 26));
  });
  const next = (i: number) => setSort(sort?.column !== i ? { column: i, down: false } : sort.down ? undefined : { column: i, down: true });
  const offset = scale === 1 / ROW ? (i: number) => i * ROW : (i: number) => top + (i - first) * ROW;
  const copy = async () => {
    await navigator.clipboard.writeText(await ask<string>({ type: "copy", most: MOST_COPIED }));
    setCopied(Math.min(count, MOST_COPIED));
  };
  const state = !table.complete ? t("table.arriving", { n: table.rows, percent: percent(table.share) }) : busy ? t("table.working") : asked ? t("table.found", { n: count, m: table.rows }) : t("table.rows", { n: table.rows, m: table.columns.length });
  return (
    <div className="viewer">
      <div className="viewer-tools">
        <span className="seg" role="group" aria-label={t("common.view")}>{(["table", "summary", "plot"] as const).map((m) => <button key={m} aria-pressed={mode === m} onClick={() => setMode(m)}>{t(`table.${m}`)}</button>)}</span>
        <input type="search" aria-label={t("table.filter")} placeholder={t("table.filter")} value={find} disabled={!complete} onChange={(e) => setFind(e.target.value)} />
        <AddCondition columns={table.columns} add={(c) => setConditions([...conditions, c])} />
        <span className="grow" />
        <button className="quiet" disabled={!complete} onClick={() => void copy().catch(() => setCopied(-1))}>{t("table.copy")}</button>
        <span className="muted small" role="status">{state}</span>
      </div>
      {(conditions.length > 0 || copied !== 0) && (
        <div className="viewer-tools">
          {conditions.map((c, i) => <span key={i} className="tag">{table.columns[c.column]} {c.operator === "contains" ? t("table.contains") : c.operator} {c.value}
            <button aria-label={t("table.removeCondition", { n: i + 1 })} onClick={() => setConditions(conditions.filter((_, k) => k !== i))}><Glyph name="close" /></button></span>)}
          {copied !== 0 && <span className="small muted" role="status">{copied < 0 ? t("table.notCopied") : t("table.copied", { n: copied })}</span>}
        </div>
      )}
      {mode === "plot" && <Suspense fallback={<Loading />}><Plot columns={table.columns} numeric={numeric} rows={count} ask={ask} turn={found?.turn ?? 0} /></Suspense>}
      {mode === "summary" && <ColumnSummary columns={table.columns} ask={ask} turn={found?.turn ?? 0} />}
      {mode === "table" && (
        <div className="grid-view" ref={view} tabIndex={0} role="table" aria-label={artifact.name} aria-rowcount={count + 1} aria-colcount={table.columns.length + 1} onScroll={(e) => setTop(e.currentTarget.scrollTop)}>
          <div role="rowgroup" className="grid-head">
            <div role="row" className="grid-head-row">
              <span className="grid-index" role="columnheader"><span className="hidden">#</span></span>
              {table.columns.map((c, i) => (
                <span key={i} role="columnheader" aria-sort={sort?.column === i ? (sort.down ? "descending" : "ascending") : "none"}>
                  <button style={{ width: widths[i], justifyContent: numeric[i] ? "flex-end" : undefined }} title={t("table.sort", { column: c })} disabled={!complete} onClick={() => next(i)}><span>{c}</span><span aria-hidden="true">{sort?.column === i ? (sort.down ? "↓" : "↑") : ""}</span></button>
                </span>
              ))}
            </div>
          </div>
          <div className="inner" role="rowgroup" style={{ height, width: widths.reduce((a, b) => a + b, 76) }}>
            {rows.rows.map((r, k) => (
              <div key={rows.from + k} className="grid-row" role="row" aria-rowindex={rows.from + k + 2} style={{ top: offset(rows.from + k) }}>
                <span className="grid-index" role="rowheader">{r.index + 1}</span>
                {table.columns.map((_, i) => <span key={i} role="cell" className={numeric[i] ? "grid-cell num" : "grid-cell"} style={{ width: widths[i] }}>{r.cells[i]}</span>)}
              </div>
            ))}
          </div>
        </div>
      )}
    </div>
  );
}
