import { Csv } from "./csv";
import { plot, type PlotType } from "./plot";
import { isNumeric, run, summary, type Query } from "./query";

export type Ask =
  | { type: "load"; url: string }
  | { type: "rows"; id: number; from: number; to: number }
  | { type: "query"; id: number; query: Query }
  | { type: "summary"; id: number; column: number }
  | { type: "copy"; id: number; most: number }
  | { type: "plot"; id: number; form: PlotType; x: number; y: number; numeric: [boolean, boolean] };
export interface Shape { columns: string[]; rows: number; sample: string[][]; numeric: boolean[]; complete: boolean; share: number }
export type Tell = { type: "shape"; shape: Shape } | { type: "answer"; id: number; value: unknown } | { type: "failed"; id?: number; reason: string };

const scope = self as unknown as { postMessage: (m: Tell) => void; onmessage: (e: MessageEvent<Ask>) => void };
const TELL_EVERY_MS = 250;
let table: Csv | undefined;
let order: Uint32Array | undefined;
const failed = (e: unknown, id?: number) => scope.postMessage({ type: "failed", ...(id === undefined ? {} : { id }), reason: e instanceof Error ? e.message : String(e) });

function tell(t: Csv, complete: boolean, share: number): void {
  const sample = Array.from({ length: Math.min(50, t.rows) }, (_, i) => t.row(i));
  scope.postMessage({ type: "shape", shape: { columns: t.columns, rows: t.rows, sample, numeric: t.columns.map((_, i) => isNumeric(t, i)), complete, share } });
}

async function load(url: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
  const total = Number(response.headers.get("content-length")) || 0, reader = response.body.getReader();
  const t = (table = new Csv(total + 1));
  let told = 0, have = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    t.append(value);
    have += value.length;
    // The first rows are to be seen while the rest is on its way.
    if (t.rows > 100 && performance.now() - told > TELL_EVERY_MS) {
      tell(t, false, total ? have / total : 0);
      told = performance.now();
    }
  }
  t.finish();
  tell(t, true, 1);
}

const quoted = (cell: string) => (/[\t\n"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

function answer(ask: Exclude<Ask, { type: "load" }>, t: Csv): unknown {
  const count = order?.length ?? t.rows, at = (i: number) => (order ? order[i] ?? 0 : i);
  switch (ask.type) {
    case "rows": {
      const rows: { index: number; cells: string[] }[] = [];
      for (let i = ask.from; i < Math.min(ask.to, count); i++) rows.push({ index: at(i), cells: t.row(at(i)) });
      return rows;
    }
    case "query":
      order = run(t, ask.query);
      return order?.length ?? t.rows;
    case "summary": return summary(t, count, at, ask.column);
    case "copy": return [t.columns, ...Array.from({ length: Math.min(ask.most, count) }, (_, i) => t.row(at(i)))].map((r) => r.map(quoted).join("\t")).join("\n");
    case "plot": return plot(t, count, at, ask.form, ask.x, ask.y, ask.numeric);
  }
}

scope.onmessage = ({ data: ask }) => {
  if (ask.type === "load") load(ask.url).catch((e: unknown) => failed(e));
  else if (table) {
    try {
      scope.postMessage({ type: "answer", id: ask.id, value: answer(ask, table) });
    } catch (e) {
      failed(e, ask.id);
    }
  }
};
