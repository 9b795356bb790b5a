import { useSyncExternalStore } from "react";
import { upload } from "./client";

/** What was dropped or chosen together: one file, or a folder with all its files. */
export interface Dropped {
  name: string;
  files: File[];
  folder: boolean;
}

export interface Upload extends Dropped {
  key: number;
  share: number;
  state: "waiting" | "running" | "done" | "failed";
  error?: unknown;
  /** Idempotency key, kept for sending it again. */
  sent?: string;
}

const AT_ONCE = 2;

// Outside of any page, so that uploads go on while the reader looks at something else.
let items: Upload[] = [];
let keys = 0;
const running = new Map<number, () => void>();
const listeners = new Set<() => void>();

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function set(next: Upload[]): void {
  items = next;
  const busy = items.some((u) => u.state === "running" || u.state === "waiting");
  if (busy) window.addEventListener("beforeunload", warn);
  else window.removeEventListener("beforeunload", warn);
  listeners.forEach((l) => l());
}

const change = (key: number, to: Partial<Upload>): void =>
  set(items.map((u) => (u.key === key ? { ...u, ...to } : u)));

function next(): void {
  while (running.size < AT_ONCE) {
    const job = items.find((u) => u.state === "waiting");
    if (!job) return;
    const { key } = job;
    const task = upload(job.files, { key: job.sent }, (share) => change(key, { share }));
    running.set(key, task.abort);
    change(key, { state: "running", sent: task.key });
    task.done
      .then(
        () => change(key, { state: "done", share: 1 }),
        (error: unknown) => change(key, { state: "failed", error }),
      )
      .finally(() => {
        running.delete(key);
        next();
      });
  }
}

export const uploads = {
  add(dropped: Dropped[]): void {
    set([
      ...items,
      ...dropped.map((d): Upload => ({
        ...d,
        key: ++keys,
        share: 0,
        state: d.files.length ? "waiting" : "failed",
      })),
    ]);
    next();
  },
  dismiss(key: number): void {
    running.get(key)?.();
    set(items.filter((u) => u.key !== key));
  },
  retry(key: number): void {
    change(key, { state: "waiting", share: 0, error: undefined });
    next();
  },
  clear(): void {
    set(items.filter((u) => u.state !== "done"));
  },
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
export const useUploads = (): Upload[] => useSyncExternalStore(subscribe, () => items);
