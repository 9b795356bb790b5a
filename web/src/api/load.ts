import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "./client";
import type { ArtifactDetail, Catalogue } from "./types";

export interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => void;
  set: (change: (old: T) => T) => void;
}

/** Loads when `key` changes; keeps what it has while loading again, and drops answers that come too late. */
export function useLoad<T>(key: string | null, load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: unknown; loading: boolean }>({
    key,
    loading: true,
  });
  const [turn, setTurn] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  useEffect(() => {
    if (key === null) return;
    let current = true;
    setState((s) => (s.key === key ? { ...s, loading: true } : { key, loading: true }));
    loader.current().then(
      (data) => current && setState({ key, data, loading: false }),
      (error: unknown) => current && setState((s) => ({ ...s, error, loading: false })),
    );
    return () => {
      current = false;
    };
  }, [key, turn]);
  const reload = useCallback(() => setTurn((t) => t + 1), []);
  const set = useCallback(
    (change: (old: T) => T) => setState((s) => (s.data === undefined ? s : { ...s, data: change(s.data) })),
    [],
  );
  const fresh = state.key === key;
  return {
    data: fresh ? state.data : undefined,
    error: fresh ? state.error : undefined,
    loading: state.loading,
    reload,
    set,
  };
}

let catalogue: Promise<Catalogue> | undefined;
export function loadCatalogue(): Promise<Catalogue> {
  catalogue ??= api.operations().catch((error: unknown) => {
    catalogue = undefined;
    throw error;
  });
  return catalogue;
}
export const useCatalogue = (): Loaded<Catalogue> => useLoad("operations", loadCatalogue);

export const useArtifact = (id: string | undefined): Loaded<ArtifactDetail> =>
  useLoad(id ? `artifact ${id}` : null, () => api.artifact(id ?? ""));
