import { useEffect, useRef, useSyncExternalStore } from "react";
import type { Artifact, DeletedEvent, ProgressEvent, Run } from "./types";

export type Connection = "connecting" | "open" | "lost";
interface Events {
  run: Run;
  progress: ProgressEvent;
  artifact: Artifact;
  deleted: DeletedEvent;
  /** The stream was interrupted: what happened meanwhile is unknown, so pages load again. */
  resync: null;
}
type Name = keyof Events;
type Handler = (name: Name, data: never) => void;

const handlers = new Set<Handler>();
const watchers = new Set<() => void>();
let connection: Connection = "connecting";
let source: EventSource | undefined;
let attempts = 0;

function setConnection(next: Connection): void {
  if (next === connection) return;
  connection = next;
  watchers.forEach((w) => w());
}

function emit<N extends Name>(name: N, data: Events[N]): void {
  handlers.forEach((h) => h(name, data as never));
}

function connect(): void {
  if (source || document.visibilityState === "hidden") return;
  const current = new EventSource("/api/v1/events");
  source = current;
  for (const name of ["run", "progress", "artifact", "deleted"] as const)
    current.addEventListener(name, (event) => {
      try {
        emit(name, JSON.parse((event as MessageEvent<string>).data) as never);
      } catch {
        /* one spoilt event must not end the stream */
      }
    });
  current.onopen = () => {
    const again = attempts > 0 || connection === "lost";
    attempts = 0;
    setConnection("open");
    if (again) emit("resync", null);
  };
  current.onerror = () => {
    setConnection("lost");
    // The browser reconnects by itself unless the answer was an HTTP error, which closes the source for good.
    if (current.readyState !== EventSource.CLOSED) return;
    source = undefined;
    attempts += 1;
    setTimeout(connect, Math.min(15_000, 500 * 2 ** attempts));
  };
}

function pause(): void {
  source?.close();
  source = undefined;
}

/** At once, rather than when the growing pause between attempts is over. */
export function reconnect(): void {
  pause();
  attempts += 1;
  connect();
}

let watching = false;
/** Browsers allow six connections to one server; a page nobody sees must not keep one of them. */
export function connectWhileVisible(): void {
  connect();
  if (watching) return;
  watching = true;
  const follow = () => {
    if (document.visibilityState === "hidden") pause();
    else if (!source) {
      attempts += 1;
      connect();
    }
  };
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("pagehide", pause);
  window.addEventListener("pageshow", follow);
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (w) => {
      watchers.add(w);
      return () => watchers.delete(w);
    },
    () => connection,
  );
}

export type EventHandlers = { [N in Name]?: (data: Events[N]) => void };

export function useEvents(on: EventHandlers): void {
  const latest = useRef(on);
  latest.current = on;
  useEffect(() => {
    const handler: Handler = (name, data) =>
      (latest.current[name] as ((d: never) => void) | undefined)?.(data);
    handlers.add(handler);
    return () => void handlers.delete(handler);
  }, []);
}
