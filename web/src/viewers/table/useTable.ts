import { useEffect, useRef, useState } from "react";
import type { Ask, Shape, Tell } from "./csv.worker";

type Question = Ask extends infer A ? (A extends { id: number } ? Omit<A, "id"> : never) : never;
export interface Row { index: number; cells: string[] }

export function useTable(url: string) {
  const worker = useRef<Worker>();
  const waiting = useRef(new Map<number, { resolve: (value: unknown) => void; reject: (why: Error) => void }>());
  const ids = useRef(0);
  const [state, setState] = useState<{ failed?: string; table?: Shape }>({});
  useEffect(() => {
    const w = new Worker(new URL("./csv.worker.ts", import.meta.url), { type: "module" });
    worker.current = w;
    w.onmessage = ({ data }: MessageEvent<Tell>) => {
      if (data.type === "shape") return setState({ table: data.shape });
      if (data.id === undefined) return setState({ failed: data.type === "failed" ? data.reason : "" });
      const asked = waiting.current.get(data.id);
      waiting.current.delete(data.id);
      if (data.type === "answer") asked?.resolve(data.value);
      else asked?.reject(new Error(data.reason));
    };
    w.postMessage({ type: "load", url: new URL(url, location.href).href } satisfies Ask);
    return () => w.terminate();
  }, [url]);
  const ask = useRef(<T,>(question: Question): Promise<T> => new Promise((resolve, reject) => {
    const id = ++ids.current;
    waiting.current.set(id, { resolve: resolve as (v: unknown) => void, reject });
    worker.current?.postMessage({ ...question, id });
  })).current;
  return { ...state, ask };
}
export type AskTable = ReturnType<typeof useTable>["ask"];
