import { numbers, type Affine, type Voxels } from "./image";

const TYPES: Record<number, Parameters<typeof numbers>[1]> = {
  2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
};

interface Header {
  dims: number[]; type: number; steps: number[]; offset: number; slope: number; intercept: number; intent: number;
  qform: number; sform: number; quaternion: number[]; rows: number[]; unit: number;
}

function header1(v: DataView, le: boolean): Header {
  const f = (at: number) => v.getFloat32(at, le);
  return {
    dims: Array.from({ length: 8 }, (_, i) => v.getInt16(40 + 2 * i, le)), type: v.getInt16(70, le), steps: Array.from({ length: 8 }, (_, i) => f(76 + 4 * i)),
    offset: f(108), slope: f(112), intercept: f(116), intent: v.getInt16(68, le), qform: v.getInt16(252, le), sform: v.getInt16(254, le),
    quaternion: Array.from({ length: 6 }, (_, i) => f(256 + 4 * i)), rows: Array.from({ length: 12 }, (_, i) => f(280 + 4 * i)), unit: v.getUint8(123),
  };
}

function header2(v: DataView, le: boolean): Header {
  const f = (at: number) => v.getFloat64(at, le);
  return {
    dims: Array.from({ length: 8 }, (_, i) => Number(v.getBigInt64(16 + 8 * i, le))), type: v.getInt16(12, le), steps: Array.from({ length: 8 }, (_, i) => f(104 + 8 * i)),
    offset: Number(v.getBigInt64(168, le)), slope: f(176), intercept: f(184), intent: v.getInt32(504, le), qform: v.getInt32(344, le), sform: v.getInt32(348, le),
    quaternion: Array.from({ length: 6 }, (_, i) => f(352 + 8 * i)), rows: Array.from({ length: 12 }, (_, i) => f(400 + 8 * i)), unit: v.getInt32(500, le),
  };
}

/** NIfTI's own frame is RAS; ours is LPS. */
const toLps = (m: number[]): Affine => m.map((x, i) => (i < 8 ? -x : x)) as unknown as Affine;

function placement(h: Header): Affine {
  const [, dx = 1, dy = 1, dz = 1] = h.steps.map((s) => Math.abs(s) || 1);
  if (h.sform > 0 && h.rows.some((x, i) => i % 4 !== 3 && x !== 0)) return toLps(h.rows);
  if (h.qform <= 0) return toLps([dx, 0, 0, 0, 0, dy, 0, 0, 0, 0, dz, 0]);
  const [b = 0, c = 0, d = 0, x = 0, y = 0, z = 0] = h.quaternion;
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d)), q = (h.steps[0] ?? 1) < 0 ? -1 : 1;
  return toLps([
    (a * a + b * b - c * c - d * d) * dx, 2 * (b * c - a * d) * dy, 2 * (b * d + a * c) * dz * q, x,
    2 * (b * c + a * d) * dx, (a * a + c * c - b * b - d * d) * dy, 2 * (c * d - a * b) * dz * q, y,
    2 * (b * d - a * c) * dx, 2 * (c * d + a * b) * dy, (a * a + d * d - c * c - b * b) * dz * q, z,
  ]);
}

export function readNifti(bytes: Uint8Array): Voxels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = (le: boolean) => (bytes.length > 352 ? view.getInt32(0, le) : 0);
  const le = kind(true) === 348 || kind(true) === 540;
  const size = kind(le);
  if (size !== 348 && size !== 540) throw new Error("the NIfTI header is damaged");
  const h = size === 348 ? header1(view, le) : header2(view, le);
  const [rank = 0, nx = 1, ny = 1, nz = 1, nt = 1, nu = 1] = h.dims.map((n, i) => (i === 0 ? n : Math.max(1, i <= (h.dims[0] ?? 0) ? n : 1)));
  if (rank < 1 || rank > 7) throw new Error(`the NIfTI header gives ${rank} dimensions`);
  const count = nx * ny * nz, colour = h.type === 128 || h.type === 2304;
  const parts = h.type === 128 ? 3 : h.type === 2304 ? 4 : 1;
  const type = colour ? "u1" : TYPES[h.type];
  if (!type) throw new Error(`NIfTI data type ${h.type} is not shown here`);
  const frames = colour ? parts : nt * nu;
  const body = bytes.subarray(Math.max(size + 4, Math.round(h.offset)));
  const seconds = { 8: 1, 16: 1e-3, 24: 1e-6 }[h.unit & 56];
  const scaled = h.slope !== 0 && Number.isFinite(h.slope);
  return {
    size: [nx, ny, nz], frames, vector: !colour && nt === 1 && nu > 1 && nu <= 4, colour,
    data: numbers(body, type, count * frames, le), voxelStride: colour ? parts : 1, frameStride: colour ? 1 : count,
    slope: scaled ? h.slope : 1, intercept: scaled ? h.intercept : 0, affine: placement(h), step: seconds && nt > 1 ? (h.steps[4] ?? 0) * seconds : undefined, names: new Map(),
  };
}
