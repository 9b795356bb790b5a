import { useEffect, useRef, useState } from "react";
import type { Ask, Tell } from "./csv.worker";

type Question = Ask extends infer A ? (A extends { id: number } ? Omit<A, "id"> : never) : never;
export interface Row { index: number; cells: string[] }

export function useTable(url: string) {
  const worker = useRef<Worker>();
  const waiting = useRef(new Map<number, (value: unknown) => void>());
  const ids = useRef(0);
  const [state, setState] = useState<{ share: number; failed?: string; table?: { columns: string[]; rows: number; sample: string[][] } }>({ share: 0 });
  useEffect(() => {
    const w = new Worker(new URL("./csv.worker.ts", import.meta.url), { type: "module" });
    worker.current = w;
    w.onmessage = ({ data }: MessageEvent<Tell>) => {
      if (data.type === "progress") setState((s) => ({ ...s, share: data.share }));
      else if (data.type === "ready") setState({ share: 1, table: data });
      else if (data.type === "failed") setState({ share: 0, failed: data.reason });
      else {
        waiting.current.get(data.id)?.(data.value);
        waiting.current.delete(data.id);
      }
    };
    w.postMessage({ type: "load", url: new URL(url, location.href).href } satisfies Ask);
    return () => w.terminate();
  }, [url]);
  const ask = useRef(<T,>(question: Question): Promise<T> => new Promise((resolve) => {
    const id = ++ids.current;
    waiting.current.set(id, resolve as (v: unknown) => void);
    worker.current?.postMessage({ ...question, id });
  })).current;
  return { ...state, ask };
}
export type AskTable = ReturnType<typeof useTable>["ask"];
