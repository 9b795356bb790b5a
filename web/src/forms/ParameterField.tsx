import { useState } from "react";
import type { Schema } from "../api/types";
import { unitText, useShow } from "../components/Parts";
import { useT } from "../i18n";
import { useOperationTexts } from "../i18n/operations";
import { FieldRow } from "./FieldRow";
import { fixedLength, parseNumber, rangeText, valueFromText } from "./schema";

interface Props {
  operation: string;
  name: string;
  schema: Schema;
  value: unknown;
  set: (value: unknown) => void;
  error: string | undefined;
}
interface Control extends Omit<Props, "operation"> {
  id: string;
  label: string;
}

const FEW_CHOICES = 4;
const PARTS_AT_MOST = 6;

const shownText = (value: unknown): string =>
  value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value);
const described = (id: string, error: string | undefined) => ({
  "aria-describedby": `${id}-help ${id}-error`,
  "aria-invalid": error !== undefined,
});

function Line({ id, name, schema, value, set, error }: Control) {
  const t = useT();
  // Kept as typed: "1." on the way to "1.5" is the number 1, and must not lose its point.
  const [text, setText] = useState(() => shownText(value));
  const numeric = schema.type === "number" || schema.type === "integer";
  const placeholder = schema.default === undefined ? t("op.auto") : shownText(schema.default);
  return (
    <input
      id={id}
      name={name}
      className={numeric ? "numeric" : "wide"}
      inputMode={numeric ? "decimal" : "text"}
      autoComplete="off"
      spellCheck={false}
      value={text}
      placeholder={placeholder}
      {...described(id, error)}
      onChange={(e) => {
        setText(e.target.value);
        set(valueFromText(schema, e.target.value));
      }}
    />
  );
}

/** One box for each number of a vector of fixed length. */
function Parts({ id, name, label, schema, value, set, error, count }: Control & { count: number }) {
  const t = useT();
  const axes = count <= 3 ? ["x", "y", "z"] : [];
  const preset = Array.isArray(schema.default) ? schema.default : [];
  const [texts, setTexts] = useState(() =>
    Array.from({ length: count }, (_, i) => shownText(Array.isArray(value) ? value[i] : undefined)),
  );
  const change = (i: number, text: string) => {
    const next = texts.map((old, j) => (j === i ? text : old));
    setTexts(next);
    const given = next.filter((x) => x.trim() !== "");
    // One number in the first box stands for all, as on the command line.
    if (given.length === 1 && next[0] === given[0]) return set(next.map(() => parseNumber(given[0] ?? "")));
    set(given.length === 0 ? undefined : given.map(parseNumber));
  };
  const forAll = texts.slice(1).every((x) => x.trim() === "") ? texts[0] : "";
  return (
    <>
      {texts.map((text, i) => (
        <label key={i} className="part">
          <span className="muted" aria-hidden="true">
            {axes[i] ?? i + 1}
          </span>
          <input
            id={i === 0 ? id : undefined}
            name={name}
            className="numeric"
            inputMode="decimal"
            autoComplete="off"
            aria-label={`${label} ${axes[i] ?? i + 1}`}
            value={text}
            placeholder={forAll || (preset[i] === undefined ? t("op.auto") : String(preset[i]))}
            {...described(id, error)}
            onChange={(e) => change(i, e.target.value)}
          />
        </label>
      ))}
    </>
  );
}

function Choice({ id, name, schema, value, set, error }: Control) {
  const t = useT();
  const texts = useOperationTexts();
  const choices = (schema.enum ?? []).map(String);
  const chosen = value === undefined ? schema.default : value;
  const text = (x: string) => texts.choice(x);
  if (choices.length <= FEW_CHOICES)
    return (
      <div className="radios">
        {choices.map((x, i) => (
          <label key={x}>
            <input
              type="radio"
              id={i === 0 ? id : undefined}
              name={name}
              value={x}
              checked={x === chosen}
              {...described(id, undefined)}
              onChange={() => set(x === schema.default ? undefined : x)}
            />
            {text(x)}
          </label>
        ))}
      </div>
    );
  return (
    <select
      id={id}
      name={name}
      value={String(chosen ?? "")}
      {...described(id, error)}
      onChange={(e) =>
        set(e.target.value === "" || e.target.value === schema.default ? undefined : e.target.value)
      }
    >
      {schema.default === undefined && <option value="">{t("op.auto")}</option>}
      {choices.map((x) => (
        <option key={x} value={x}>
          {text(x)}
        </option>
      ))}
    </select>
  );
}

function Switch({ id, name, schema, value, set, error }: Control) {
  const t = useT();
  const on = Boolean(value ?? schema.default);
  return (
    <label className="switch">
      <input
        id={id}
        name={name}
        type="checkbox"
        checked={on}
        {...described(id, error)}
        onChange={(e) => set(e.target.checked === schema.default ? undefined : e.target.checked)}
      />
      <span aria-hidden="true">{t(on ? "common.yes" : "common.no")}</span>
    </label>
  );
}

export function ParameterField(props: Props) {
  const { operation, name, schema, value, set, error } = props;
  const t = useT();
  const show = useShow();
  const texts = useOperationTexts();
  const [turn, setTurn] = useState(0);
  const id = `parameter-${name}`;
  const label = texts.label(operation, name);
  const length = fixedLength(schema);
  const parts = length !== undefined && length <= PARTS_AT_MOST ? length : 0;
  const unit = unitText(schema["x-unit"]);
  const range = rangeText(schema, t);
  const preset =
    typeof schema.default === "string" && schema.enum ? texts.choice(schema.default) : show(schema.default);
  const hint = [
    range && `${range}${unit && ` ${unit}`}`,
    schema.default !== undefined && t("op.default", { value: preset }),
    schema.type === "array" && !parts && t("op.listHelp"),
  ]
    .filter(Boolean)
    .join(" · ");
  const control: Control = { id, name, label, schema, value, set, error };
  const few = schema.enum !== undefined && schema.enum.length <= FEW_CHOICES;
  const Widget = schema.type === "boolean" ? Switch : schema.enum ? Choice : Line;
  return (
    <FieldRow
      id={id}
      name={name}
      label={label}
      help={texts.help(operation, name, schema)}
      hint={hint}
      error={error}
      group={parts > 0 || few}
    >
      <div className="with-unit">
        {parts ? <Parts key={turn} {...control} count={parts} /> : <Widget key={turn} {...control} />}
        {unit && <span className="muted">{unit}</span>}
        {value !== undefined && (
          <button
            type="button"
            className="quiet small"
            onClick={() => {
              set(undefined);
              setTurn(turn + 1);
            }}
          >
            {t("common.reset")}
            <span className="hidden"> {label}</span>
          </button>
        )}
      </div>
    </FieldRow>
  );
}
