import type { Artifact } from "../api/types";

const known = /\.(nii(?:\.gz)?|nrrd|mha)$/i;

const IMAGES: readonly string[] = ["series", "volume", "labels", "picture", "field"];
export const isDicom = (a: Artifact): boolean => a.kind === "series" || (a.format.startsWith("DICOM") && IMAGES.includes(a.kind));

/** The ending by which the volume viewer tells formats apart; undefined if it cannot show this one. */
export function volumeExtension(a: Artifact): string | undefined {
  // Header and pixels in two files would need both; those are converted first.
  if (a.files > 1) return undefined;
  const named = known.exec(a.name)?.[1]?.toLowerCase();
  const format = a.format.toLowerCase();
  if (format.includes("nifti")) return named?.startsWith("nii") ? named : "nii";
  if (format.includes("nrrd")) return "nrrd";
  if (format.includes("metaimage")) return "mha";
  return format === "" ? named : undefined;
}

export function meshExtension(a: Artifact): string | undefined {
  const named = /\.(stl|ply|obj|vtk|gii|mz3|off|glb|gltf)$/i.exec(a.name)?.[1]?.toLowerCase();
  return named ?? (/stl|ply|obj|vtk|glb|gltf/.exec(a.format.toLowerCase())?.[0]);
}

/** Shown pixel by pixel: what browsers decode, and TIFF. */
export const isPicture = (a: Artifact): boolean => /^(png|jpe?g|webp|gif|bmp|svg|tiff?)\b/i.test(a.format) || (a.kind === "picture" && /\.(png|jpe?g|webp|tiff?)$/i.test(a.name));

export async function download(url: string, signal: AbortSignal, progress?: (share: number) => void): Promise<ArrayBuffer> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const total = Number(response.headers.get("content-length"));
  if (!response.body || !total || !progress) return response.arrayBuffer();
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let have = 0, told = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    have += value.length;
    if (have - told > total / 100) progress((told = have) / total);
  }
  const all = new Uint8Array(have);
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all.buffer;
}
