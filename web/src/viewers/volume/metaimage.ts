import { numbers, type Affine, type Voxels } from "./image";
import { inflate } from "./read";

const TYPES: Record<string, Parameters<typeof numbers>[1]> = {
  CHAR: "i1", UCHAR: "u1", SHORT: "i2", USHORT: "u2", INT: "i4", UINT: "u4", LONG: "i4", ULONG: "u4", LONG_LONG: "i8", ULONG_LONG: "u8", FLOAT: "f4", DOUBLE: "f8",
};

export async function readMetaImage(bytes: Uint8Array): Promise<Voxels> {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < bytes.length && !fields.has("elementdatafile")) {
    const end = bytes.indexOf(10, at);
    if (end < 0) break;
    const line = new TextDecoder("latin1").decode(bytes.subarray(at, end)), mark = line.indexOf("=");
    if (mark > 0) fields.set(line.slice(0, mark).trim().toLowerCase(), line.slice(mark + 1).trim());
    at = end + 1;
  }
  if (fields.get("elementdatafile")?.toUpperCase() !== "LOCAL") throw new Error("the voxels are in another file");
  const list = (...names: string[]) => (names.map((n) => fields.get(n)).find((x) => x !== undefined) ?? "").split(/\s+/).filter(Boolean).map(Number);
  const dims = list("dimsize"), n = dims.length;
  const type = TYPES[(fields.get("elementtype") ?? "").replace(/^MET_/, "").replace(/_ARRAY$/, "")];
  if (!type || n < 2 || n > 4) throw new Error(`MetaImage of ${n} dimensions and type ${fields.get("elementtype") ?? ""} is not shown here`);
  const [nx = 1, ny = 1, nz = 1, nt = 1] = dims, channels = list("elementnumberofchannels")[0] ?? 1;
  const count = nx * ny * nz, all = count * nt * channels;
  const packed = /true/i.test(fields.get("compresseddata") ?? "");
  const raw = packed ? await inflate(bytes.subarray(at), "deflate", all * Number(type[1])) : bytes.subarray(at);
  const steps = list("elementspacing", "elementsize"), origin = list("offset", "position", "origin"), turned = list("transformmatrix", "rotation", "orientation");
  // Row i of the matrix is the direction of axis i.
  const cell = (row: number, axis: number) => (turned.length === n * n ? (row < n && axis < n ? turned[axis * n + row] ?? 0 : row === axis ? 1 : 0) : row === axis ? 1 : 0) * (steps[axis] || 1);
  const row = (r: number) => [cell(r, 0), cell(r, 1), cell(r, 2), origin[r] ?? 0];
  const little = !/true/i.test(fields.get("binarydatabyteordermsb") ?? fields.get("elementbyteordermsb") ?? "");
  const colour = channels >= 3 && channels <= 4 && type === "u1" && nt === 1;
  return {
    size: [nx, ny, nz], frames: channels > 1 ? channels : nt, vector: !colour && channels > 1 && channels <= 4, colour, data: numbers(raw, type, all, little),
    voxelStride: channels, frameStride: channels > 1 ? 1 : count, slope: 1, intercept: 0, affine: [...row(0), ...row(1), ...row(2)] as unknown as Affine,
    step: undefined, names: new Map(),
  };
}
