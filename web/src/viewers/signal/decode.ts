import type { Artifact } from "../../api/types";

export interface Recording { rate: number; channels: Float32Array[]; bits: string }

/** Sampling rates that browsers decode and play. */
export const AUDIBLE = { least: 3000, most: 384_000 };
const FORMATS: Record<number, string> = { 1: "pcm", 3: "float" };

/** Plain WAV read here: any rate and number of channels, as written, without the browser's resampling. */
function readWav(data: ArrayBuffer): Recording | undefined {
  const v = new DataView(data);
  const tag = (at: number) => String.fromCharCode(...new Uint8Array(data, at, 4));
  if (data.byteLength < 44 || tag(0) !== "RIFF" || tag(8) !== "WAVE") return undefined;
  let rate = 0, count = 0, bits = 0, kind: string | undefined;
  for (let at = 12; at + 8 <= data.byteLength; ) {
    const name = tag(at), size = v.getUint32(at + 4, true), body = at + 8;
    if (name === "fmt ") {
      const code = v.getUint16(body, true);
      // The extensible form keeps the real code at the head of its identifier.
      kind = FORMATS[code === 0xfffe && size >= 26 ? v.getUint16(body + 24, true) : code];
      count = v.getUint16(body + 2, true);
      rate = v.getUint32(body + 4, true);
      bits = v.getUint16(body + 14, true);
    } else if (name === "data") {
      const bytes = Math.min(size, data.byteLength - body), width = bits / 8;
      if (!kind || count < 1 || ![1, 2, 3, 4, 8].includes(width)) return undefined;
      return { rate, channels: separate(v, body, Math.floor(bytes / (width * count)), count, kind, width), bits: kind === "float" ? `float ${bits}-bit` : `${bits}-bit` };
    }
    at = body + size + (size & 1);
  }
  return undefined;
}

function separate(v: DataView, start: number, frames: number, count: number, kind: string, width: number): Float32Array[] {
  const read: Record<string, (at: number) => number> = {
    pcm1: (at) => (v.getUint8(at) - 128) / 128, pcm2: (at) => v.getInt16(at, true) / 32_768,
    pcm3: (at) => ((v.getUint8(at) | (v.getUint8(at + 1) << 8) | (v.getInt8(at + 2) << 16))) / 8_388_608,
    pcm4: (at) => v.getInt32(at, true) / 2_147_483_648, float4: (at) => v.getFloat32(at, true), float8: (at) => v.getFloat64(at, true),
  };
  const get = read[kind + width] ?? (() => 0);
  return Array.from({ length: count }, (_, c) => {
    const samples = new Float32Array(frames);
    for (let i = 0, at = start + c * width; i < frames; i++, at += count * width) samples[i] = get(at);
    return samples;
  });
}

export async function decode(data: ArrayBuffer, a: Artifact): Promise<Recording> {
  const wav = readWav(data);
  if (wav) return wav;
  const known = Number(a.properties["rate"]);
  const rate = known >= AUDIBLE.least && known <= AUDIBLE.most ? known : 48_000;
  // At any other rate than its own the recording would be resampled.
  const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(data);
  return { rate: sound.sampleRate, channels: Array.from({ length: sound.numberOfChannels }, (_, c) => sound.getChannelData(c)), bits: "" };
}
