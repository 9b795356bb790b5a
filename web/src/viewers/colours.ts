/** Distinct colours for label numbers: hues a golden angle apart never come close for neighbouring labels. */
export function labelColours(max: number): { R: number[]; G: number[]; B: number[]; A: number[]; I: number[]; labels: string[] } {
  const n = Math.min(4095, Math.max(1, Math.round(max)));
  const R = [0], G = [0], B = [0], A = [0], I = [0], labels = [""];
  for (let i = 1; i <= n; i++) {
    const [r, g, b] = hsl((i * 137.508) % 360, 0.68, i % 2 ? 0.56 : 0.66);
    R.push(r); G.push(g); B.push(b); A.push(255); I.push(i); labels.push(String(i));
  }
  return { R, G, B, A, I, labels };
}

function hsl(h: number, s: number, l: number): [number, number, number] {
  const channel = (n: number) => {
    const k = (n + h / 30) % 12;
    return Math.round(255 * (l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** Magma, by seven of its colours; dark is quiet. */
const stops = [[0, 0, 4], [44, 17, 95], [114, 31, 129], [183, 55, 121], [241, 96, 93], [254, 176, 120], [252, 253, 191]] as const;
export function magma(x: number): [number, number, number] {
  const at = Math.min(0.9999, Math.max(0, x)) * (stops.length - 1), i = Math.floor(at), f = at - i;
  const a = stops[i] ?? stops[0], b = stops[i + 1] ?? stops[0];
  return [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f, a[2] + (b[2] - a[2]) * f];
}
