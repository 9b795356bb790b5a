import { useEffect, useRef, useState, type RefObject } from "react";

export interface View { scale: number; x: number; y: number }
export type Mode = "swipe" | "side" | "difference";

/** Zoom and pan of a picture in a box, in CSS pixels; fitted when the picture or the box changes. */
export function useZoom(box: RefObject<HTMLDivElement>, width: number, height: number, halves: number) {
  const [view, setView] = useState<View>({ scale: 1, x: 0, y: 0 });
  const [size, setSize] = useState(0);
  const room = () => ({ w: (box.current?.clientWidth ?? 0) / halves, h: box.current?.clientHeight ?? 0 });
  const fit = () => {
    const { w, h } = room();
    if (!w || !width) return;
    const scale = Math.min(w / width, h / height);
    setView({ scale, x: (w - width * scale) / 2, y: (h - height * scale) / 2 });
  };
  const by = (factor: number, cx?: number, cy?: number) => setView((v) => {
    const { w, h } = room(), scale = Math.min(64, Math.max(0.01, v.scale * factor)), f = scale / v.scale, px = cx ?? w / 2, py = cy ?? h / 2;
    return { scale, x: px - (px - v.x) * f, y: py - (py - v.y) * f };
  });
  const pan = (dx: number, dy: number) => setView((v) => ({ ...v, x: v.x + dx, y: v.y + dy }));
  const latest = useRef({ fit, by, halves });
  latest.current = { fit, by, halves };
  useEffect(() => latest.current.fit(), [width, height, halves]);
  useEffect(() => {
    const b = box.current;
    if (!b) return;
    // React's own wheel listener is passive and could not keep the page from scrolling.
    const wheel = (e: WheelEvent) => {
      e.preventDefault();
      const r = b.getBoundingClientRect();
      latest.current.by(Math.exp(-e.deltaY / 300), (e.clientX - r.left) % (r.width / latest.current.halves), e.clientY - r.top);
    };
    b.addEventListener("wheel", wheel, { passive: false });
    const resize = new ResizeObserver(() => { setSize(b.clientWidth * 1e5 + b.clientHeight); latest.current.fit(); });
    resize.observe(b);
    return () => {
      b.removeEventListener("wheel", wheel);
      resize.disconnect();
    };
  }, []);
  return { view, size, fit, by, pan };
}

export function drawPictures(canvas: HTMLCanvasElement, view: View, a: HTMLCanvasElement, b: HTMLCanvasElement | undefined, mode: Mode, swipe: number, gap: HTMLCanvasElement | undefined): void {
  const ratio = devicePixelRatio || 1, w = canvas.parentElement?.clientWidth ?? 0, h = canvas.parentElement?.clientHeight ?? 0;
  canvas.width = Math.round(w * ratio);
  canvas.height = Math.round(h * ratio);
  const g = canvas.getContext("2d");
  if (!g) return;
  g.scale(ratio, ratio);
  g.imageSmoothingEnabled = view.scale < 3;
  g.imageSmoothingQuality = "high";
  // Both are drawn at the size of the first one, so that the same place lies under the pointer.
  const put = (picture: HTMLCanvasElement, from: number, to: number, shift: number) => {
    g.save();
    g.beginPath();
    g.rect(from, 0, to - from, h);
    g.clip();
    g.drawImage(picture, view.x + shift, view.y, a.width * view.scale, a.height * view.scale);
    g.restore();
  };
  if (!b) return put(a, 0, w, 0);
  if (mode === "difference") return put(gap ?? a, 0, w, 0);
  if (mode === "side") {
    put(a, 0, w / 2 - 1, 0);
    return put(b, w / 2 + 1, w, w / 2);
  }
  put(a, 0, w * swipe, 0);
  put(b, w * swipe, w, 0);
  g.fillStyle = "#fff";
  g.fillRect(w * swipe - 1, 0, 2, h);
}
