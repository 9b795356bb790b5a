import { labelColours } from "../colours";
import { anatomy, inverse, product, valueAt, type Affine, type Point, type Voxels } from "./image";
import { palette } from "./palettes";

/** A picture layer: how the voxels of one image become colours. */
export interface Layer { voxels: Voxels; labels: boolean; frame: number; low: number; high: number; map: string; opacity: number }
export type Plane = "axial" | "coronal" | "sagittal";
export const PLANES: readonly Plane[] = ["axial", "coronal", "sagittal"];

/** Which of the patient's axes (0 left, 1 posterior, 2 superior) run across, down and through a plane. */
const AXES: Record<Plane, Point> = { axial: [0, 1, 2], coronal: [0, 2, 1], sagittal: [1, 2, 0] };
const LETTERS = [["R", "L"], ["A", "P"], ["I", "S"]] as const;

/** How a plane of an image lies on the screen, in voxel axes. */
export interface Layout {
  across: number; down: number; through: number;
  flipAcross: boolean; flipDown: boolean;
  width: number; height: number; depth: number;
  /** Patient sides at left, top, right, bottom. */
  sides: [string, string, string, string];
}

/** Radiologists look from the feet: the patient's right is on the left. Neurologists' way is the mirror image. */
export function layout(v: Voxels, plane: Plane, radiological: boolean): Layout {
  const { axis, sign } = anatomy(v.affine);
  const [h, d, n] = AXES[plane];
  const wantAcross = h === 0 && !radiological ? -1 : 1, wantDown = d === 2 ? -1 : 1;
  const across = axis[h] ?? 0, down = axis[d] ?? 1, through = axis[n] ?? 2;
  const [left, right] = wantAcross > 0 ? LETTERS[h] ?? ["", ""] : [LETTERS[h]?.[1] ?? "", LETTERS[h]?.[0] ?? ""];
  const [top, bottom] = wantDown > 0 ? LETTERS[d] ?? ["", ""] : [LETTERS[d]?.[1] ?? "", LETTERS[d]?.[0] ?? ""];
  return {
    across, down, through, flipAcross: sign[h] !== wantAcross, flipDown: sign[d] !== wantDown,
    width: v.size[across as 0], height: v.size[down as 0], depth: v.size[through as 0], sides: [left, top, right, bottom],
  };
}

export const toVoxel = (l: Layout, x: number, y: number, slice: number): Point => {
  const p: Point = [0, 0, 0];
  p[l.across as 0] = l.flipAcross ? l.width - 1 - x : x;
  p[l.down as 0] = l.flipDown ? l.height - 1 - y : y;
  p[l.through as 0] = slice;
  return p;
};
export const toPixel = (l: Layout, p: Point): [number, number] => {
  const x = p[l.across as 0], y = p[l.down as 0];
  return [l.flipAcross ? l.width - 1 - x : x, l.flipDown ? l.height - 1 - y : y];
};

let colours: ReturnType<typeof labelColours> | undefined;

/** Colours of a layer by value: an index into 256 colours, or of a label. */
function painter(layer: Layer): (value: number, out: Uint8ClampedArray, at: number) => void {
  if (layer.labels) {
    const { R, G, B } = (colours ??= labelColours(4095));
    return (value, out, at) => {
      const n = Math.round(value);
      if (!(n > 0)) return;
      const k = ((n - 1) % 4095) + 1;
      out[at] = R[k] ?? 0; out[at + 1] = G[k] ?? 0; out[at + 2] = B[k] ?? 0; out[at + 3] = 255;
    };
  }
  const table = palette(layer.map), scale = 255 / (layer.high - layer.low || 1);
  return (value, out, at) => {
    if (Number.isNaN(value)) return;
    const k = Math.max(0, Math.min(255, Math.round((value - layer.low) * scale))) * 3;
    out[at] = table[k] ?? 0; out[at + 1] = table[k + 1] ?? 0; out[at + 2] = table[k + 2] ?? 0; out[at + 3] = 255;
  };
}

/** A slice of the image itself, one pixel a voxel. */
export function paintOwn(layer: Layer, l: Layout, slice: number): ImageData {
  const image = new ImageData(l.width, l.height), out = image.data, v = layer.voxels, paint = painter(layer);
  const steps = [1, v.size[0], v.size[0] * v.size[1]].map((s) => s * v.voxelStride);
  const dx = (steps[l.across] ?? 0) * (l.flipAcross ? -1 : 1), dy = (steps[l.down] ?? 0) * (l.flipDown ? -1 : 1);
  const start = slice * (steps[l.through] ?? 0) + (l.flipAcross ? (l.width - 1) * -dx : 0) + (l.flipDown ? (l.height - 1) * -dy : 0);
  const { data, slope, intercept, frameStride } = v, first = layer.frame * frameStride;
  for (let y = 0, to = 0; y < l.height; y++) {
    for (let x = 0, at = start + y * dy; x < l.width; x++, at += dx, to += 4) {
      if (v.colour) {
        out[to] = data[at] ?? 0; out[to + 1] = data[at + 1] ?? 0; out[to + 2] = data[at + 2] ?? 0; out[to + 3] = 255;
      } else if (layer.frame < 0) paint(valueAt(v, toVoxel(l, x, y, slice), -1), out, to);
      else paint((data[at + first] ?? NaN) * slope + intercept, out, to);
    }
  }
  return image;
}

/** The same slice through another image, looked up where each voxel lies in the patient. */
export function paintOther(layer: Layer, base: Voxels, l: Layout, slice: number): ImageData {
  const image = new ImageData(l.width, l.height), paint = painter(layer);
  const m: Affine = product(inverse(layer.voxels.affine), base.affine);
  for (let y = 0, to = 0; y < l.height; y++)
    for (let x = 0; x < l.width; x++, to += 4) paint(sample(layer, m, toVoxel(l, x, y, slice)), image.data, to);
  return image;
}

function sample(layer: Layer, m: Affine, [x, y, z]: Point): number {
  const px = m[0] * x + m[1] * y + m[2] * z + m[3], py = m[4] * x + m[5] * y + m[6] * z + m[7], pz = m[8] * x + m[9] * y + m[10] * z + m[11];
  const v = layer.voxels, near: Point = [Math.round(px), Math.round(py), Math.round(pz)];
  // On the same grid, at labels and at the border the nearest voxel is the right one.
  const off = Math.abs(px - near[0]) + Math.abs(py - near[1]) + Math.abs(pz - near[2]);
  const fx = Math.floor(px), fy = Math.floor(py), fz = Math.floor(pz);
  if (layer.labels || off < 1e-3 || fx < 0 || fy < 0 || fz < 0 || fx + 1 >= v.size[0] || fy + 1 >= v.size[1] || fz + 1 >= v.size[2]) return valueAt(v, near, layer.frame);
  let sum = 0;
  for (let k = 0; k < 8; k++) {
    const i = k & 1, j = (k >> 1) & 1, n = k >> 2;
    const weight = (i ? px - fx : 1 - px + fx) * (j ? py - fy : 1 - py + fy) * (n ? pz - fz : 1 - pz + fz);
    if (weight > 0) sum += weight * valueAt(v, [fx + i, fy + j, fz + n], layer.frame);
  }
  return sum;
}
