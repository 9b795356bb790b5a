import { Csv } from "./csv";

export type Ask =
  | { type: "load"; url: string }
  | { type: "rows"; id: number; from: number; to: number }
  | { type: "order"; id: number; filter: string; sort: { column: number; down: boolean } | undefined }
  | { type: "columns"; id: number; columns: number[]; limit: number };
export type Tell =
  | { type: "progress"; share: number }
  | { type: "ready"; columns: string[]; rows: number; sample: string[][] }
  | { type: "answer"; id: number; value: unknown }
  | { type: "failed"; reason: string };

const scope = self as unknown as { postMessage: (m: Tell) => void; onmessage: (e: MessageEvent<Ask>) => void };
let table: Csv | undefined;
let order: Uint32Array | undefined;

async function load(url: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  table = new Csv(new Uint8Array(await response.arrayBuffer()), (share) => scope.postMessage({ type: "progress", share }));
  const sample = Array.from({ length: Math.min(50, table.rows) }, (_, i) => table?.row(i) ?? []);
  scope.postMessage({ type: "ready", columns: table.columns, rows: table.rows, sample });
}

function answer(ask: Exclude<Ask, { type: "load" }>, t: Csv): unknown {
  const count = order?.length ?? t.rows;
  const at = (i: number) => (order ? order[i] ?? 0 : i);
  if (ask.type === "rows") {
    const rows: { index: number; cells: string[] }[] = [];
    for (let i = ask.from; i < Math.min(ask.to, count); i++) rows.push({ index: at(i), cells: t.row(at(i)) });
    return rows;
  }
  if (ask.type === "order") {
    order = ask.filter || ask.sort ? t.order(ask.filter, ask.sort) : undefined;
    return order?.length ?? t.rows;
  }
  const step = Math.max(1, Math.ceil(count / ask.limit));
  const picked: string[][] = [];
  for (let i = 0; i < count; i += step) {
    const row = t.row(at(i));
    picked.push(ask.columns.map((c) => row[c] ?? ""));
  }
  return picked;
}

scope.onmessage = ({ data: ask }) => {
  if (ask.type === "load") load(ask.url).catch((e: unknown) => scope.postMessage({ type: "failed", reason: e instanceof Error ? e.message : String(e) }));
  else if (table) scope.postMessage({ type: "answer", id: ask.id, value: answer(ask, table) });
};
