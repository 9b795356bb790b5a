import { useState } from "react";
import type { Operation, Schema } from "../../api/types";
import { unitText } from "../../components/Parts";
import { ParameterField } from "../../forms/ParameterField";
import { fieldsOf } from "../../forms/schema";
import { useT } from "../../i18n";
import { number } from "../../i18n/format";
import { useOperationTexts } from "../../i18n/operations";

type Parameters = Record<string, unknown>;

/** What is turned most, in this order; all others follow under "more". */
const FIRST = ["method", "time", "edge", "domain", "looks"];
/** Drawn on the picture, not typed. */
const ELSEWHERE = ["regions"];
/** Where a slider is of use: the ends of what makes a difference to the eye, within what is allowed. */
const SPANS: Record<string, [number, number]> = {
  time: [0.5, 128],
  edge: [0.005, 0.5],
  looks: [0.5, 32],
  dynamic_range: [30, 100],
};
const STEPS = 60;

/** "diffusion: for how long" belongs to the method called diffusion, and means nothing to the others. */
function applies(schema: Schema, method: Schema | undefined, chosen: unknown): boolean {
  const owner = /^(\w+):/.exec(schema.description ?? "")?.[1];
  return owner === undefined || !method?.enum?.includes(owner) || owner === chosen;
}

interface SlideProps {
  label: string;
  schema: Schema;
  span: [number, number];
  value: unknown;
  used: unknown;
  set: (value: number | undefined) => void;
}

/** A slider in equal ratios; its left end is "automatic" where 0 means that. */
function Slide({ label, schema, span: [low, high], value, used, set }: SlideProps) {
  const t = useT();
  const automatic = schema.default === 0;
  const given = typeof value === "number" && value !== 0 ? value : undefined;
  const preset = typeof schema.default === "number" && schema.default !== 0 ? schema.default : undefined;
  const now = given ?? preset;
  const first = automatic ? 1 : 0;
  const position =
    now === undefined
      ? 0
      : first + Math.round((Math.log(now / low) / Math.log(high / low)) * (STEPS - first));
  const valueAt = (n: number) =>
    Number((low * (high / low) ** ((n - first) / (STEPS - first))).toPrecision(2));
  const unit = unitText(schema["x-unit"]);
  const text = (n: number) => `${number(Number(n.toPrecision(3)))}${unit && ` ${unit}`}`;
  const shown =
    now !== undefined
      ? text(now)
      : typeof used === "number" && used > 0
        ? t("despeckle.automaticIs", { value: text(used) })
        : t("op.auto");
  return (
    <div className="slide">
      <input
        type="range"
        min={0}
        max={STEPS}
        value={Math.max(0, Math.min(STEPS, position))}
        aria-label={label}
        aria-valuetext={shown}
        onChange={(e) => {
          const n = Number(e.target.value);
          set(automatic && n === 0 ? undefined : valueAt(n));
        }}
      />
      <output>{shown}</output>
    </div>
  );
}

interface Props {
  operation: Operation;
  parameters: Parameters;
  set: (name: string, value: unknown) => void;
  reset: () => void;
  /** What the last preview says it used, by parameter. */
  used: Parameters;
  problem: { field: string | undefined; text: string } | undefined;
}

export function Controls({ operation, parameters, set, reset, used, problem }: Props) {
  const t = useT();
  const texts = useOperationTexts();
  // A field keeps what is typed; a slider beside it, or a reset, writes it anew.
  const [turn, setTurn] = useState(0);
  const all = fieldsOf(operation, "parameters");
  const method = all.find(([name]) => name === "method")?.[1];
  const chosen = parameters["method"] ?? method?.default;
  const fit = all.filter(([name, schema]) => !ELSEWHERE.includes(name) && applies(schema, method, chosen));
  const first = FIRST.flatMap((name) => fit.filter(([own]) => own === name));
  const rest = fit.filter(([name]) => !FIRST.includes(name));
  const row = ([name, schema]: [string, Schema]) => {
    const span = SPANS[name];
    return (
      <div key={name} className="live-field">
        <ParameterField
          key={turn}
          operation={operation.name}
          name={name}
          schema={schema}
          value={parameters[name]}
          error={problem?.field === name ? problem.text : undefined}
          set={(v) => set(name, v)}
        />
        {span && (
          <Slide
            label={texts.label(operation.name, name)}
            schema={schema}
            span={span}
            value={parameters[name]}
            used={used[name]}
            set={(v) => {
              set(name, v);
              setTurn(turn + 1);
            }}
          />
        )}
      </div>
    );
  };
  return (
    <section className="form-section live-controls" aria-labelledby="despeckle-parameters">
      <div className="row">
        <h2 className="grow" id="despeckle-parameters">
          {t("op.parameters")}
        </h2>
        <button
          type="button"
          className="quiet small"
          disabled={Object.keys(parameters).length === 0}
          onClick={() => {
            reset();
            setTurn(turn + 1);
          }}
        >
          {t("op.reset")}
        </button>
      </div>
      {first.map(row)}
      {rest.length > 0 && (
        <details open={rest.some(([name]) => parameters[name] !== undefined) || undefined}>
          <summary className="section-summary">{t("despeckle.more")}</summary>
          {rest.map(row)}
        </details>
      )}
    </section>
  );
}
