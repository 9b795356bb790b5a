/** Voxels as the file holds them, with what is needed to read one: value = slope · data[at] + intercept. */
export interface Voxels {
  size: [number, number, number];
  /** Time points, or channels, or components of vectors. */
  frames: number;
  vector: boolean;
  /** Red, green and blue in bytes: shown as they are. */
  colour: boolean;
  data: Numbers;
  voxelStride: number;
  frameStride: number;
  slope: number;
  intercept: number;
  /** Voxel index to mm LPS, three rows of four. */
  affine: Affine;
  /** Seconds between time points. */
  step: number | undefined;
  names: Map<number, string>;
}
export type Affine = readonly [number, number, number, number, number, number, number, number, number, number, number, number];
export type Numbers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;
export type Point = [number, number, number];

type Scalar = "i1" | "u1" | "i2" | "u2" | "i4" | "u4" | "i8" | "u8" | "f4" | "f8";

/** A typed view of the bytes; copied only where alignment or byte order asks. */
export function numbers(bytes: Uint8Array, type: Scalar, count: number, little: boolean): Numbers {
  const width = Number(type[1]), need = count * width;
  if (bytes.length < need) throw new Error(`${bytes.length} bytes of voxels, expected ${need}`);
  let part = bytes.subarray(0, need);
  if (!little && width > 1) {
    part = part.slice();
    for (let i = 0; i < need; i += width) part.subarray(i, i + width).reverse();
  } else if (part.byteOffset % width !== 0) part = part.slice();
  const { buffer, byteOffset } = part;
  switch (type) {
    case "i1": return new Int8Array(buffer, byteOffset, count);
    case "u1": return part;
    case "i2": return new Int16Array(buffer, byteOffset, count);
    case "u2": return new Uint16Array(buffer, byteOffset, count);
    case "i4": return new Int32Array(buffer, byteOffset, count);
    case "u4": return new Uint32Array(buffer, byteOffset, count);
    case "f4": return new Float32Array(buffer, byteOffset, count);
    case "f8": return new Float64Array(buffer, byteOffset, count);
    case "i8": return Float64Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case "u8": return Float64Array.from(new BigUint64Array(buffer, byteOffset, count), Number);
  }
}

export function transform(m: Affine, [x, y, z]: Point): Point {
  return [m[0] * x + m[1] * y + m[2] * z + m[3], m[4] * x + m[5] * y + m[6] * z + m[7], m[8] * x + m[9] * y + m[10] * z + m[11]];
}

export function inverse(m: Affine): Affine {
  const [a, b, c, p, d, e, f, q, g, h, i, r] = m;
  const A = e * i - f * h, B = f * g - d * i, C = d * h - e * g, det = a * A + b * B + c * C;
  if (!(Math.abs(det) > 1e-12)) throw new Error("the axes of the image lie in one plane");
  const n = [A, c * h - b * i, b * f - c * e, B, a * i - c * g, c * d - a * f, C, b * g - a * h, a * e - b * d].map((v) => v / det);
  const [n0 = 0, n1 = 0, n2 = 0, n3 = 0, n4 = 0, n5 = 0, n6 = 0, n7 = 0, n8 = 0] = n;
  return [n0, n1, n2, -(n0 * p + n1 * q + n2 * r), n3, n4, n5, -(n3 * p + n4 * q + n5 * r), n6, n7, n8, -(n6 * p + n7 * q + n8 * r)];
}

export function product(a: Affine, b: Affine): Affine {
  const column = (j: number): Point => [b[j] ?? 0, b[4 + j] ?? 0, b[8 + j] ?? 0];
  const at = (row: number, j: number) => {
    const [x, y, z] = column(j);
    return (a[row * 4] ?? 0) * x + (a[row * 4 + 1] ?? 0) * y + (a[row * 4 + 2] ?? 0) * z + (j === 3 ? a[row * 4 + 3] ?? 0 : 0);
  };
  return [at(0, 0), at(0, 1), at(0, 2), at(0, 3), at(1, 0), at(1, 1), at(1, 2), at(1, 3), at(2, 0), at(2, 1), at(2, 2), at(2, 3)];
}

export const spacing = (m: Affine): Point => [0, 1, 2].map((j) => Math.hypot(m[j] ?? 0, m[4 + j] ?? 0, m[8 + j] ?? 0)) as Point;

/** For each of the patient's axes (L, P, S) the voxel axis nearest to it, and whether it runs the same way. */
export function anatomy(m: Affine): { axis: Point; sign: Point } {
  const step = spacing(m), axis: Point = [0, 1, 2], sign: Point = [1, 1, 1];
  const cells = [0, 1, 2].flatMap((row) => [0, 1, 2].map((j) => ({ row, j, v: (m[row * 4 + j] ?? 0) / (step[j] || 1) })));
  const rows = new Set<number>(), columns = new Set<number>();
  for (const { row, j, v } of cells.sort((a, b) => Math.abs(b.v) - Math.abs(a.v))) {
    if (rows.has(row) || columns.has(j)) continue;
    rows.add(row);
    columns.add(j);
    axis[row] = j;
    sign[row] = v < 0 ? -1 : 1;
  }
  return { axis, sign };
}

/** The value at a voxel; NaN outside. For vectors, frame −1 is the length. */
export function valueAt(v: Voxels, [x, y, z]: Point, frame: number): number {
  if (x < 0 || y < 0 || z < 0 || x >= v.size[0] || y >= v.size[1] || z >= v.size[2]) return NaN;
  const at = ((z * v.size[1] + y) * v.size[0] + x) * v.voxelStride;
  if (frame >= 0) return (v.data[at + frame * v.frameStride] ?? NaN) * v.slope + v.intercept;
  let sum = 0;
  for (let c = 0; c < v.frames; c++) sum += ((v.data[at + c * v.frameStride] ?? 0) * v.slope + v.intercept) ** 2;
  return Math.sqrt(sum);
}

/** Lowest, highest, and the range that leaves out the outermost hundredth on either side, of a sample. */
export function ranges(v: Voxels, frame: number): { low: number; high: number; from: number; to: number } {
  const [nx, ny, nz] = v.size, count = nx * ny * nz, step = Math.max(1, Math.floor(count / 400_003));
  const sample: number[] = [];
  for (let i = 0; i < count; i += step) {
    const x = i % nx, y = Math.floor(i / nx) % ny, z = Math.floor(i / (nx * ny));
    const value = valueAt(v, [x, y, z], frame);
    if (Number.isFinite(value)) sample.push(value);
  }
  const sorted = Float64Array.from(sample).sort();
  const low = sorted[0] ?? 0, high = sorted[sorted.length - 1] ?? 1;
  // Half of a volume is often air of one value; it must not decide what is bright.
  const inside = sorted.subarray(sorted.findIndex((x) => x > low));
  const from = Math.min(inside[Math.floor(inside.length * 0.01)] ?? low, sorted[Math.floor(sorted.length * 0.02)] ?? low);
  const to = inside[Math.floor(inside.length * 0.99)] ?? high;
  return { low, high, from, to: to > from ? to : from + 1 };
}
