import { useEffect, useState } from "react";
import { api, ApiError } from "../api/client";
import type { Problem, RunRequest } from "../api/types";

const PAUSE_MS = 300;

/** Asks the server about the values as they are typed; undefined: nothing to complain about. */
export function useCheck(operation: string, request: RunRequest, ask: boolean): Problem | undefined {
  const [state, setState] = useState<{ problem: Problem; for: string }>();
  const text = JSON.stringify(request);
  useEffect(() => {
    if (!ask) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      api.check(operation, JSON.parse(text) as RunRequest, abort.signal).then(
        () => setState(undefined),
        (error: unknown) => {
          // Not reaching the server says nothing about the values.
          if (!abort.signal.aborted && error instanceof ApiError && error.problem.status === 422)
            setState({ problem: error.problem, for: text });
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [operation, text, ask]);
  // What was said of other values no longer counts.
  return state?.for === text ? state.problem : undefined;
}
