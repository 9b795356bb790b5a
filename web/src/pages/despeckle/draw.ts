import type { Raster } from "../../viewers/picture/raster";
import type { View } from "../../viewers/picture/useZoom";
import type { Box } from "./geometry";

export type Look = "swipe" | "side" | "ratio";

/** What lies where on the screen. */
export interface Scene {
  view: View;
  look: Look;
  /** 0 to 1: where the divider stands. */
  divider: number;
  before: HTMLCanvasElement | undefined;
  /** What was processed, and where in the frame it belongs. */
  after: { picture: HTMLCanvasElement; part: Box } | undefined;
  mark: string;
}

/** Ratios from 0, black, over 1, mid grey, to this, white. */
export const MOST_RATIO = 2;

export function paintRatio(r: Raster): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = r.width;
  canvas.height = r.height;
  const image = new ImageData(r.width, r.height);
  for (let i = 0, to = 0; i < r.width * r.height; i++, to += 4) {
    const grey = ((r.data[i * r.channels] ?? 1) / MOST_RATIO) * 255;
    image.data.fill(grey, to, to + 3);
    image.data[to + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

function dashed(g: CanvasRenderingContext2D, view: View, part: Box, shift: number): void {
  const at: [number, number, number, number] = [
    view.x + shift + part.x * view.scale,
    view.y + part.y * view.scale,
    part.width * view.scale,
    part.height * view.scale,
  ];
  g.lineWidth = 1;
  g.setLineDash([]);
  g.strokeStyle = "rgb(0 0 0 / 70%)";
  g.strokeRect(...at);
  g.setLineDash([5, 4]);
  g.strokeStyle = "#fff";
  g.strokeRect(...at);
}

/** Stays on the picture itself, whoever copies it. */
function stamp(g: CanvasRenderingContext2D, text: string, from: number, to: number, bottom: number): void {
  g.font = "600 12px system-ui, sans-serif";
  g.textAlign = "right";
  g.textBaseline = "middle";
  const width = Math.min(g.measureText(text).width + 16, to - from);
  if (width < 24) return;
  g.fillStyle = "rgb(0 0 0 / 72%)";
  g.fillRect(to - width, bottom - 24, width, 24);
  g.fillStyle = "#ffd98a";
  g.fillText(text, to - 8, bottom - 12);
}

export function drawScene(canvas: HTMLCanvasElement, scene: Scene): void {
  const { view, look, before, after } = scene;
  const ratio = devicePixelRatio || 1,
    w = canvas.parentElement?.clientWidth ?? 0,
    h = canvas.parentElement?.clientHeight ?? 0;
  canvas.width = Math.round(w * ratio);
  canvas.height = Math.round(h * ratio);
  const g = canvas.getContext("2d");
  if (!g || !before) return;
  g.scale(ratio, ratio);
  g.imageSmoothingEnabled = view.scale < 3;
  g.imageSmoothingQuality = "high";
  const put = (picture: HTMLCanvasElement, part: Box, shift: number) =>
    g.drawImage(
      picture,
      view.x + shift + part.x * view.scale,
      view.y + part.y * view.scale,
      part.width * view.scale,
      part.height * view.scale,
    );
  const whole: Box = { x: 0, y: 0, width: before.width, height: before.height };
  const partial = after !== undefined && after.part.width * after.part.height < whole.width * whole.height;
  const half = (from: number, to: number, shift: number, processed: boolean) => {
    if (to <= from) return;
    g.save();
    g.beginPath();
    g.rect(from, 0, to - from, h);
    g.clip();
    // Where nothing was processed the picture before is shown, darker, so that it is not taken for the result.
    g.globalAlpha = processed && partial ? 0.35 : 1;
    if (!processed || partial || !after) put(before, whole, shift);
    g.globalAlpha = 1;
    if (processed && after) {
      put(after.picture, after.part, shift);
      if (partial) dashed(g, view, after.part, shift);
      stamp(g, scene.mark, from, to, h);
    } else if (partial && after) dashed(g, view, after.part, shift);
    g.restore();
  };
  if (look === "ratio") return half(0, w, 0, true);
  if (look === "side") {
    half(0, w / 2 - 1, 0, false);
    return half(w / 2 + 1, w, w / 2, true);
  }
  half(0, w * scene.divider, 0, false);
  half(w * scene.divider, w, 0, true);
}
