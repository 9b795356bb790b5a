/** Where a slice lies: the place of its first pixel (mm, LPS) and the directions of its rows and columns. */
export interface Placed {
  position: [number, number, number] | undefined;
  orientation: number[];
  time: number;
  number: number;
}

/** Directions that differ by less than a tenth of a degree are one stack. */
const SAME = 0.002;

export function normalOf(p: Placed): [number, number, number] | undefined {
  if (p.orientation.length !== 6) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = p.orientation;
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}

export function along(p: Placed): number | undefined {
  const n = normalOf(p);
  return n && p.position && n[0] * p.position[0] + n[1] * p.position[1] + n[2] * p.position[2];
}

/**
 * Slices by their place along the normal of the plane, not by file or number, which scanners give as they
 * please; stacks of other orientation after one another; slices at one place by time. What tells no place
 * keeps the order of its numbers, at the end.
 */
export function inSpace<T extends Placed>(slices: readonly T[]): T[] {
  const stacks: { normal: [number, number, number]; slices: T[] }[] = [];
  const nowhere: T[] = [];
  for (const s of slices) {
    const n = normalOf(s);
    if (!n || !s.position) {
      nowhere.push(s);
      continue;
    }
    const stack = stacks.find((x) => x.normal.every((v, i) => Math.abs(v - (n[i] ?? 0)) < SAME));
    if (stack) stack.slices.push(s);
    else stacks.push({ normal: n, slices: [s] });
  }
  const byPlace = (a: T, b: T) => (along(a) ?? 0) - (along(b) ?? 0) || a.time - b.time || a.number - b.number;
  stacks.sort((a, b) => b.slices.length - a.slices.length);
  return [...stacks.flatMap((s) => s.slices.sort(byPlace)), ...nowhere.sort((a, b) => a.time - b.time || a.number - b.number)];
}

/** The usual distance between neighbouring slices in mm: the median, so that one gap does not change it. */
export function between(slices: readonly Placed[]): number | undefined {
  const steps: number[] = [];
  for (let i = 1; i < slices.length; i++) {
    const a = slices[i - 1], b = slices[i];
    const from = a && along(a), to = b && along(b);
    if (from !== undefined && to !== undefined && to - from > 1e-4) steps.push(to - from);
  }
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1];
}
