import dicomParser, { type DataSet } from "dicom-parser";
import { inflateRaw } from "pako";
import { api, urls } from "../../api/client";
import type { Artifact } from "../../api/types";
import { between, inSpace, type Placed } from "./order";

/** One picture that can be shown: a file, or one frame of a file. */
export interface Frame extends Placed {
  imageId: string;
  file: number;
  modality: string;
  description: string;
  /** Seconds from this frame to the next, if the file tells. */
  seconds: number | undefined;
}

/** Most headers are shorter; the few that are not cost a second request. */
const HEADER_BYTES = 24 * 1024;
const AT_ONCE = 8;
const DEFLATED = "1.2.840.10008.1.2.1.99";

// The parser, and the loader that uses it, look for the inflater of deflated files under this name.
(globalThis as { pako?: unknown }).pako ??= { inflateRaw };

function parse(bytes: Uint8Array): DataSet {
  // A deflated file cannot be read up to the pixels only: what comes before is deflated with them.
  const head = dicomParser.readPart10Header(bytes);
  return head.string("x00020010") === DEFLATED ? dicomParser.parseDicom(bytes) : dicomParser.parseDicom(bytes, { untilTag: "x7fe00010" });
}

async function headerOf(url: string, size: number, signal: AbortSignal): Promise<DataSet> {
  const headers: HeadersInit = size > HEADER_BYTES ? { Range: `bytes=0-${HEADER_BYTES - 1}` } : {};
  const response = await fetch(url, { headers, signal });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const part = new Uint8Array(await response.arrayBuffer());
  try {
    return parse(part);
  } catch (cause) {
    if (response.status !== 206) throw cause;
    // The header is longer than most: the whole file is wanted for the picture anyway.
    return parse(new Uint8Array(await (await fetch(url, { signal })).arrayBuffer()));
  }
}

const numbers = (d: DataSet | undefined, tag: string): number[] =>
  (d?.string(tag) ?? "").split("\\").map(Number.parseFloat).filter(Number.isFinite);
const triple = (v: number[]): Placed["position"] => (v.length === 3 ? [v[0] ?? 0, v[1] ?? 0, v[2] ?? 0] : undefined);
const inner = (d: DataSet | undefined, tag: string): DataSet | undefined => d?.elements[tag]?.items?.[0]?.dataSet;

/** Seconds between frames: Frame Time in ms, else a rate in frames a second. */
function frameSeconds(d: DataSet): number | undefined {
  const time = numbers(d, "x00181063")[0];
  const rate = numbers(d, "x00082144")[0] ?? numbers(d, "x00180040")[0];
  if (time !== undefined && time > 0) return time / 1000;
  return rate !== undefined && rate > 0 ? 1 / rate : undefined;
}

const ENCODINGS: Record<string, string> = {
  ISO_IR_100: "latin1", ISO_IR_101: "iso-8859-2", ISO_IR_144: "iso-8859-5", ISO_IR_127: "iso-8859-6", ISO_IR_126: "iso-8859-7",
  ISO_IR_138: "iso-8859-8", ISO_IR_192: "utf-8", GB18030: "gb18030", GBK: "gbk", ISO_IR_13: "shift_jis", ISO_IR_166: "windows-874",
};
/** Text in the character set that the file names; only what the viewer shows is read, never who the patient is. */
function text(d: DataSet, tag: string): string {
  const element = d.elements[tag];
  if (!element) return "";
  const named = (d.string("x00080005") ?? "").split("\\").pop()?.trim().replaceAll(" ", "_") ?? "";
  const bytes = d.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  return new TextDecoder(ENCODINGS[named] ?? "latin1").decode(bytes).replaceAll("\0", "").trim();
}

function framesOf(d: DataSet, url: string, file: number): Frame[] {
  const count = Math.max(1, Math.trunc(numbers(d, "x00280008")[0] ?? 1));
  const shared = inner(d, "x52009229");
  const each = d.elements["x52009230"]?.items ?? [];
  const common = {
    file, modality: text(d, "x00080060"), description: text(d, "x0008103e"), seconds: frameSeconds(d),
    time: numbers(d, "x00200100")[0] ?? numbers(d, "x00200012")[0] ?? 0,
  };
  const number = numbers(d, "x00200013")[0] ?? file;
  return Array.from({ length: count }, (_, i) => {
    const own = each[i]?.dataSet;
    const place = inner(own, "x00209113") ?? inner(shared, "x00209113") ?? d;
    const turned = inner(own, "x00209116") ?? inner(shared, "x00209116") ?? d;
    return {
      ...common, number: number * 1e5 + i, imageId: `wadouri:${url}${count > 1 ? `&frame=${i + 1}` : ""}`,
      // One position for many frames says nothing about their order.
      position: count > 1 && place === d ? undefined : triple(numbers(place, "x00200032")),
      orientation: numbers(turned, "x00200037"),
    };
  });
}

/** A header without rows and columns holds no picture: a report, a plan, a structure set. */
const hasPixels = (d: DataSet): boolean => (d.uint16("x00280010") ?? 0) > 0 && (d.uint16("x00280011") ?? 0) > 0;

export interface Stack { frames: Frame[]; left: number; gap: number | undefined }

/** Reads the headers of all files, leaves out those without pictures, and puts the rest in the order of space. */
export async function readStack(a: Artifact, signal: AbortSignal, progress: (share: number) => void): Promise<Stack> {
  const files = a.files > 1 ? (await api.files(a.id)).items.map((f, n) => ({ url: urls.file(a.id, n), size: f.size })) : [{ url: urls.content(a.id), size: a.size }];
  const found: Frame[][] = files.map(() => []);
  let next = 0, done = 0, left = 0, problem: unknown;
  const work = async () => {
    while (next < files.length) {
      const n = next++;
      const { url = "", size = 0 } = files[n] ?? {};
      try {
        const header = await headerOf(url, size, signal);
        if (hasPixels(header)) found[n] = framesOf(header, url, n);
        else left++;
      } catch (cause) {
        if (signal.aborted) throw cause;
        problem = cause;
        left++;
      }
      progress(++done / files.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, files.length) }, work));
  const frames = inSpace(found.flat());
  if (frames.length === 0 && problem) throw problem;
  return { frames, left, gap: between(frames) };
}
