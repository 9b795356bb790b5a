import { useEffect, useRef, type KeyboardEvent, type PointerEvent } from "react";
import { spacing, type Point } from "./image";
import { layout, paintOther, paintOwn, toPixel, toVoxel, type Layer, type Layout, type Plane } from "./slices";

interface Props {
  plane: Plane; label: string; base: Layer; overlay: Layer | undefined; cross: Point; radiological: boolean; zoom: number;
  move: (to: Point) => void; zoomBy: (factor: number) => void; window: (dx: number, dy: number) => void; hover: (at: Point | undefined) => void;
}

function toCanvas(image: ImageData): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

/** Where the slice lies on the canvas: fitted, zoomed about the crosshair, in canvas pixels. */
function place(canvas: HTMLCanvasElement, l: Layout, base: Layer, cross: Point, zoom: number) {
  const step = spacing(base.voxels.affine), sx = step[l.across as 0], sy = step[l.down as 0];
  const scale = zoom * Math.min(canvas.width / (l.width * sx), canvas.height / (l.height * sy));
  const w = l.width * sx * scale, h = l.height * sy * scale, [cx, cy] = toPixel(l, cross);
  const slide = (room: number, size: number, share: number) => (size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, room / 2 - share * size)));
  return { x: slide(canvas.width, w, (cx + 0.5) / l.width), y: slide(canvas.height, h, (cy + 0.5) / l.height), w, h };
}

function draw(canvas: HTMLCanvasElement, l: Layout, p: Props): void {
  const g = canvas.getContext("2d");
  if (!g) return;
  const { x, y, w, h } = place(canvas, l, p.base, p.cross, p.zoom), slice = p.cross[l.through as 0], ratio = devicePixelRatio || 1;
  g.fillStyle = "#000";
  g.fillRect(0, 0, canvas.width, canvas.height);
  g.imageSmoothingEnabled = !p.base.labels;
  g.imageSmoothingQuality = "high";
  g.drawImage(toCanvas(paintOwn(p.base, l, slice)), x, y, w, h);
  if (p.overlay) {
    g.globalAlpha = p.overlay.opacity;
    g.imageSmoothingEnabled = !p.overlay.labels;
    g.drawImage(toCanvas(paintOther(p.overlay, p.base.voxels, l, slice)), x, y, w, h);
    g.globalAlpha = 1;
  }
  const [i, j] = toPixel(l, p.cross), cx = Math.round(x + ((i + 0.5) / l.width) * w), cy = Math.round(y + ((j + 0.5) / l.height) * h), gap = 8 * ratio;
  g.fillStyle = "rgb(99 184 203 / 85%)";
  for (const [a, b, c, d] of [[0, cy, cx - gap, 1], [cx + gap, cy, canvas.width, 1], [cx, 0, 1, cy - gap], [cx, cy + gap, 1, canvas.height]] as const) g.fillRect(a, b, c, d);
  g.font = `600 ${13 * ratio}px system-ui, sans-serif`;
  g.fillStyle = "#ffd166";
  g.shadowColor = "#000";
  g.shadowBlur = 3 * ratio;
  const m = 8 * ratio, [left, top, right, bottom] = l.sides, middle = canvas.width / 2, half = canvas.height / 2 + 5 * ratio;
  g.textAlign = "left"; g.fillText(left, m, half);
  g.textAlign = "right"; g.fillText(right, canvas.width - m, half);
  g.textAlign = "center"; g.fillText(top, middle, m + 10 * ratio); g.fillText(bottom, middle, canvas.height - m);
  g.textAlign = "left"; g.fillStyle = "#e4ebee"; g.fillText(`${slice + 1} / ${l.depth}`, m, m + 10 * ratio);
  g.shadowBlur = 0;
}

export function Pane(p: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const l = layout(p.base.voxels, p.plane, p.radiological);
  const now = useRef({ p, l });
  now.current = { p, l };
  const drag = useRef<{ button: number; x: number; y: number }>();
  useEffect(() => {
    const frame = requestAnimationFrame(() => ref.current && draw(ref.current, l, p));
    return () => cancelAnimationFrame(frame);
  });
  const leaf = (by: number) => {
    const { p: q, l: k } = now.current, to: Point = [...q.cross];
    to[k.through as 0] = Math.min(k.depth - 1, Math.max(0, to[k.through as 0] + by));
    q.move(to);
  };
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const resize = new ResizeObserver(() => {
      canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
      canvas.height = Math.round(canvas.clientHeight * devicePixelRatio);
      draw(canvas, now.current.l, now.current.p);
    });
    resize.observe(canvas);
    // React's own wheel listener is passive and could not keep the page from scrolling.
    const wheel = (e: WheelEvent) => {
      e.preventDefault();
      if (e.ctrlKey) now.current.p.zoomBy(Math.exp(-e.deltaY / 300));
      else leaf(-Math.sign(e.deltaY));
    };
    canvas.addEventListener("wheel", wheel, { passive: false });
    return () => {
      resize.disconnect();
      canvas.removeEventListener("wheel", wheel);
    };
  }, []);
  const voxel = (e: PointerEvent<HTMLCanvasElement>, clamp: boolean): Point | undefined => {
    const c = e.currentTarget, r = c.getBoundingClientRect(), at = place(c, l, p.base, p.cross, p.zoom);
    const x = Math.floor((((e.clientX - r.left) * devicePixelRatio - at.x) / at.w) * l.width), y = Math.floor((((e.clientY - r.top) * devicePixelRatio - at.y) / at.h) * l.height);
    if (!clamp && (x < 0 || y < 0 || x >= l.width || y >= l.height)) return undefined;
    return toVoxel(l, Math.min(l.width - 1, Math.max(0, x)), Math.min(l.height - 1, Math.max(0, y)), p.cross[l.through as 0]);
  };
  const down = (e: PointerEvent<HTMLCanvasElement>) => {
    e.currentTarget.setPointerCapture(e.pointerId);
    drag.current = { button: e.button, x: e.clientX, y: e.clientY };
    const to = e.button === 0 ? voxel(e, true) : undefined;
    if (to) p.move(to);
  };
  const moved = (e: PointerEvent<HTMLCanvasElement>) => {
    const from = drag.current;
    p.hover(voxel(e, false));
    if (!from) return;
    if (from.button === 0) {
      const to = voxel(e, true);
      if (to) p.move(to);
    } else {
      p.window(e.clientX - from.x, e.clientY - from.y);
      drag.current = { ...from, x: e.clientX, y: e.clientY };
    }
  };
  const keys = (e: KeyboardEvent) => {
    const steps: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[e.key];
    if (step) {
      const [x, y] = toPixel(l, p.cross);
      p.move(toVoxel(l, Math.min(l.width - 1, Math.max(0, x + step[0])), Math.min(l.height - 1, Math.max(0, y + step[1])), p.cross[l.through as 0]));
    } else if (e.key === "PageUp") leaf(1);
    else if (e.key === "PageDown") leaf(-1);
    else if (e.key === "+" || e.key === "=") p.zoomBy(1.25);
    else if (e.key === "-") p.zoomBy(0.8);
    else if (e.key === "0") p.zoomBy(0);
    else return;
    e.preventDefault();
  };
  return (
    <canvas ref={ref} className="pane" tabIndex={0} role="application" aria-label={p.label} onPointerDown={down} onPointerMove={moved} onPointerUp={() => (drag.current = undefined)}
      onPointerCancel={() => (drag.current = undefined)} onPointerLeave={() => p.hover(undefined)} onContextMenu={(e) => e.preventDefault()} onKeyDown={keys} />
  );
}
