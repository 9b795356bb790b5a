import { magma } from "../colours";
import { grey, type Raster } from "./raster";

export interface Difference { canvas: HTMLCanvasElement; mean: number; largest: number; stretched: boolean }

/** |A − B| pixel by pixel, bright where they differ; B is stretched onto A where sizes differ. */
export function difference(a: Raster, b: Raster): Difference {
  const { width, height } = a, gaps = new Float32Array(width * height);
  let sum = 0, largest = 0;
  for (let y = 0, i = 0; y < height; y++) {
    const by = Math.min(b.height - 1, Math.floor(((y + 0.5) / height) * b.height));
    for (let x = 0; x < width; x++, i++) {
      const gap = Math.abs(grey(a, x, y) - grey(b, Math.min(b.width - 1, Math.floor(((x + 0.5) / width) * b.width)), by));
      gaps[i] = gap;
      sum += gap;
      if (gap > largest) largest = gap;
    }
  }
  const image = new ImageData(width, height), table = Array.from({ length: 256 }, (_, k) => magma(k / 255)), scale = 255 / (largest || 1);
  gaps.forEach((gap, i) => {
    const [r, g, bl] = table[Math.round(gap * scale)] ?? [0, 0, 0];
    image.data.set([r, g, bl, 255], i * 4);
  });
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return { canvas, mean: sum / (width * height || 1), largest, stretched: a.width !== b.width || a.height !== b.height };
}
