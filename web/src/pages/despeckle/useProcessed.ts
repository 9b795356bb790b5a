import { useEffect, useState } from "react";
import {
  knownFrame,
  knownProcessed,
  loadFrame,
  loadProcessed,
  type FrameData,
  type Processed,
  type Source,
} from "./frames";

/** Long enough for the next notch of a slider, too short to be noticed. */
const PAUSE_MS = 90;

export interface Watched<T> {
  data: T | undefined;
  error: unknown;
  busy: boolean;
}

/** The frame as it is; the one before it stays until it has come. */
export function useFrame(artifact: string, frame: number): Watched<FrameData> {
  const [state, setState] = useState<Watched<FrameData>>({ data: undefined, error: undefined, busy: true });
  const known = knownFrame(artifact, frame);
  useEffect(() => {
    if (known) return setState({ data: known, error: undefined, busy: false });
    const abort = new AbortController();
    setState((s) => ({ ...s, busy: true }));
    loadFrame(artifact, frame, abort.signal).then(
      (data) => setState({ data, error: undefined, busy: false }),
      (error: unknown) => !abort.signal.aborted && setState({ data: undefined, error, busy: false }),
    );
    return () => abort.abort();
  }, [artifact, frame, known]);
  return known ? { data: known, error: undefined, busy: false } : state;
}

/** The processed part for these parameters; while they change, the last one of the same frame stays. */
export function useProcessed(source: Source | undefined): Watched<Processed> {
  const [state, setState] = useState<Watched<Processed>>({ data: undefined, error: undefined, busy: false });
  const key = source && JSON.stringify(source);
  const known = source && knownProcessed(source);
  useEffect(() => {
    if (key === undefined) return;
    if (known) return setState({ data: known, error: undefined, busy: false });
    const abort = new AbortController();
    setState((s) => ({ ...s, busy: true }));
    const timer = setTimeout(() => {
      loadProcessed(JSON.parse(key) as Source, abort.signal).then(
        (data) => !abort.signal.aborted && setState({ data, error: undefined, busy: false }),
        (error: unknown) => !abort.signal.aborted && setState((s) => ({ ...s, error, busy: false })),
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, known]);
  return known ? { data: known, error: undefined, busy: false } : state;
}
