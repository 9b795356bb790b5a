import type { ReactNode } from "react";
import type { Schema } from "../api/types";
import { useT } from "../i18n";
import { titleOf } from "./schema";

interface Props { id: string; name: string; schema: Schema; required?: boolean | undefined; error?: string | undefined; hint?: string; group?: boolean; children: ReactNode }

export function FieldRow({ id, name, schema, required, error, hint, group, children }: Props) {
  const t = useT();
  return (
    <div className="field" role={group ? "group" : undefined} aria-labelledby={group ? `${id}-label` : undefined} aria-describedby={group ? `${id}-help` : undefined}>
      <div className="field-name">
        {group ? <span className="label" id={`${id}-label`}>{titleOf(name)}</span> : <label htmlFor={id}>{titleOf(name)}</label>}
        {required !== undefined && <span className="muted">{t(required ? "op.required" : "op.optional")}</span>}
      </div>
      <div className="stack" style={{ gap: 4 }}>
        {children}
        <div className="field-help" id={`${id}-help`}>{schema.description}{hint && <span> · {hint}</span>}</div>
        <div className="field-error" id={`${id}-error`} aria-live="polite">{error}</div>
      </div>
    </div>
  );
}
