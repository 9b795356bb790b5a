/** A surface in mm, RAS: the frame of the mesh viewer. */
export interface Surface { points: Float32Array; triangles: Uint32Array }

interface Gltf {
  scene?: number;
  scenes?: { nodes?: number[] }[];
  nodes?: { mesh?: number; children?: number[]; matrix?: number[]; translation?: number[]; rotation?: number[]; scale?: number[] }[];
  meshes?: { primitives: { attributes: { POSITION?: number }; indices?: number; mode?: number }[] }[];
  accessors?: { bufferView?: number; byteOffset?: number; componentType: number; count: number }[];
  bufferViews?: { buffer: number; byteOffset?: number; byteLength: number; byteStride?: number }[];
  buffers?: { uri?: string }[];
}

function parts(data: ArrayBuffer): { gltf: Gltf; binary: Uint8Array | undefined } {
  const view = new DataView(data);
  if (view.getUint32(0, true) !== 0x46546c67) return { gltf: JSON.parse(new TextDecoder().decode(data)) as Gltf, binary: undefined };
  const length = view.getUint32(12, true), rest = 20 + length;
  const gltf = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 20, length))) as Gltf;
  return { gltf, binary: rest + 8 <= data.byteLength ? new Uint8Array(data, rest + 8, view.getUint32(rest, true)) : undefined };
}

function embedded(uri: string | undefined): Uint8Array {
  const text = /^data:[^,]*;base64,(.*)$/.exec(uri ?? "")?.[1];
  if (text === undefined) throw new Error("the glTF keeps its data in another file");
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

type Matrix = number[];
const IDENTITY: Matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
/** Column by column, as glTF writes matrices. */
function times(a: Matrix, b: Matrix): Matrix {
  return Array.from({ length: 16 }, (_, i) => [0, 1, 2, 3].reduce((sum, k) => sum + (a[k * 4 + (i % 4)] ?? 0) * (b[Math.floor(i / 4) * 4 + k] ?? 0), 0));
}
function local(node: NonNullable<Gltf["nodes"]>[number]): Matrix {
  if (node.matrix) return node.matrix;
  const [x = 0, y = 0, z = 0, w = 1] = node.rotation ?? [], [sx = 1, sy = 1, sz = 1] = node.scale ?? [], [tx = 0, ty = 0, tz = 0] = node.translation ?? [];
  return [
    (1 - 2 * (y * y + z * z)) * sx, 2 * (x * y + z * w) * sx, 2 * (x * z - y * w) * sx, 0, 2 * (x * y - z * w) * sy, (1 - 2 * (x * x + z * z)) * sy, 2 * (y * z + x * w) * sy, 0,
    2 * (x * z + y * w) * sz, 2 * (y * z - x * w) * sz, (1 - 2 * (x * x + y * y)) * sz, 0, tx, ty, tz, 1,
  ];
}

/** All triangles of the scene. glTF holds metres, +x to the model's left, +y up, +z forward. */
export function readGltf(data: ArrayBuffer): Surface {
  const { gltf, binary } = parts(data);
  const buffers = (gltf.buffers ?? []).map((b) => (b.uri === undefined && binary ? binary : embedded(b.uri)));
  const points: number[] = [], triangles: number[] = [];
  const read = (index: number, width: number): ((i: number, k: number) => number) => {
    const accessor = gltf.accessors?.[index], view = gltf.bufferViews?.[accessor?.bufferView ?? -1], bytes = buffers[view?.buffer ?? -1];
    if (!accessor || !view || !bytes) throw new Error("the glTF refers to data it does not hold");
    const size = { 5121: 1, 5123: 2, 5125: 4, 5126: 4 }[accessor.componentType] ?? 4, stride = view.byteStride ?? size * width;
    const d = new DataView(bytes.buffer, bytes.byteOffset + (view.byteOffset ?? 0) + (accessor.byteOffset ?? 0));
    return (i, k) => {
      const at = i * stride + k * size;
      return accessor.componentType === 5126 ? d.getFloat32(at, true) : size === 1 ? d.getUint8(at) : size === 2 ? d.getUint16(at, true) : d.getUint32(at, true);
    };
  };
  const visit = (index: number, above: Matrix, depth: number) => {
    const node = gltf.nodes?.[index];
    if (!node || depth > 32) return;
    const m = times(above, local(node));
    for (const p of gltf.meshes?.[node.mesh ?? -1]?.primitives ?? []) {
      if ((p.mode ?? 4) !== 4 || p.attributes.POSITION === undefined) continue;
      const first = points.length / 3, position = read(p.attributes.POSITION, 3), count = gltf.accessors?.[p.attributes.POSITION]?.count ?? 0;
      for (let i = 0; i < count; i++) {
        const [x, y, z] = [position(i, 0), position(i, 1), position(i, 2)];
        const at = (r: number) => (m[r] ?? 0) * x + (m[4 + r] ?? 0) * y + (m[8 + r] ?? 0) * z + (m[12 + r] ?? 0);
        points.push(-1000 * at(0), 1000 * at(2), 1000 * at(1));
      }
      const corner = p.indices === undefined ? undefined : read(p.indices, 1), corners = p.indices === undefined ? count : gltf.accessors?.[p.indices]?.count ?? 0;
      for (let i = 0; i + 2 < corners; i += 3) for (let k = 0; k < 3; k++) triangles.push(first + (corner ? corner(i + k, 0) : i + k));
    }
    node.children?.forEach((c) => visit(c, m, depth + 1));
  };
  (gltf.scenes?.[gltf.scene ?? 0]?.nodes ?? []).forEach((n) => visit(n, IDENTITY, 0));
  if (triangles.length === 0) throw new Error("the glTF holds no triangles");
  return { points: Float32Array.from(points), triangles: Uint32Array.from(triangles) };
}
