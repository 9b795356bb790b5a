import { readMetaImage } from "./metaimage";
import { readNifti } from "./nifti";
import { readNrrd } from "./nrrd";
import type { Voxels } from "./image";

async function drain(stream: ReadableStream<Uint8Array>, expected: number, progress: (bytes: number) => void): Promise<Uint8Array> {
  const reader = stream.getReader();
  let all = new Uint8Array(Math.max(expected, 1 << 16)), have = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return all.subarray(0, have);
    if (have + value.length > all.length) {
      const larger = new Uint8Array(Math.max(all.length * 2, have + value.length));
      larger.set(all.subarray(0, have));
      all = larger;
    }
    all.set(value, have);
    progress(have += value.length);
  }
}

/** Unpacks gzip ("gzip") or zlib ("deflate") data apart from the thread that draws. */
export async function inflate(bytes: Uint8Array, form: "gzip" | "deflate", expected: number): Promise<Uint8Array> {
  const unpacked = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream(form));
  return drain(unpacked as ReadableStream<Uint8Array>, expected, () => undefined);
}

/** What is loaded: the voxels, and the bytes of the unpacked file for the 3-D view. */
export interface Loaded { voxels: Voxels; bytes: Uint8Array; extension: string }

/** Loads a volume while it is unpacked; `expected` is a guess at its unpacked size that saves copying. */
export async function loadVolume(url: string, extension: string, expected: number, signal: AbortSignal, progress: (share: number) => void): Promise<Loaded> {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
  const total = Number(response.headers.get("content-length")) || 0;
  let have = 0;
  const counted = response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
    transform(part, out) {
      have += part.length;
      if (total) progress(Math.min(1, have / total));
      out.enqueue(part);
    },
  }));
  // The name may lie about compression, the first two bytes do not.
  const [head, body] = await peek(counted);
  const zipped = head[0] === 0x1f && head[1] === 0x8b;
  const plain = zipped ? body.pipeThrough(new DecompressionStream("gzip") as unknown as TransformStream<Uint8Array, Uint8Array>) : body;
  const bytes = await drain(plain, zipped ? expected + 1024 : total, () => undefined);
  const kind = extension.replace(/\.gz$/, "");
  const voxels = kind === "nrrd" ? await readNrrd(bytes) : kind === "mha" ? await readMetaImage(bytes) : readNifti(bytes);
  return { voxels, bytes, extension: kind };
}

async function peek(stream: ReadableStream<Uint8Array>): Promise<[Uint8Array, ReadableStream<Uint8Array>]> {
  const reader = stream.getReader();
  const first = await reader.read();
  const head = first.value ?? new Uint8Array();
  const rest = new ReadableStream<Uint8Array>({
    start(out) { if (head.length) out.enqueue(head); },
    async pull(out) {
      const { done, value } = await reader.read();
      if (done) out.close();
      else out.enqueue(value);
    },
    cancel: (why) => reader.cancel(why),
  });
  return [head, rest];
}
