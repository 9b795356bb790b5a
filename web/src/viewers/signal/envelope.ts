const BLOCK = 256;

/** A channel with the lowest and highest of each block, so that hours are drawn as fast as seconds. */
export class Envelope {
  readonly peak: number;
  readonly rms: number;
  private readonly low: Float32Array;
  private readonly high: Float32Array;

  constructor(readonly samples: Float32Array) {
    const blocks = Math.ceil(samples.length / BLOCK);
    this.low = new Float32Array(blocks);
    this.high = new Float32Array(blocks);
    let squares = 0, peak = 0;
    for (let b = 0; b < blocks; b++) {
      const [low, high] = Envelope.span(samples, b * BLOCK, Math.min(samples.length, (b + 1) * BLOCK));
      this.low[b] = low;
      this.high[b] = high;
      peak = Math.max(peak, -low, high);
    }
    for (const v of samples) squares += v * v;
    this.peak = peak;
    this.rms = Math.sqrt(squares / Math.max(1, samples.length));
  }

  private static span(samples: Float32Array, from: number, to: number): [number, number] {
    let low = Infinity, high = -Infinity;
    for (let i = from; i < to; i++) {
      const v = samples[i] ?? 0;
      if (v < low) low = v;
      if (v > high) high = v;
    }
    return [low, high];
  }

  range(from: number, to: number): [number, number] {
    const a = Math.max(0, Math.floor(from)), b = Math.min(this.samples.length, Math.max(a + 1, Math.ceil(to)));
    if (b - a < 2 * BLOCK) return Envelope.span(this.samples, a, b);
    const first = Math.floor(a / BLOCK), last = Math.min(this.low.length, Math.ceil(b / BLOCK));
    let low = Infinity, high = -Infinity;
    for (let k = first; k < last; k++) {
      low = Math.min(low, this.low[k] ?? 0);
      high = Math.max(high, this.high[k] ?? 0);
    }
    return [low, high];
  }
}

/** Channels under one another; few samples as a line, many as the band between lowest and highest. */
export function drawChannels(canvas: HTMLCanvasElement, channels: Envelope[], from: number, to: number, colour: string): void {
  const g = canvas.getContext("2d"), { width, height } = canvas, each = height / channels.length;
  if (!g) return;
  g.clearRect(0, 0, width, height);
  channels.forEach((channel, c) => {
    const middle = each * (c + 0.5), scale = (each * 0.46) / (channel.peak || 1), step = (to - from) / width;
    g.fillStyle = "#33434b";
    g.fillRect(0, Math.round(middle), width, 1);
    g.fillStyle = g.strokeStyle = colour;
    if (step < 1) {
      g.beginPath();
      for (let i = Math.max(0, Math.floor(from)); i <= Math.min(channel.samples.length - 1, Math.ceil(to)); i++) g.lineTo((i - from) / step, middle - (channel.samples[i] ?? 0) * scale);
      g.stroke();
      return;
    }
    for (let x = 0; x < width; x++) {
      const [low, high] = channel.range(from + x * step, from + (x + 1) * step);
      if (high >= low) g.fillRect(x, middle - high * scale, 1, Math.max(1, (high - low) * scale));
    }
  });
}
