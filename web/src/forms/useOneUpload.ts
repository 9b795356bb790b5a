import { useEffect, useRef, useState } from "react";
import { api, upload } from "../api/client";
import { useEvents } from "../api/events";
import type { Artifact } from "../api/types";

export type UploadState =
  { name: string; share: number } | { name: string; waitingFor: string } | { error: unknown } | undefined;

/** Uploads one file, or several that are one thing, and hands the artifact over once the server has looked into it. */
export function useOneUpload(kind: string | undefined, onReady: (a: Artifact) => void) {
  const [state, setState] = useState<UploadState>();
  const abort = useRef<() => void>(undefined);
  const ready = useRef(onReady);
  ready.current = onReady;
  const waitingFor = state && "waitingFor" in state ? state.waitingFor : undefined;
  const settle = (a: Artifact) => {
    if (a.state === "inspecting") return;
    setState(undefined);
    ready.current(a);
  };
  useEvents({
    artifact: (a) => {
      if (a.id === waitingFor) settle(a);
    },
    // An archive is replaced by what was in it.
    deleted: (d) => {
      if (d.id === waitingFor) setState(undefined);
    },
    resync: () => {
      if (waitingFor) api.artifact(waitingFor).then(settle, (error: unknown) => setState({ error }));
    },
  });
  useEffect(() => () => abort.current?.(), []);
  const start = (files: File[], name: string) => {
    setState({ name, share: 0 });
    const task = upload(files, { kind, name }, (share) => setState({ name, share }));
    abort.current = task.abort;
    task.done
      .then(async ([artifact]) => {
        abort.current = undefined;
        if (!artifact) return setState(undefined);
        setState({ name, waitingFor: artifact.id });
        // It may have been ready before this page began to listen for it.
        settle(await api.artifact(artifact.id));
      })
      .catch((error: unknown) => {
        if (!(error instanceof DOMException)) setState({ error });
      });
  };
  return { state, start };
}
