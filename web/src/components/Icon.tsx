import type { Kind } from "../api/types";

const shapes: Record<Kind, string> = {
  volume: "M8 1.5 14 5v6l-6 3.5L2 11V5zM2 5l6 3.5L14 5M8 8.5v6",
  labels: "M2 4a2 2 0 0 1 2-2h4l6 6-5 6-7-6zM5.5 5.5h.01",
  series: "M4 2h10v9H4zM2 5v9h9",
  images: "M5 2h9v7H5zM2 5v8h9M5 8l2.5-2.5L10 8l1.5-1.5L14 9",
  picture: "M2 3h12v10H2zM2 11l4-4 3 3 2-2 3 3M11 5.8h.01",
  transform: "M2 6 8 3l6 3-6 3zM2 10l6 3 6-3",
  field: "M2 4h5M5 2l2 2-2 2M9 8h5M12 6l2 2-2 2M2 12h5M5 10l2 2-2 2",
  mesh: "M8 2 14 13H2zM8 2v11M5 7.5h6",
  points: "M4 4h.01M12 3h.01M8 8h.01M3 12h.01M13 12h.01",
  table: "M2 3h12v10H2zM2 6.5h12M2 10h12M6 3v10",
  signal: "M1 8h2l2-5 3 10 3-8 1.5 3H15",
  document: "M4 1.5h5l3 3v10H4zM6 7h4M6 10h4",
  tensors: "M3 4h.01M3 12h.01M8 8h.01M13 4h.01M13 12h.01M3 4l5 4 5-4M3 12l5-4 5 4",
  report: "M3 1.5h10v13H3zM5.5 11V8M8 11V5M10.5 11V7",
  file: "M4 1.5h5l3 3v10H4z",
  folder: "M1.5 3.5h5l1.5 2h6.5v7.5h-13z",
};

export function KindIcon({ kind, size = 18 }: { kind: Kind; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={shapes[kind] ?? shapes.file} />
    </svg>
  );
}

const glyphs = {
  close: "M4 4l8 8M12 4l-8 8",
  trash: "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 9h5.8l.6-9",
  down: "M8 2v8M4.5 7 8 10.5 11.5 7M3 13.5h10",
  plus: "M8 3v10M3 8h10",
};
export function Glyph({ name }: { name: keyof typeof glyphs }) {
  return (
    <svg
      width="15"
      height="15"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={glyphs[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#1f6f82" />
      <circle cx="16" cy="16" r="8.5" fill="none" stroke="#fff" strokeWidth="2.4" />
      <path d="M16 4v24M4 16h24" stroke="#fff" strokeWidth="1.6" opacity=".7" />
      <circle cx="16" cy="16" r="2.6" fill="#fff" />
    </svg>
  );
}
