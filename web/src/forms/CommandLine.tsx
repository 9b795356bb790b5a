import { useEffect, useState } from "react";
import { api } from "../api/client";
import type { Operation, RunRequest } from "../api/types";
import { useT } from "../i18n";
import { commandLine } from "./command";

/** What the chosen artifacts are called; ids until that is known. */
function useNames(ids: string[]): ReadonlyMap<string, string> {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const key = ids.join(" ");
  useEffect(() => {
    let current = true;
    const wanted = key.split(" ").filter(Boolean);
    Promise.all(
      wanted.map((id) =>
        api.artifact(id).then(
          (a): [string, string] => [id, a.name],
          (): [string, string] => [id, id],
        ),
      ),
    ).then((pairs) => current && setNames(new Map(pairs)));
    return () => {
      current = false;
    };
  }, [key]);
  return names;
}

export function CommandLine({ operation, request }: { operation: Operation; request: RunRequest }) {
  const t = useT();
  const [copied, setCopied] = useState(false);
  const names = useNames(Object.values(request.inputs));
  const text = commandLine(operation, request, names);
  const copy = () => {
    // Without a secure origin there is no clipboard; the text can still be selected.
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => undefined,
    );
  };
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <section className="command" aria-label={t("op.command")}>
      <div className="row">
        <h2 className="grow small muted">{t("op.command")}</h2>
        <button type="button" className="quiet small" onClick={copy}>
          <span aria-live="polite">{t(copied ? "op.copied" : "op.copy")}</span>
        </button>
      </div>
      <pre tabIndex={0}>{text}</pre>
    </section>
  );
}
