import type { Csv } from "./csv";

export const OPERATORS = ["contains", "=", "≠", "<", "≤", "≥", ">"] as const;
export type Operator = (typeof OPERATORS)[number];
export interface Condition { column: number; operator: Operator; value: string }
export interface Query { find: string; conditions: Condition[]; sort: { column: number; down: boolean } | undefined }
export interface Summary {
  rows: number; missing: number; distinct: number;
  numbers?: { min: number; median: number; mean: number; max: number; deviation: number };
  common?: { value: string; count: number }[];
}

const MISSING = new Set(["", "na", "n/a", "nan", "null"]);
export const isMissing = (text: string): boolean => MISSING.has(text.trim().toLowerCase());

/** A column is of numbers when all it holds is numbers, or missing, in a sample over the whole table. */
export function isNumeric(t: Csv, column: number): boolean {
  const step = Math.max(1, Math.floor(t.rows / 400));
  let some = false;
  for (let r = 0; r < t.rows; r += step) {
    if (!Number.isNaN(t.number(r, column))) some = true;
    else if (!isMissing(t.text(r, column))) return false;
  }
  return some;
}

function test(t: Csv, { column, operator, value }: Condition): (r: number) => boolean {
  const wanted = Number(value), low = value.toLowerCase();
  if (operator === "contains") return (r) => t.text(r, column).toLowerCase().includes(low);
  const asNumber = value.trim() !== "" && !Number.isNaN(wanted);
  const equal = asNumber ? (r: number) => t.number(r, column) === wanted : (r: number) => t.text(r, column) === value;
  switch (operator) {
    case "=": return equal;
    case "≠": return (r) => !equal(r);
    case "<": return (r) => t.number(r, column) < wanted;
    case "≤": return (r) => t.number(r, column) <= wanted;
    case "≥": return (r) => t.number(r, column) >= wanted;
    case ">": return (r) => t.number(r, column) > wanted;
  }
}

/** Rows that the query leaves, in its order; undefined for all rows as they stand. */
export function run(t: Csv, q: Query): Uint32Array | undefined {
  if (!q.find && q.conditions.length === 0 && !q.sort) return undefined;
  const find = q.find.toLowerCase(), want = new TextEncoder().encode(find), tests = q.conditions.map((c) => test(t, c));
  const found = new Uint32Array(t.rows);
  let n = 0;
  for (let r = 0; r < t.rows; r++) if ((!find || t.holds(r, want, find)) && tests.every((x) => x(r))) found[n++] = r;
  const rows = found.subarray(0, n);
  if (!q.sort) return rows;
  const { column, down } = q.sort, keys = isNumeric(t, column) ? Float64Array.from(rows, (r) => t.number(r, column)) : ranks(t, rows, column);
  const sign = down ? -1 : 1, index = Uint32Array.from(rows, (_, i) => i);
  index.sort((a, b) => {
    const x = keys[a] ?? NaN, y = keys[b] ?? NaN;
    // What is missing stands at the end either way.
    if (x !== x || y !== y) return x === y ? a - b : x !== x ? (y !== y ? a - b : 1) : -1;
    return sign * (x - y) || a - b;
  });
  return index.map((i) => rows[i] ?? 0);
}

/** Texts by their place in the order of all different texts, so that sorting compares numbers. */
function ranks(t: Csv, rows: Uint32Array, column: number): Float64Array {
  const codes = new Map<string, number>(), keys = Float64Array.from(rows, (r) => {
    const text = t.text(r, column), code = codes.get(text);
    if (code !== undefined) return code;
    codes.set(text, codes.size);
    return codes.size - 1;
  });
  const place = new Float64Array(codes.size);
  [...codes.keys()].sort().forEach((text, i) => (place[codes.get(text) ?? 0] = isMissing(text) ? NaN : i));
  return keys.map((k) => place[k] ?? NaN);
}

export function summary(t: Csv, rows: number, at: (i: number) => number, column: number): Summary {
  if (!isNumeric(t, column)) {
    const counts = new Map<string, number>();
    let missing = 0;
    for (let i = 0; i < rows; i++) {
      const text = t.text(at(i), column);
      if (isMissing(text)) missing++;
      else counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    const common = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 5).map(([value, count]) => ({ value, count }));
    return { rows, missing, distinct: counts.size, common };
  }
  const all = new Float64Array(rows);
  let n = 0;
  for (let i = 0; i < rows; i++) {
    const v = t.number(at(i), column);
    if (!Number.isNaN(v)) all[n++] = v;
  }
  const v = all.subarray(0, n).sort();
  let sum = 0, distinct = 0;
  for (let i = 0; i < n; i++) {
    sum += v[i] ?? 0;
    if (i === 0 || v[i] !== v[i - 1]) distinct++;
  }
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((v[i] ?? 0) - mean) ** 2;
  const median = ((v[(n - 1) >> 1] ?? NaN) + (v[n >> 1] ?? NaN)) / 2;
  return { rows, missing: rows - n, distinct, numbers: { min: v[0] ?? NaN, median, mean, max: v[n - 1] ?? NaN, deviation: Math.sqrt(squares / Math.max(1, n - 1)) } };
}
