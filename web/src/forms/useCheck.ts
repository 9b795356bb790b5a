import { useEffect, useState } from "react";
import { api, ApiError } from "../api/client";
import type { Problem, RunRequest } from "../api/types";

const PAUSE_MS = 300;

/** Asks the server about the values as they are typed; undefined: nothing to complain about. */
export function useCheck(operation: string, request: RunRequest): { problem: Problem | undefined; checked: boolean } {
  const [state, setState] = useState<{ problem: Problem | undefined; checked: boolean }>({ problem: undefined, checked: false });
  const text = JSON.stringify(request);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      api.check(operation, JSON.parse(text) as RunRequest, abort.signal).then(
        () => setState({ problem: undefined, checked: true }),
        (error: unknown) => {
          // Not reaching the server says nothing about the values.
          if (!abort.signal.aborted && error instanceof ApiError && error.problem.status === 422) setState({ problem: error.problem, checked: true });
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [operation, text]);
  return state;
}
