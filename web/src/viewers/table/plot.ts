import type { Csv } from "./csv";

export type PlotType = "scatter" | "line" | "histogram";
/** Rows for Vega: the points themselves, or, where there are too many, what they come to in bins. */
export interface PlotData { form: "points" | "grid" | "band" | "bins" | "categories"; values: Record<string, number | string | null>[]; used: number }

const MOST_POINTS = 5000;
const COLUMNS = 120, ROWS = 72, BINS = 50, CATEGORIES = 40;

function extent(v: Float64Array): [number, number] {
  let low = Infinity, high = -Infinity;
  for (const x of v) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return high > low ? [low, high] : [low, low + 1];
}
const bin = (x: number, [low, high]: [number, number], n: number) => Math.min(n - 1, Math.floor(((x - low) / (high - low)) * n));
const edge = (k: number, [low, high]: [number, number], n: number) => low + (k / n) * (high - low);

function categories(t: Csv, rows: number, at: (i: number) => number, c: number): PlotData {
  const counts = new Map<string, number>();
  for (let i = 0; i < rows; i++) {
    const text = t.text(at(i), c);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return { form: "categories", values: [...counts].sort((a, b) => b[1] - a[1]).slice(0, CATEGORIES).map(([x, n]) => ({ x, n })), used: rows };
}

export function plot(t: Csv, rows: number, at: (i: number) => number, type: PlotType, cx: number, cy: number, numeric: [boolean, boolean]): PlotData {
  const column = (c: number) => Float64Array.from({ length: rows }, (_, i) => t.number(at(i), c));
  if (type === "histogram") {
    if (!numeric[0]) return categories(t, rows, at, cx);
    const all = column(cx), v = all.filter((x) => !Number.isNaN(x)), range = extent(v), n = new Uint32Array(BINS);
    for (const x of v) n[bin(x, range, BINS)]!++;
    return { form: "bins", values: Array.from(n, (count, k) => ({ x: edge(k, range, BINS), x2: edge(k + 1, range, BINS), n: count })), used: v.length };
  }
  if (rows <= MOST_POINTS || !numeric[0] || !numeric[1]) {
    const step = Math.max(1, Math.ceil(rows / MOST_POINTS)), values: PlotData["values"] = [];
    const cell = (r: number, c: number, n: boolean) => (n ? ((v) => (Number.isNaN(v) ? null : v))(t.number(r, c)) : t.text(r, c));
    for (let i = 0; i < rows; i += step) values.push({ x: cell(at(i), cx, numeric[0]), y: cell(at(i), cy, numeric[1]) });
    return { form: "points", values, used: values.length };
  }
  const x = column(cx), y = column(cy), rx = extent(x), ry = extent(y);
  return type === "line" ? band(x, y, rx) : grid(x, y, rx, ry);
}

/** How many points fall into each cell: what a cloud of a million points hides. */
function grid(x: Float64Array, y: Float64Array, rx: [number, number], ry: [number, number]): PlotData {
  const n = new Uint32Array(COLUMNS * ROWS);
  let used = 0;
  for (let i = 0; i < x.length; i++) {
    const a = x[i] ?? NaN, b = y[i] ?? NaN;
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    n[bin(b, ry, ROWS) * COLUMNS + bin(a, rx, COLUMNS)]!++;
    used++;
  }
  const values: PlotData["values"] = [];
  n.forEach((count, k) => {
    const i = k % COLUMNS, j = Math.floor(k / COLUMNS);
    if (count) values.push({ x: edge(i, rx, COLUMNS), x2: edge(i + 1, rx, COLUMNS), y: edge(j, ry, ROWS), y2: edge(j + 1, ry, ROWS), n: count });
  });
  return { form: "grid", values, used };
}

/** Lowest, mean and highest over each stretch of x. */
function band(x: Float64Array, y: Float64Array, rx: [number, number]): PlotData {
  const bins = 600, n = new Uint32Array(bins), sum = new Float64Array(bins), low = new Float64Array(bins).fill(Infinity), high = new Float64Array(bins).fill(-Infinity);
  let used = 0;
  for (let i = 0; i < x.length; i++) {
    const a = x[i] ?? NaN, b = y[i] ?? NaN;
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    const k = bin(a, rx, bins);
    n[k]!++;
    sum[k]! += b;
    low[k] = Math.min(low[k] ?? b, b);
    high[k] = Math.max(high[k] ?? b, b);
    used++;
  }
  const values: PlotData["values"] = [];
  n.forEach((count, k) => count && values.push({ x: edge(k + 0.5, rx, bins), y: (sum[k] ?? 0) / count, low: low[k] ?? null, high: high[k] ?? null }));
  return { form: "band", values, used };
}
