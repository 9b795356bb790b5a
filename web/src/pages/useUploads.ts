import { useEffect, useRef, useState } from "react";
import { upload } from "../api/client";

export interface Upload { key: number; name: string; share: number; state: "waiting" | "running" | "done" | "failed"; error?: unknown }

let keys = 0;
const AT_ONCE = 2;

export function useUploads(onDone: () => void) {
  const [items, setItems] = useState<Upload[]>([]);
  const queue = useRef<{ key: number; file: File }[]>([]);
  const running = useRef(new Map<number, () => void>());
  const done = useRef(onDone);
  done.current = onDone;
  const change = (key: number, to: Partial<Upload>) => setItems((all) => all.map((u) => (u.key === key ? { ...u, ...to } : u)));
  const next = () => {
    while (running.current.size < AT_ONCE) {
      const job = queue.current.shift();
      if (!job) return;
      const task = upload(job.file, (share) => change(job.key, { share }));
      running.current.set(job.key, task.abort);
      change(job.key, { state: "running" });
      task.done
        .then(() => change(job.key, { state: "done", share: 1 }), (error: unknown) => change(job.key, { state: "failed", error }))
        .finally(() => {
          running.current.delete(job.key);
          done.current();
          next();
        });
    }
  };
  const add = (files: Iterable<File>) => {
    const jobs = [...files].map((file) => ({ key: ++keys, file }));
    queue.current.push(...jobs);
    setItems((all) => [...all, ...jobs.map((j): Upload => ({ key: j.key, name: j.file.name, share: 0, state: "waiting" }))]);
    next();
  };
  const dismiss = (key: number) => {
    queue.current = queue.current.filter((j) => j.key !== key);
    running.current.get(key)?.();
    setItems((all) => all.filter((u) => u.key !== key));
  };
  const busy = items.some((u) => u.state === "running" || u.state === "waiting");
  useEffect(() => {
    if (!busy) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [busy]);
  return { items, add, dismiss };
}
