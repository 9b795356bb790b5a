import { api } from "../../api/client";
import type { Preview, PreviewRequest } from "../../api/types";
import type { Raster } from "../../viewers/picture/raster";
import type { Box } from "./geometry";
import { rasterOf } from "./raster";

export interface FrameData {
  raster: Raster;
  frames: number;
  window: [number, number];
}
/** What became of a part of a frame. */
export interface Processed {
  frame: number;
  part: Box;
  denoised: Raster;
  ratio: Raster | undefined;
  /** Missing where the frame is read from a finished run. */
  preview: Preview | undefined;
  /** From the question to the pixels, in milliseconds. */
  took: number;
}

/** Keeps answers up to some number of pixels; the oldest go first. */
export class Cache<T> {
  private readonly all = new Map<string, { value: T; pixels: number }>();
  private pixels = 0;
  constructor(private readonly most = 60e6) {}
  get(key: string): T | undefined {
    return this.all.get(key)?.value;
  }
  set(key: string, value: T, pixels: number): void {
    this.pixels += pixels - (this.all.get(key)?.pixels ?? 0);
    this.all.set(key, { value, pixels });
    for (const [old, { pixels: freed }] of this.all) {
      if (this.pixels <= this.most) break;
      this.all.delete(old);
      this.pixels -= freed;
    }
  }
}

const frames = new Cache<FrameData>();
const processed = new Cache<Processed>();

const frameKey = (artifact: string, frame: number) => `${artifact} ${frame}`;
export const knownFrame = (artifact: string, frame: number) => frames.get(frameKey(artifact, frame));

export async function loadFrame(artifact: string, frame: number, signal: AbortSignal): Promise<FrameData> {
  const known = knownFrame(artifact, frame);
  if (known) return known;
  const sent = await api.frame(artifact, frame, signal);
  const [low = 0, high = 255] = sent.window;
  const data: FrameData = { raster: rasterOf(sent.image), frames: sent.frames, window: [low, high] };
  frames.set(frameKey(artifact, frame), data, data.raster.data.length);
  return data;
}

/** Where processed frames come from: made as they are looked at, or read from what a run has made. */
export type Source =
  | { kind: "preview"; operation: string; request: PreviewRequest }
  | { kind: "run"; denoised: string; ratio: string | undefined; frame: number };

const sourceKey = (source: Source) => JSON.stringify(source);
export const knownProcessed = (source: Source): Processed | undefined => processed.get(sourceKey(source));

async function fromRun(
  source: Extract<Source, { kind: "run" }>,
  signal: AbortSignal,
): Promise<Omit<Processed, "took">> {
  const [denoised, ratio] = await Promise.all([
    loadFrame(source.denoised, source.frame, signal),
    source.ratio === undefined ? undefined : loadFrame(source.ratio, source.frame, signal),
  ]);
  const { width, height } = denoised.raster;
  return {
    frame: source.frame,
    part: { x: 0, y: 0, width, height },
    denoised: denoised.raster,
    ratio: ratio?.raster,
    preview: undefined,
  };
}

async function fromPreview(
  source: Extract<Source, { kind: "preview" }>,
  signal: AbortSignal,
): Promise<Omit<Processed, "took">> {
  const preview = await api.preview(source.operation, source.request, signal);
  const { denoised, ratio } = preview.images;
  if (!denoised) throw new Error("denoised");
  const { frame = 0, x = 0, y = 0, width = 0, height = 0 } = preview.region;
  return {
    frame,
    part: { x, y, width, height },
    denoised: rasterOf(denoised),
    ratio: ratio && rasterOf(ratio),
    preview: { ...preview, images: {} },
  };
}

export async function loadProcessed(source: Source, signal: AbortSignal): Promise<Processed> {
  const known = knownProcessed(source);
  if (known) return known;
  const begun = performance.now();
  const found = await (source.kind === "run" ? fromRun(source, signal) : fromPreview(source, signal));
  const done: Processed = { ...found, took: performance.now() - begun };
  processed.set(sourceKey(source), done, done.denoised.data.length + (done.ratio?.data.length ?? 0));
  return done;
}
