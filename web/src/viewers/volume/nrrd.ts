import { numbers, type Affine, type Voxels } from "./image";
import { inflate } from "./read";

const TYPES: Record<string, Parameters<typeof numbers>[1]> = {};
const names: [Parameters<typeof numbers>[1], string][] = [
  ["i1", "signed char,int8,int8_t"], ["u1", "uchar,unsigned char,uint8,uint8_t"], ["i2", "short,short int,signed short,int16,int16_t"], ["u2", "ushort,unsigned short,uint16,uint16_t"],
  ["i4", "int,signed int,int32,int32_t"], ["u4", "uint,unsigned int,uint32,uint32_t"], ["i8", "longlong,long long,int64,int64_t"], ["u8", "ulonglong,unsigned long long,uint64,uint64_t"],
  ["f4", "float"], ["f8", "double"],
];
for (const [type, words] of names) for (const word of words.split(",")) TYPES[word] = type;

/** Segment names as 3D Slicer writes them: SegmentN_Name beside SegmentN_LabelValue. */
function segments(fields: Map<string, string>): Map<number, string> {
  const found = new Map<number, string>();
  for (const [key, value] of fields) {
    const n = /^segment(\d+)_labelvalue$/.exec(key)?.[1];
    const name = n && fields.get(`segment${n}_name`);
    if (name) found.set(Number(value), name);
  }
  return found;
}

export async function readNrrd(bytes: Uint8Array): Promise<Voxels> {
  const fields = new Map<string, string>();
  let at = bytes.indexOf(10) + 1;
  for (;;) {
    const end = bytes.indexOf(10, at);
    if (at <= 0 || end < 0) throw new Error("the NRRD header has no end");
    const line = new TextDecoder().decode(bytes.subarray(at, end)).trim();
    at = end + 1;
    if (line === "") break;
    const mark = /^([^:#]+):=?\s*(.*)$/.exec(line);
    if (mark) fields.set((mark[1] ?? "").trim().toLowerCase(), (mark[2] ?? "").trim());
  }
  if (fields.has("data file") || fields.has("datafile")) throw new Error("the voxels are in another file");
  const sizes = (fields.get("sizes") ?? "").split(/\s+/).map(Number), type = TYPES[fields.get("type") ?? ""];
  if (!type || sizes.length < 2 || sizes.length > 4) throw new Error(`NRRD of ${sizes.length} dimensions and type ${fields.get("type") ?? ""} is not shown here`);
  const vectors = (fields.get("space directions") ?? "").match(/none|\([^)]*\)/g)?.map((x) => (x === "none" ? undefined : x.slice(1, -1).split(",").map(Number)));
  const kinds = (fields.get("kinds") ?? "").split(/\s+/);
  const other = sizes.length === 4 || kinds.some((k) => /vector|list|RGB|color/i.test(k)) || vectors?.includes(undefined)
    ? Math.max(0, vectors ? vectors.indexOf(undefined) : kinds.findIndex((k) => !/domain|space/.test(k))) : -1;
  const spatial = sizes.map((_, i) => i).filter((i) => i !== other);
  const [nx = 1, ny = 1, nz = 1] = spatial.map((i) => sizes[i] ?? 1), frames = other >= 0 ? sizes[other] ?? 1 : 1;
  if (other > 0 && other < sizes.length - 1) throw new Error("NRRD with channels between its axes is not shown here");
  const count = nx * ny * nz, encoding = fields.get("encoding") ?? "raw";
  if (!/^(raw|gz|gzip)$/.test(encoding)) throw new Error(`NRRD encoding ${encoding} is not shown here`);
  const raw = encoding === "raw" ? bytes.subarray(at) : await inflate(bytes.subarray(at), "gzip", count * frames * Number(type[1]));
  const space = fields.get("space") ?? "", origin = (fields.get("space origin") ?? "").replace(/[()]/g, "").split(",").map(Number);
  // Signs that take the file's frame to LPS.
  const flips = /^right-anterior/i.test(space) || /^RAS/.test(space) ? [-1, -1, 1] : /^left-anterior/i.test(space) || /^LAS/.test(space) ? [1, -1, 1] : [1, 1, 1];
  const steps = (fields.get("spacings") ?? "").split(/\s+/).map(Number);
  const cell = (row: number, k: number) => (vectors?.[spatial[k] ?? 9]?.[row] ?? (row === k ? steps[spatial[k] ?? 9] || 1 : 0)) * (flips[row] ?? 1);
  const row = (r: number) => [cell(r, 0), cell(r, 1), cell(r, 2), (origin[r] || 0) * (flips[r] ?? 1)];
  const interleaved = other === 0;
  const colour = interleaved && type === "u1" && (frames === 3 || frames === 4);
  return {
    size: [nx, ny, nz], frames, vector: interleaved && !colour && frames > 1 && frames <= 4, colour, data: numbers(raw, type, count * frames, fields.get("endian") !== "big"),
    voxelStride: interleaved ? frames : 1, frameStride: interleaved ? 1 : count, slope: 1, intercept: 0, affine: [...row(0), ...row(1), ...row(2)] as unknown as Affine,
    step: undefined, names: segments(fields),
  };
}
