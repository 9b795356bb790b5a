import { useState, type ReactNode } from "react";
import { urls } from "../api/client";
import type { Artifact, Run } from "../api/types";
import { duration, number, percent } from "../i18n/format";
import { useT } from "../i18n";
import { KindIcon } from "./Icon";

export function Thumb({ artifact }: { artifact: Pick<Artifact, "id" | "kind" | "thumbnail"> }) {
  const [broken, setBroken] = useState(false);
  if (!artifact.thumbnail || broken)
    return (
      <span className="thumb none">
        <KindIcon kind={artifact.kind} />
      </span>
    );
  return (
    <img
      className="thumb"
      src={urls.thumbnail(artifact.id)}
      alt=""
      loading="lazy"
      onError={() => setBroken(true)}
    />
  );
}

export function Card({
  title,
  extra,
  children,
  flush,
}: {
  title: string;
  extra?: ReactNode;
  children: ReactNode;
  flush?: boolean;
}) {
  return (
    <section className="card">
      <div className="card-head">
        <h2>{title}</h2>
        {extra}
      </div>
      <div className={flush ? "scroll-x" : "card-body"}>{children}</div>
    </section>
  );
}

export function RunState({ run }: { run: Pick<Run, "state"> }) {
  const t = useT();
  return (
    <span className="state">
      <span className={`dot ${run.state}`} aria-hidden="true" />
      {t(`run.${run.state}`)}
    </span>
  );
}

export function Bar({ value, label, large }: { value: number; label: string; large?: boolean }) {
  const share = Math.min(1, Math.max(0, value));
  return (
    <div
      className={large ? "bar large" : "bar"}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-valuetext={percent(share)}
    >
      <div style={{ width: `${share * 100}%` }} />
    </div>
  );
}

export function runSeconds(run: Run): string {
  // A run that did not succeed has no time of its own to state.
  if (run.seconds) return duration(run.seconds);
  if (!run.started) return "";
  const end = run.finished ? Date.parse(run.finished) : Date.now();
  return duration(Math.max(0, (end - Date.parse(run.started)) / 1000));
}

/** "1" is the unit of plain numbers, which people do not write. */
export const unitText = (unit: string | undefined): string =>
  unit === undefined || unit === "1" ? "" : unit;

export function useShow(): (value: unknown) => string {
  const t = useT();
  const show = (value: unknown): string => {
    if (typeof value === "number") return number(value);
    if (typeof value === "boolean") return value ? t("common.yes") : t("common.no");
    if (value === null || value === undefined) return "–";
    if (Array.isArray(value)) return value.length ? value.map(show).join(", ") : t("common.none");
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  return show;
}
