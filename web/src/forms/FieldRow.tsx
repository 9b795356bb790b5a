import type { ReactNode } from "react";
import { useT } from "../i18n";
import { titleOf } from "./schema";

interface Props {
  id: string;
  name: string;
  label: string;
  help: string;
  hint?: string;
  required?: boolean | undefined;
  error?: string | undefined;
  /** Several controls belong to this field; each then has a label of its own. */
  group?: boolean;
  children: ReactNode;
}

export function FieldRow({ id, name, label, help, hint, required, error, group, children }: Props) {
  const t = useT();
  const described = `${id}-help ${id}-error`;
  return (
    <div
      className="field"
      role={group ? "group" : undefined}
      aria-labelledby={group ? `${id}-label` : undefined}
      aria-describedby={group ? described : undefined}
    >
      <div className="field-name">
        {group ? (
          <span className="label" id={`${id}-label`}>
            {label}
          </span>
        ) : (
          <label htmlFor={id} id={`${id}-label`}>
            {label}
          </label>
        )}
        {label !== titleOf(name) && <code className="muted">{name}</code>}
        {required !== undefined && (
          <span className={required ? "obligatory" : "muted"}>
            {t(required ? "op.required" : "op.optional")}
          </span>
        )}
      </div>
      <div className="stack field-body">
        {children}
        <div className="field-help" id={`${id}-help`}>
          {help}
          {hint && <span className="field-hint">{hint}</span>}
        </div>
        <div className="field-error" id={`${id}-error`} aria-live="polite">
          {error}
        </div>
      </div>
    </div>
  );
}
