import type { View } from "../../viewers/picture/useZoom";

/** In pixels of the frame. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface Size {
  width: number;
  height: number;
}

/** A preview of this many pixels comes fast enough to be watched. */
const PREVIEW_SIDE = 512;
/** The part moves in steps, so that a hand on the mouse does not ask for a new one at every pixel. */
const STEP = 16;

const clamp = (n: number, low: number, high: number) => Math.max(low, Math.min(high, n));

/** The part of a frame that is previewed: all of a small one, else the middle of what is in view. */
export function previewPart(frame: Size, centre: { x: number; y: number }): Box {
  const side = (have: number) => (have <= PREVIEW_SIDE * 1.25 ? have : PREVIEW_SIDE);
  const width = side(frame.width),
    height = side(frame.height);
  const first = (middle: number, size: number, most: number) =>
    clamp(Math.round((middle - size / 2) / STEP) * STEP, 0, most - size);
  return {
    x: first(centre.x, width, frame.width),
    y: first(centre.y, height, frame.height),
    width,
    height,
  };
}

/** Which pixel lies in the middle of the box, or of each half of it. */
export function centreOf(view: View, box: HTMLElement | null, halves: number): { x: number; y: number } {
  if (!box || !view.scale) return { x: 0, y: 0 };
  return {
    x: (box.clientWidth / halves / 2 - view.x) / view.scale,
    y: (box.clientHeight / 2 - view.y) / view.scale,
  };
}

export const holds = (outer: Box, inner: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

/** Whole pixels within the frame, at least 2 × 2: a box of one pixel has no spread. */
export function fitted(box: Box, frame: Size): Box {
  const width = clamp(Math.round(box.width), 2, frame.width),
    height = clamp(Math.round(box.height), 2, frame.height);
  return {
    x: clamp(Math.round(box.x), 0, frame.width - width),
    y: clamp(Math.round(box.y), 0, frame.height - height),
    width,
    height,
  };
}

export function between(a: { x: number; y: number }, b: { x: number; y: number }): Box {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}

export const asNumbers = (boxes: Box[]): number[] => boxes.flatMap((b) => [b.x, b.y, b.width, b.height]);
/** None of what is no list of numbers: an address may hold anything. */
export function fromNumbers(given: unknown): Box[] {
  const numbers = Array.isArray(given) ? given.map(Number) : [];
  const boxes: Box[] = [];
  if (!numbers.every(Number.isFinite)) return boxes;
  for (let i = 0; i + 3 < numbers.length; i += 4) {
    const [x = 0, y = 0, width = 0, height = 0] = numbers.slice(i, i + 4);
    boxes.push({ x, y, width, height });
  }
  return boxes;
}
