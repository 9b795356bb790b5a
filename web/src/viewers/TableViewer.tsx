import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { urls } from "../api/client";
import type { Artifact } from "../api/types";
import { Loading } from "../components/Failure";
import { useT } from "../i18n";
import { percent } from "../i18n/format";
import { useTable, type Row } from "./useTable";

const Plot = lazy(() => import("./PlotViewer"));
const ROW = 28;
/** Browsers stop at some 30 million pixels; taller tables are scrolled in proportion. */
const TALLEST = 8_000_000;

export default function TableViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const { table, share, failed, ask } = useTable(urls.content(artifact.id));
  const [plot, setPlot] = useState(false);
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState<{ column: number; down: boolean }>();
  const [found, setFound] = useState<{ n: number; turn: number }>();
  const [rows, setRows] = useState<{ from: number; rows: Row[] }>({ from: 0, rows: [] });
  const [top, setTop] = useState(0);
  const view = useRef<HTMLDivElement>(null);
  const count = found?.n ?? table?.rows ?? 0;
  const height = Math.min(TALLEST, count * ROW);
  const shown = Math.ceil((view.current?.clientHeight ?? 640) / ROW) + 1;
  const scale = height < count * ROW ? (count - shown + 2) / Math.max(1, height - shown * ROW) : 1 / ROW;
  const first = Math.max(0, Math.min(count - 1, Math.floor(top * scale)));

  useEffect(() => {
    if (!table) return;
    let current = true;
    const timer = setTimeout(() => {
      void ask<number>({ type: "order", filter, sort }).then((n) => current && setFound((f) => ({ n, turn: (f?.turn ?? 0) + 1 })));
    }, 200);
    return () => { current = false; clearTimeout(timer); };
  }, [table, filter, sort, ask]);
  useEffect(() => {
    if (!table) return;
    let current = true;
    const from = Math.max(0, first - 20);
    void ask<Row[]>({ type: "rows", from, to: first + shown + 20 }).then((r) => current && setRows({ from, rows: r }));
    return () => { current = false; };
  }, [table, first, shown, found?.turn, ask]);

  if (failed !== undefined) return <p className="note bad">{t("error.viewer", { why: failed })}</p>;
  if (!table) return <p className="muted" role="status">{t("table.parsing", { percent: percent(share) })}</p>;
  const widths = table.columns.map((c, i) => {
    const longest = table.sample.reduce((m, r) => Math.max(m, (r[i] ?? "").length), c.length + 3);
    return Math.min(360, Math.max(70, longest * 7.6 + 26));
  });
  const numeric = table.columns.map((_, i) => table.sample.length > 0 && table.sample.every((r) => (r[i] ?? "") === "" || Number.isFinite(Number(r[i]))));
  const next = (i: number) => setSort(sort?.column !== i ? { column: i, down: false } : sort.down ? undefined : { column: i, down: true });
  const offset = scale === 1 / ROW ? (i: number) => i * ROW : (i: number) => top + (i - first) * ROW;
  return (
    <div className="viewer">
      <div className="viewer-tools">
        <span className="seg" role="group" aria-label={t("common.view")}><button aria-pressed={!plot} onClick={() => setPlot(false)}>{t("table.table")}</button><button aria-pressed={plot} onClick={() => setPlot(true)}>{t("table.plot")}</button></span>
        <input type="search" aria-label={t("table.filter")} placeholder={t("table.filter")} value={filter} onChange={(e) => setFilter(e.target.value)} />
        <span className="grow" />
        <span className="muted small" aria-live="polite">{filter ? t("table.found", { n: count, m: table.rows }) : t("table.rows", { n: table.rows, m: table.columns.length })}</span>
      </div>
      {plot ? <Suspense fallback={<Loading />}><Plot columns={table.columns} numeric={numeric} rows={count} ask={ask} turn={found?.turn ?? 0} /></Suspense> : (
        <div className="grid-view" ref={view} tabIndex={0} role="table" aria-label={artifact.name} aria-rowcount={count + 1} aria-colcount={table.columns.length} onScroll={(e) => setTop(e.currentTarget.scrollTop)}>
          <div className="grid-head" role="row">
            <span className="grid-index" role="columnheader"><span className="hidden">#</span></span>
            {table.columns.map((c, i) => (
              <span key={i} role="columnheader" aria-sort={sort?.column === i ? (sort.down ? "descending" : "ascending") : "none"}>
                <button style={{ width: widths[i] }} title={t("table.sort", { column: c })} onClick={() => next(i)}><span>{c}</span><span aria-hidden="true">{sort?.column === i ? (sort.down ? "↓" : "↑") : ""}</span></button>
              </span>
            ))}
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
