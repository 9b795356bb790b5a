import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import { useT } from "../../i18n";
import type { View } from "../../viewers/picture/useZoom";
import { fitted, type Box, type Size } from "./geometry";

interface Props {
  boxes: Box[];
  set: (boxes: Box[]) => void;
  chosen: number | undefined;
  choose: (i: number | undefined) => void;
  frame: Size;
  view: View;
  /** Share of the width that this layer covers, from where. */
  half: "whole" | "left" | "right";
}

const place = (box: Box, view: View) => ({
  left: view.x + box.x * view.scale,
  top: view.y + box.y * view.scale,
  width: box.width * view.scale,
  height: box.height * view.scale,
});

/** Arrows move, with Shift they size; Ctrl makes steps of ten. */
function moved(box: Box, e: KeyboardEvent): Box | undefined {
  const step = e.ctrlKey ? 10 : 1;
  const [dx, dy] =
    { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[e.key] ?? [];
  if (dx === undefined || dy === undefined) return undefined;
  if (e.shiftKey) return { ...box, width: box.width + dx, height: box.height + dy };
  return { ...box, x: box.x + dx, y: box.y + dy };
}

/** The regions as frames on the picture, each to be moved by mouse and keyboard. */
export function RegionLayer({ boxes, set, chosen, choose, frame, view, half }: Props) {
  const t = useT();
  const drag = useRef<{ x: number; y: number; box: Box } | undefined>(undefined);
  const change = (i: number, box: Box) => set(boxes.map((old, k) => (k === i ? fitted(box, frame) : old)));
  const remove = (i: number) => set(boxes.filter((_, k) => k !== i));
  const keys = (i: number, box: Box) => (e: KeyboardEvent) => {
    const next = moved(box, e);
    if (next) change(i, next);
    else if (e.key === "Delete" || e.key === "Backspace") remove(i);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  const down = (box: Box) => (e: PointerEvent) => {
    drag.current = { x: e.clientX, y: e.clientY, box };
    e.currentTarget.setPointerCapture(e.pointerId);
    e.stopPropagation();
  };
  const move = (i: number) => (e: PointerEvent) => {
    const from = drag.current;
    if (!from) return;
    const [dx, dy] = [(e.clientX - from.x) / view.scale, (e.clientY - from.y) / view.scale];
    change(i, { ...from.box, x: from.box.x + dx, y: from.box.y + dy });
    e.stopPropagation();
  };
  const copy = half === "right";
  return (
    <div className={`region-layer ${half}`} aria-hidden={copy}>
      {boxes.map((box, i) =>
        copy ? (
          <span key={i} className="region-box" style={place(box, view)}>
            <span>{i + 1}</span>
          </span>
        ) : (
          <button
            key={i}
            type="button"
            className="region-box"
            style={place(box, view)}
            aria-pressed={chosen === i}
            aria-label={t("despeckle.regionAt", { n: i + 1, ...box })}
            onFocus={() => choose(i)}
            onKeyDown={keys(i, box)}
            onPointerDown={down(box)}
            onPointerMove={move(i)}
            onPointerUp={() => (drag.current = undefined)}
            onPointerCancel={() => (drag.current = undefined)}
          >
            <span aria-hidden="true">{i + 1}</span>
          </button>
        ),
      )}
    </div>
  );
}
