/** Colour maps by a few of their colours, evenly spaced from low to high. */
const STOPS: Record<string, string> = {
  gray: "000000 ffffff", viridis: "440154 3b528b 21918c 5ec962 fde725", magma: "000004 2c115f 721f81 b73779 f1605d feb078 fcfdbf",
  inferno: "000004 420a68 932667 dd513a fca50a fcffa4", hot: "000000 b30000 ff6600 ffd500 ffffff", cool: "000000 003c8c 0096c8 78e6e6 ffffff",
  warm: "3a0000 c83200 ff9600 ffe678", green: "001e0a 007832 50c878 e6ffe6", bone: "000000 38384d 718694 a9c6c6 ffffff", blueRed: "2166ac 92c5de f7f7f7 f4a582 b2182b",
};
export const PALETTES = Object.keys(STOPS);

/** 256 colours, red, green and blue one after another. */
export function palette(name: string): Uint8Array {
  const stops = (STOPS[name] ?? STOPS["gray"] ?? "").split(" ").map((s) => [0, 2, 4].map((i) => Number.parseInt(s.slice(i, i + 2), 16)));
  const table = new Uint8Array(768);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1), k = Math.min(stops.length - 2, Math.floor(at)), f = at - k;
    for (let c = 0; c < 3; c++) table[i * 3 + c] = Math.round((stops[k]?.[c] ?? 0) * (1 - f) + (stops[k + 1]?.[c] ?? 0) * f);
  }
  return table;
}
