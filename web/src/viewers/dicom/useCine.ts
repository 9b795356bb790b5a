import { useEffect, useRef, useState } from "react";

/** Plays a stack: steps no faster than pictures come, so that a slow decoder slows the film and does not pile up work. */
export function useCine(count: number, fps: number, step: () => Promise<void>) {
  const [playing, setPlaying] = useState(false);
  const latest = useRef(step);
  latest.current = step;
  useEffect(() => {
    if (!playing || count < 2) return;
    let stopped = false, timer = 0;
    const next = async () => {
      const begun = performance.now();
      try {
        await latest.current();
      } catch {
        if (!stopped) setPlaying(false);
        return;
      }
      if (!stopped) timer = window.setTimeout(next, Math.max(0, 1000 / fps - (performance.now() - begun)));
    };
    timer = window.setTimeout(next, 1000 / fps);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [playing, fps, count]);
  return { playing, setPlaying };
}
