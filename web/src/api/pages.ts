import { useCallback, useEffect, useRef, useState } from "react";
import { isUnreachable } from "./client";
import type { Page } from "./types";

interface State<T> {
  key: string;
  items: T[];
  next: string | null;
  total?: number;
  loading: boolean;
  error?: unknown;
}

/** A list that comes in pages. Loading again keeps the rows shown until the new ones are there. */
export function usePages<T>(key: string, load: (cursor?: string) => Promise<Page<T>>) {
  const [state, setState] = useState<State<T>>({ key, items: [], next: null, loading: true });
  const [turn, setTurn] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    let current = true;
    setState((s) => ({ ...s, loading: true }));
    loader.current().then(
      (page) =>
        current && setState({ key, items: page.items, next: page.next, total: page.total, loading: false }),
      // While the server is away a banner says so; what was shown stays, and is loaded again once it is back.
      (error: unknown) =>
        current &&
        setState((s) =>
          s.total !== undefined && isUnreachable(error)
            ? { ...s, loading: false }
            : { ...s, error, loading: false },
        ),
    );
    return () => {
      current = false;
    };
  }, [key, turn]);
  useEffect(() => () => clearTimeout(timer.current), []);
  // Events come in bursts; one load answers them all.
  const reload = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setTurn((n) => n + 1), 120);
  }, []);
  const change = useCallback((f: (items: T[]) => T[]) => setState((s) => ({ ...s, items: f(s.items) })), []);
  const { next } = state;
  const more =
    next === null
      ? undefined
      : () => {
          loader.current(next).then(
            (page) =>
              setState((s) =>
                s.key === key && s.next === next
                  ? { ...s, items: [...s.items, ...page.items], next: page.next }
                  : s,
              ),
            (error: unknown) => setState((s) => ({ ...s, error })),
          );
        };
  return {
    items: state.items,
    total: state.total,
    loading: state.loading,
    error: state.error,
    reload,
    change,
    more,
  };
}
