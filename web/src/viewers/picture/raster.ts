import { urls } from "../../api/client";
import type { Artifact } from "../../api/types";
import { download } from "../formats";

/** A picture's own pixel values, channels interleaved, before any window. */
export interface Raster {
  width: number;
  height: number;
  channels: number;
  data: ArrayLike<number>;
  /** Whether 0 to 255 are shown as they are. */
  bytes: boolean;
  bits: string;
  low: number;
  high: number;
}
export interface Pages { count: number; page: (n: number) => Promise<Raster> }

/** Above this a browser runs out of memory for the pixels. */
const MOST_PIXELS = 120e6;

function checked(width: number, height: number): void {
  if (width * height > MOST_PIXELS) throw new Error(`${width} × ${height} pixels are more than a browser can hold`);
}

function raster(width: number, height: number, data: ArrayLike<number>, bits: string, bytes: boolean): Raster {
  const channels = Math.max(1, Math.round(data.length / (width * height)));
  let low = Infinity, high = -Infinity;
  for (let i = 0; !bytes && i < data.length; i++) {
    const v = data[i] ?? 0;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return { width, height, channels, data, bits, bytes, low: bytes ? 0 : low, high: bytes ? 255 : high > low ? high : low + 1 };
}

async function native(buffer: ArrayBuffer, type: string): Promise<Raster> {
  const bitmap = await createImageBitmap(new Blob([buffer], { type }));
  const { width, height } = bitmap;
  checked(width, height);
  const canvas = new OffscreenCanvas(width, height), g = canvas.getContext("2d", { willReadFrequently: true });
  if (!g) throw new Error("the browser gave no canvas");
  g.drawImage(bitmap, 0, 0);
  bitmap.close();
  return raster(width, height, g.getImageData(0, 0, width, height).data, "8-bit", true);
}

/** PNG of 16 bits: the browser would keep only the upper 8. */
async function deepPng(buffer: ArrayBuffer): Promise<Raster> {
  const { decode } = await import("fast-png");
  const { width, height, data } = decode(new Uint8Array(buffer));
  return raster(width, height, data, "16-bit", false);
}

async function tiff(buffer: ArrayBuffer): Promise<Pages> {
  const { fromArrayBuffer } = await import("geotiff");
  const file = await fromArrayBuffer(buffer);
  const page = async (n: number): Promise<Raster> => {
    const image = await file.getImage(n);
    const width = image.getWidth(), height = image.getHeight(), directory = image.getFileDirectory() as { PhotometricInterpretation?: number };
    checked(width, height);
    const kind = directory.PhotometricInterpretation ?? 1, bits = image.getBitsPerSample(), float = image.getSampleFormat() === 3;
    // Palettes, CMYK and YCbCr become red, green and blue; grey and RGB stay what they are.
    const data = kind >= 3 ? await image.readRGB({ interleave: true }) : await image.readRasters({ interleave: true });
    const values = data as unknown as ArrayLike<number>, bytes = kind >= 3 || (bits === 8 && !float);
    const plain = raster(width, height, values, float ? `float ${bits}-bit` : `${bits}-bit`, bytes);
    return kind === 0 ? { ...plain, data: Array.from(values, (v) => plain.low + plain.high - v) } : plain;
  };
  return { count: await file.getImageCount(), page };
}

export async function openPicture(a: Artifact, signal: AbortSignal, progress: (share: number) => void): Promise<Pages> {
  const buffer = await download(urls.content(a.id), signal, progress), head = new Uint8Array(buffer, 0, Math.min(32, buffer.byteLength));
  const isTiff = (head[0] === 0x49 && head[1] === 0x49) || (head[0] === 0x4d && head[1] === 0x4d);
  if (isTiff) return tiff(buffer);
  const isPng = head[0] === 0x89 && head[1] === 0x50, deep = isPng && head[24] === 16;
  const whole = deep ? await deepPng(buffer) : await native(buffer, /svg/i.test(a.format) ? "image/svg+xml" : "");
  return { count: 1, page: () => Promise.resolve(whole) };
}

/** Grey, or the mean of red, green and blue: what differences are taken of. */
export function grey(r: Raster, x: number, y: number): number {
  const at = (y * r.width + x) * r.channels;
  if (r.channels < 3) return r.data[at] ?? 0;
  return ((r.data[at] ?? 0) + (r.data[at + 1] ?? 0) + (r.data[at + 2] ?? 0)) / 3;
}

export function values(r: Raster, x: number, y: number): number[] {
  const at = (y * r.width + x) * r.channels, all = Array.from({ length: Math.min(3, r.channels) }, (_, k) => r.data[at + k] ?? 0);
  // A grey picture comes from the browser with three equal channels.
  return r.channels === 2 || all.every((v) => v === all[0]) ? all.slice(0, 1) : all;
}

export function paint(r: Raster, low: number, high: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = r.width;
  canvas.height = r.height;
  const image = new ImageData(r.width, r.height), out = image.data, scale = 255 / (high - low || 1), colour = r.channels >= 3, n = r.channels;
  for (let i = 0, at = 0, to = 0; i < r.width * r.height; i++, at += n, to += 4) {
    const red = ((r.data[at] ?? 0) - low) * scale;
    out[to] = red;
    out[to + 1] = colour ? ((r.data[at + 1] ?? 0) - low) * scale : red;
    out[to + 2] = colour ? ((r.data[at + 2] ?? 0) - low) * scale : red;
    out[to + 3] = r.bytes && n === 4 ? r.data[at + 3] ?? 255 : 255;
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
