import { useEffect, useState } from "react";
import { urls } from "../../api/client";
import type { Artifact } from "../../api/types";
import { volumeExtension } from "../formats";
import { ranges } from "./image";
import { loadVolume, type Loaded } from "./read";
import type { Layer } from "./slices";

const BYTES: Record<string, number> = { uint8: 1, int8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, float32: 4, float64: 8, int64: 8, uint64: 8 };
function unpackedSize(a: Artifact): number {
  const size = a.properties["size"], type = String(a.properties["pixel_type"]), channels = Number(a.properties["channels"] ?? a.properties["time_points"] ?? 1);
  return Array.isArray(size) ? size.reduce((n: number, x: unknown) => n * Number(x), 1) * channels * (BYTES[type] ?? 1) : a.size;
}

export interface Opened { artifact: Artifact; loaded: Loaded; layer: Layer; span: { low: number; high: number } }

function firstLayer(artifact: Artifact, loaded: Loaded, over: boolean): Pick<Opened, "layer" | "span"> {
  const { voxels } = loaded, labels = artifact.kind === "labels", frame = voxels.vector || (artifact.kind === "field" && voxels.frames > 1) ? -1 : 0;
  const { low, high, from, to } = ranges(voxels, frame);
  return { layer: { voxels, labels, frame, low: labels ? low : from, high: labels ? high : to, map: over ? "warm" : "gray", opacity: over ? 0.5 : 1 }, span: { low, high } };
}

/** Loads an image and keeps how it is shown. */
export function useVolume(artifact: Artifact | undefined, over: boolean) {
  const [opened, setOpened] = useState<Opened>();
  const [share, setShare] = useState(0);
  const [failed, setFailed] = useState<unknown>();
  useEffect(() => {
    setOpened(undefined);
    setFailed(undefined);
    setShare(0);
    if (!artifact) return;
    const abort = new AbortController();
    loadVolume(urls.content(artifact.id), volumeExtension(artifact) ?? "nii", unpackedSize(artifact), abort.signal, setShare)
      .then((loaded) => !abort.signal.aborted && setOpened({ artifact, loaded, ...firstLayer(artifact, loaded, over) }))
      .catch((e: unknown) => !abort.signal.aborted && setFailed(e));
    return () => abort.abort();
  }, [artifact?.id]);
  const change = (part: Partial<Layer>) => setOpened((o) => o && { ...o, layer: { ...o.layer, ...part } });
  const auto = (frame: number) => setOpened((o) => {
    if (!o) return o;
    const { low, high, from, to } = ranges(o.layer.voxels, frame);
    return { ...o, span: { low, high }, layer: { ...o.layer, frame, low: from, high: to } };
  });
  return { opened, share, failed, change, auto };
}
