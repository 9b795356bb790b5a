import { useEffect, useState } from "react";
import type { Schema } from "../api/types";
import { unitText, useShow } from "../components/Parts";
import { useT } from "../i18n";
import { FieldRow } from "./FieldRow";
import { parseNumber, rangeText } from "./schema";

interface Props { name: string; schema: Schema; value: unknown; set: (value: unknown) => void; error: string | undefined }

const isNumber = (s: Schema): boolean => s.type === "number" || s.type === "integer";

/** What is shown for a value; undefined (not given) shows the default. */
function asText(value: unknown, schema: Schema): string {
  const shown = value ?? schema.default;
  return shown === undefined || shown === null ? "" : Array.isArray(shown) ? shown.join(", ") : String(shown);
}

function TextLike({ id, name, schema, value, set, error }: Props & { id: string }) {
  const t = useT();
  const [text, setText] = useState(() => asText(value, schema));
  const [typing, setTyping] = useState(false);
  useEffect(() => {
    if (!typing) setText(asText(value, schema));
  }, [value, schema, typing]);
  const change = (next: string) => {
    setText(next);
    if (next.trim() === "") return set(undefined);
    if (schema.type === "array") return set(next.split(/[,，;\s]+/).filter(Boolean).map((p) => (isNumber(schema.items ?? {}) ? parseNumber(p) : p)));
    set(isNumber(schema) ? parseNumber(next) : next);
  };
  return (
    <input id={id} name={name} className={isNumber(schema) ? "numeric" : ""} inputMode={isNumber(schema) ? "decimal" : "text"} value={text} autoComplete="off"
      placeholder={schema.default === undefined ? t("op.auto") : ""} aria-invalid={error !== undefined} aria-describedby={`${id}-help ${id}-error`}
      onFocus={() => setTyping(true)} onBlur={() => setTyping(false)} onChange={(e) => change(e.target.value)} />
  );
}

function Parts({ id, name, schema, value, set, error, count }: Props & { id: string; count: number }) {
  const axes = count <= 3 ? ["x", "y", "z"] : [];
  const given = (Array.isArray(value) ? value : Array.isArray(schema.default) ? schema.default : []) as unknown[];
  const [texts, setTexts] = useState<string[]>(() => Array.from({ length: count }, (_, i) => (given[i] === undefined ? "" : String(given[i]))));
  const change = (i: number, text: string) => {
    const next = texts.map((old, j) => (j === i ? text : old));
    setTexts(next);
    if (next.every((x) => x.trim() === "")) set(undefined);
    else set(next.filter((x) => x.trim() !== "").map(parseNumber));
  };
  return (
    <>
      {texts.map((text, i) => (
        <input key={i} className="part numeric" inputMode="decimal" aria-label={`${name} ${axes[i] ?? i + 1}`} placeholder={axes[i] ?? ""} value={text} autoComplete="off"
          aria-invalid={error !== undefined} aria-describedby={`${id}-help ${id}-error`} onChange={(e) => change(i, e.target.value)} />
      ))}
    </>
  );
}

export function ParameterField(props: Props) {
  const { name, schema, value, set, error } = props;
  const t = useT();
  const show = useShow();
  const [turn, setTurn] = useState(0);
  const id = `parameter-${name}`;
  const changed = value !== undefined && JSON.stringify(value) !== JSON.stringify(schema.default);
  const count = schema.type === "array" && schema.minItems !== undefined && schema.minItems === schema.maxItems && schema.minItems <= 6 ? schema.minItems : 0;
  const range = rangeText(schema, t);
  const hint = [
    range && `${range}${unitText(schema["x-unit"]) && ` ${unitText(schema["x-unit"])}`}`,
    schema.default !== undefined && t("op.default", { value: show(schema.default) }),
    schema.type === "array" && !count && t("op.listHelp"),
  ].filter(Boolean).join(" · ");
  const describedby = `${id}-help ${id}-error`;
  const widget =
    schema.type === "boolean" ? (
      <input id={id} type="checkbox" checked={Boolean(value ?? schema.default)} aria-describedby={describedby} onChange={(e) => set(e.target.checked)} />
    ) : schema.enum ? (
      <select id={id} value={String(value ?? schema.default ?? "")} aria-invalid={error !== undefined} aria-describedby={describedby} onChange={(e) => set(schema.enum?.find((x) => String(x) === e.target.value))}>
        {schema.default === undefined && <option value="">{t("op.auto")}</option>}
        {schema.enum.map((x) => <option key={String(x)} value={String(x)}>{String(x)}</option>)}
      </select>
    ) : count ? <Parts key={turn} id={id} count={count} {...props} /> : <TextLike key={turn} id={id} {...props} />;
  return (
    <FieldRow id={id} name={name} schema={schema} error={error} hint={hint} group={count > 0}>
      <div className="with-unit">
        {widget}
        {unitText(schema["x-unit"]) && <span className="muted">{schema["x-unit"]}</span>}
        {changed && <button type="button" className="quiet" onClick={() => { set(undefined); setTurn(turn + 1); }}>{t("common.reset")}</button>}
      </div>
    </FieldRow>
  );
}
