/** A delimited table kept as bytes, with the place where each row begins: a million rows cost little more than the file. */
export class Csv {
  readonly columns: string[];
  readonly rows: number;
  private readonly starts: Uint32Array;
  private readonly decoder = new TextDecoder();
  private readonly delimiter: number;

  constructor(private readonly data: Uint8Array, progress: (share: number) => void = () => undefined) {
    const first = data[0] === 0xef && data[1] === 0xbb ? 3 : 0;
    let starts = new Uint32Array(1024), n = 0, quoted = false, begin = first;
    const push = (at: number) => {
      if (n === starts.length) {
        const larger = new Uint32Array(n * 2);
        larger.set(starts);
        starts = larger;
      }
      starts[n++] = at;
    };
    for (let i = first; i < data.length; i++) {
      const c = data[i];
      if (c === 34) quoted = !quoted;
      else if (c === 10 && !quoted) {
        if (i > begin && !(i === begin + 1 && data[begin] === 13)) push(begin);
        begin = i + 1;
      }
      if ((i & 0xffffff) === 0) progress(i / data.length);
    }
    if (begin < data.length) push(begin);
    push(data.length);
    const head = this.decoder.decode(data.subarray(starts[0] ?? 0, starts[1] ?? data.length));
    const count = (x: string) => head.split(x).length;
    this.delimiter = ["\t", ";", ","].reduce((best, x) => (count(x) > count(best) ? x : best), ",").charCodeAt(0);
    this.starts = starts.subarray(0, n);
    this.columns = n > 1 ? this.split(head) : [];
    this.rows = Math.max(0, n - 2);
  }

  private split(line: string): string[] {
    const cells: string[] = [];
    const end = line.replace(/[\r\n]+$/, "").length;
    let cell = "", quoted = false;
    for (let i = 0; i < end; i++) {
      const c = line[i] ?? "";
      if (c === '"') {
        if (quoted && line[i + 1] === '"') { cell += c; i++; } else quoted = !quoted;
      } else if (line.charCodeAt(i) === this.delimiter && !quoted) {
        cells.push(cell);
        cell = "";
      } else cell += c;
    }
    cells.push(cell);
    return cells;
  }

  line(row: number): string {
    return this.decoder.decode(this.data.subarray(this.starts[row + 1], this.starts[row + 2]));
  }
  row(row: number): string[] {
    return this.split(this.line(row));
  }
  column(c: number, rows: Iterable<number>): string[] {
    const out: string[] = [];
    for (const r of rows) out.push(this.row(r)[c] ?? "");
    return out;
  }

  order(filter: string, sort: { column: number; down: boolean } | undefined): Uint32Array {
    const want = filter.toLowerCase();
    const found: number[] = [];
    for (let r = 0; r < this.rows; r++) if (!want || this.line(r).toLowerCase().includes(want)) found.push(r);
    if (!sort) return Uint32Array.from(found);
    const cells = this.column(sort.column, found);
    const numbers = Float64Array.from(cells, (x) => (x.trim() === "" ? NaN : Number(x)));
    const isNumeric = numbers.reduce((k, x) => k + (Number.isNaN(x) ? 0 : 1), 0) * 2 > cells.length;
    const index = Uint32Array.from(found, (_, i) => i);
    const sign = sort.down ? -1 : 1;
    index.sort((a, b) => {
      if (!isNumeric) return sign * ((cells[a] ?? "") < (cells[b] ?? "") ? -1 : (cells[a] ?? "") > (cells[b] ?? "") ? 1 : a - b);
      const x = numbers[a] ?? NaN, y = numbers[b] ?? NaN;
      // What is no number stands at the end either way.
      return Number.isNaN(x) ? (Number.isNaN(y) ? a - b : 1) : Number.isNaN(y) ? -1 : sign * (x - y) || a - b;
    });
    return index.map((i) => found[i] ?? 0);
  }
}
