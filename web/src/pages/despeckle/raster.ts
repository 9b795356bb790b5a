import type { PixelRaster } from "../../api/types";
import type { Raster } from "../../viewers/picture/raster";

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64),
    bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const SHOWN_DECIBELS = 60;

/** Pixels as the server sends them. */
export function rasterOf(sent: PixelRaster): Raster {
  const bytes = bytesOf(sent.data),
    plain = sent.type === "uint8";
  const data = plain ? bytes : new Float32Array(bytes.buffer);
  const { width, height, channels } = sent;
  // The window is chosen for both pictures together, not by each one's own range.
  return { width, height, channels, data, bytes: plain, bits: plain ? "8-bit" : "float", low: 0, high: 255 };
}

/** Ten times the decimal logarithm, as intensities are looked at; only to be shown. */
export function decibels(r: Raster): Raster {
  const data = new Float32Array(r.data.length);
  for (let i = 0; i < data.length; i++) data[i] = 10 * Math.log10(Math.max(r.data[i] ?? 0, 1e-12));
  return { ...r, data, bytes: false };
}

const rounded = (n: number) => Number(n.toPrecision(3));

/** Black and white for that many decibels below the brightest, or for what the server found, in short numbers. */
export function windowOf([low, high]: [number, number], logarithmic: boolean): [number, number] {
  if (!logarithmic) return [Math.abs(low) < high / 1000 ? 0 : rounded(low), rounded(high)];
  const top = Math.round(10 * Math.log10(Math.max(high, 1e-12)));
  return [top - SHOWN_DECIBELS, top];
}
