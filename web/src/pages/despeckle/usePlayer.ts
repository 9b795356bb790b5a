import { useEffect, useRef, useState } from "react";
import { knownFrame, knownProcessed, loadFrame, loadProcessed, type Source } from "./frames";

/** Frames a second, if they are there in time. */
const RATE = 12;
/** So many frames are made before they are due. */
const AHEAD = 12;

interface Film {
  artifact: string;
  count: number;
  frame: number;
  setFrame: (n: number) => void;
  sourceOf: (frame: number) => Source;
}

/** Plays a sequence before and after together: a frame is shown when both are there, and the next ones are asked for meanwhile. */
export function usePlayer(film: Film) {
  const [playing, setPlaying] = useState(false);
  const [error, setError] = useState<unknown>();
  const latest = useRef(film);
  latest.current = film;
  const { count } = film;
  useEffect(() => {
    if (!playing || count < 2) return;
    const abort = new AbortController();
    setError(undefined);
    const ready = (n: number) =>
      knownFrame(latest.current.artifact, n) && knownProcessed(latest.current.sourceOf(n));
    const fill = async () => {
      while (!abort.signal.aborted) {
        const { artifact, frame, sourceOf } = latest.current;
        const next = Array.from({ length: Math.min(AHEAD, count) }, (_, i) => (frame + i) % count);
        const missing = next.find((n) => !ready(n));
        if (missing === undefined) {
          await new Promise((done) => setTimeout(done, 1000 / RATE));
          continue;
        }
        await loadFrame(artifact, missing, abort.signal);
        await loadProcessed(sourceOf(missing), abort.signal);
      }
    };
    fill().catch((e: unknown) => {
      if (abort.signal.aborted) return;
      setError(e);
      setPlaying(false);
    });
    const timer = setInterval(() => {
      const next = (latest.current.frame + 1) % count;
      if (ready(next)) latest.current.setFrame(next);
    }, 1000 / RATE);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [playing, count]);
  return { playing, setPlaying, error };
}
