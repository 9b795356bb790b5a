const QUOTE = 34, LINE = 10, RETURN = 13;

/**
 * A delimited table kept as bytes, with the place where each row begins: a million rows cost little more than
 * the file. Bytes are added as they come; rows that are complete can be read at once.
 */
export class Csv {
  columns: string[] = [];
  rows = 0;
  private data: Uint8Array;
  private length = 0;
  private scanned = 0;
  private quoted = false;
  private starts = new Uint32Array(1 << 16);
  private ends = 0;
  private delimiter = 44;
  private readonly decoder = new TextDecoder();

  constructor(expected: number) {
    this.data = new Uint8Array(Math.max(1 << 16, expected));
  }

  append(part: Uint8Array): void {
    if (this.length + part.length > this.data.length) {
      const larger = new Uint8Array(Math.max(this.data.length * 2, this.length + part.length));
      larger.set(this.data.subarray(0, this.length));
      this.data = larger;
    }
    this.data.set(part, this.length);
    this.length += part.length;
    this.scan();
  }

  finish(): void {
    if (this.length > 0 && this.data[this.length - 1] !== LINE) this.append(new Uint8Array([LINE]));
  }

  private push(at: number): void {
    if (this.ends === this.starts.length) {
      const larger = new Uint32Array(this.ends * 2);
      larger.set(this.starts);
      this.starts = larger;
    }
    this.starts[this.ends++] = at;
  }

  /** Finds the ends of rows in what is new; a line break inside quotes is none. */
  private scan(): void {
    const { data, length } = this;
    if (this.ends === 0 && length >= 3) this.push(data[0] === 0xef && data[1] === 0xbb ? 3 : 0);
    let quoted = this.quoted;
    for (let i = this.scanned; i < length; i++) {
      const c = data[i];
      if (c === QUOTE) quoted = !quoted;
      else if (c === LINE && !quoted && this.ends > 0) {
        const begin = this.starts[this.ends - 1] ?? 0;
        // Empty lines are passed over by moving the beginning of the next row.
        if (i === begin || (i === begin + 1 && data[begin] === RETURN)) this.starts[this.ends - 1] = i + 1;
        else this.push(i + 1);
      }
    }
    this.scanned = length;
    this.quoted = quoted;
    if (this.columns.length === 0 && this.ends > 1) this.head();
    this.rows = Math.max(0, this.ends - 2);
  }

  private head(): void {
    const text = this.decoder.decode(this.data.subarray(this.starts[0], this.starts[1]));
    const count = (x: string) => text.split(x).length;
    this.delimiter = ["\t", ";", "|", ","].reduce((best, x) => (count(x) > count(best) ? x : best), ",").charCodeAt(0);
    this.columns = this.cells(this.starts[0] ?? 0, this.starts[1] ?? 0);
  }

  private cells(from: number, to: number): string[] {
    const text = this.decoder.decode(this.data.subarray(from, to)).replace(/[\r\n]+$/, ""), mark = String.fromCharCode(this.delimiter);
    if (!text.includes('"')) return text.split(mark);
    const cells: string[] = [];
    let cell = "", quoted = false;
    for (let i = 0; i < text.length; i++) {
      const c = text[i] ?? "";
      if (c === '"') {
        if (quoted && text[i + 1] === '"') { cell += c; i++; } else quoted = !quoted;
      } else if (c === mark && !quoted) {
        cells.push(cell);
        cell = "";
      } else cell += c;
    }
    return [...cells, cell];
  }

  row(r: number): string[] {
    return this.cells(this.starts[r + 1] ?? 0, this.starts[r + 2] ?? 0);
  }

  /** Where cell `c` of row `r` lies, quotes included. */
  private span(r: number, c: number): [number, number] {
    const { data, delimiter } = this, end = this.starts[r + 2] ?? 0;
    let i = this.starts[r + 1] ?? 0, left = c, quoted = false;
    for (; i < end && left > 0; i++) {
      const b = data[i];
      if (b === QUOTE) quoted = !quoted;
      else if (b === delimiter && !quoted) left--;
    }
    const begin = i;
    for (; i < end; i++) {
      const b = data[i];
      if (b === QUOTE) quoted = !quoted;
      else if (!quoted && (b === delimiter || b === LINE || b === RETURN)) break;
    }
    return [begin, i];
  }

  text(r: number, c: number): string {
    const [from, to] = this.span(r, c);
    const text = this.decoder.decode(this.data.subarray(from, to));
    return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
  }

  /** Missing and text are NaN. Digits are read from the bytes: a million of them take a tenth of a second. */
  number(r: number, c: number): number {
    const [from, to] = this.span(r, c), { data } = this;
    let i = from, sign = 1, value = 0, digits = 0, scale = 1;
    if (data[i] === 45) { sign = -1; i++; }
    for (; i < to; i++) {
      const d = (data[i] ?? 0) - 48;
      if (d < 0 || d > 9) break;
      value = value * 10 + d;
      digits++;
    }
    if (data[i] === 46) {
      for (i++; i < to; i++) {
        const d = (data[i] ?? 0) - 48;
        if (d < 0 || d > 9) break;
        value = value * 10 + d;
        scale *= 10;
        digits++;
      }
    }
    // Up to 15 digits this is exact; the rest, and whatever is no plain number, goes the long way.
    if (i === to && digits > 0 && digits <= 15) return (sign * value) / scale;
    if (from === to) return NaN;
    const text = this.text(r, c).trim();
    return text === "" ? NaN : Number(text);
  }

  /** Whether the row holds the text; `want` is in lower case. Plain letters are compared byte by byte. */
  holds(r: number, want: Uint8Array, text: string): boolean {
    const from = this.starts[r + 1] ?? 0, to = this.starts[r + 2] ?? 0, { data } = this, n = want.length;
    if (n !== text.length) return this.decoder.decode(data.subarray(from, to)).toLowerCase().includes(text);
    for (let i = from; i + n <= to; i++) {
      let k = 0;
      for (; k < n; k++) {
        let b = data[i + k] ?? 0;
        if (b > 64 && b < 91) b += 32;
        if (b !== want[k]) break;
      }
      if (k === n) return true;
    }
    return false;
  }
}
