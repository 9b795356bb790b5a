import { magma } from "../colours";

/** In-place radix-2 FFT; the length is a power of two. */
export function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] ?? 0, re[i] ?? 0];
      [im[i], im[j]] = [im[j] ?? 0, im[i] ?? 0];
    }
  }
  for (let size = 2; size <= n; size <<= 1) {
    const half = size >> 1, step = (-2 * Math.PI) / size;
    for (let k = 0; k < half; k++) {
      const c = Math.cos(step * k), s = Math.sin(step * k);
      for (let a = k; a < n; a += size) {
        const b = a + half, xr = (re[b] ?? 0) * c - (im[b] ?? 0) * s, xi = (re[b] ?? 0) * s + (im[b] ?? 0) * c;
        re[b] = (re[a] ?? 0) - xr; im[b] = (im[a] ?? 0) - xi;
        re[a] = (re[a] ?? 0) + xr; im[a] = (im[a] ?? 0) + xi;
      }
    }
  }
}

const RANGE_DB = 80;

/** One column a pixel, Hann window; decibels below the loudest point. `from` and `to` are samples. */
export function spectrogram(samples: Float32Array, from: number, to: number, width: number, size = 1024): ImageData {
  const height = size / 2;
  const db = new Float32Array(width * height);
  const window = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  const re = new Float64Array(size), im = new Float64Array(size);
  let top = -Infinity;
  for (let x = 0; x < width; x++) {
    const start = Math.round(from + ((x + 0.5) / width) * (to - from) - size / 2);
    for (let i = 0; i < size; i++) re[i] = (samples[start + i] ?? 0) * (window[i] ?? 0);
    im.fill(0);
    fft(re, im);
    for (let k = 0; k < height; k++) {
      const v = 10 * Math.log10((re[k] ?? 0) ** 2 + (im[k] ?? 0) ** 2 + 1e-20);
      db[k * width + x] = v;
      if (v > top) top = v;
    }
  }
  const image = new ImageData(width, height);
  for (let k = 0; k < height; k++)
    for (let x = 0; x < width; x++) {
      const [r, g, b] = magma(1 + ((db[k * width + x] ?? top) - top) / RANGE_DB);
      image.data.set([r, g, b, 255], ((height - 1 - k) * width + x) * 4);
    }
  return image;
}
