import { useEffect, useRef, useState } from "react";
import { expressionInterpreter } from "vega-interpreter";
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { useT } from "../i18n";
import { useDark } from "../theme/theme";
import type { AskTable } from "./useTable";

const LIMIT = 5000;
type Type = "scatter" | "line" | "histogram";
interface Props { columns: string[]; numeric: boolean[]; rows: number; ask: AskTable; turn: number }

function specification(type: Type, x: string, y: string, numeric: [boolean, boolean], dark: boolean): TopLevelSpec {
  const ink = dark ? "#e4ebee" : "#17232a", line = dark ? "#2a373e" : "#dce3e7", accent = dark ? "#63b8cb" : "#1f6f82";
  const kind = (n: boolean) => (n ? "quantitative" : "nominal") as "quantitative";
  return {
    width: 640, height: 380, background: "transparent", data: { name: "table" },
    mark: type === "histogram" ? { type: "bar", color: accent } : type === "line" ? { type: "line", color: accent } : { type: "circle", color: accent, opacity: 0.5, size: 24 },
    encoding: {
      x: { field: "x", type: kind(numeric[0]), title: x, ...(type === "histogram" && numeric[0] ? { bin: { maxbins: 50 } } : { scale: { zero: false } }) },
      y: type === "histogram" ? { aggregate: "count", type: "quantitative", title: "n" } : { field: "y", type: kind(numeric[1]), title: y, scale: { zero: false } },
    },
    config: { axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line, labelFont: "system-ui", titleFont: "system-ui" }, view: { stroke: line } },
  };
}

export default function PlotViewer({ columns, numeric, rows, ask, turn }: Props) {
  const t = useT();
  const dark = useDark();
  const box = useRef<HTMLDivElement>(null);
  const numbers = columns.map((_, i) => i).filter((i) => numeric[i]);
  const [x, setX] = useState(numbers[0] ?? 0);
  const [y, setY] = useState(numbers[1] ?? numbers[0] ?? 0);
  const [type, setType] = useState<Type>(numbers.length > 1 ? "scatter" : "histogram");
  const [used, setUsed] = useState(0);
  const [failed, setFailed] = useState<string>();
  useEffect(() => {
    let view: View | undefined, current = true;
    const draw = async () => {
      const limit = type === "histogram" ? 50_000 : LIMIT;
      const picked = await ask<string[][]>({ type: "columns", columns: [x, y], limit });
      if (!current || !box.current) return;
      const cell = (text: string | undefined, n: boolean | undefined) => (n ? (text ? Number(text) : null) : text);
      const values = picked.map(([a, b]) => ({ x: cell(a, numeric[x]), y: cell(b, numeric[y]) }));
      setUsed(values.length);
      const spec = compile(specification(type, columns[x] ?? "", columns[y] ?? "", [numeric[x] ?? false, numeric[y] ?? false], dark)).spec;
      // Interpreted expressions: the page's policy forbids code made from text.
      view = new View(parse(spec, {}, { ast: true }), { expr: expressionInterpreter, renderer: "canvas", container: box.current, hover: true });
      await view.data("table", values).runAsync();
      setFailed(undefined);
    };
    draw().catch((e: unknown) => current && setFailed(e instanceof Error ? e.message : String(e)));
    return () => { current = false; view?.finalize(); };
  }, [x, y, type, dark, turn, ask]);
  const column = (label: string, value: number, set: (i: number) => void) => (
    <label>{label}<select value={value} onChange={(e) => set(Number(e.target.value))}>{columns.map((c, i) => <option key={i} value={i}>{c}</option>)}</select></label>
  );
  return (
    <>
      <div className="viewer-tools">
        <label>{t("plot.type")}<select value={type} onChange={(e) => setType(e.target.value as Type)}>{(["scatter", "line", "histogram"] as const).map((k) => <option key={k} value={k}>{t(`plot.${k}`)}</option>)}</select></label>
        {column(t("plot.x"), x, setX)}
        {type !== "histogram" && column(t("plot.y"), y, setY)}
        <span className="grow" />
        {used < rows && <span className="muted small">{t("plot.sampled", { n: used, m: rows })}</span>}
      </div>
      {failed && <p className="note bad">{t("error.viewer", { why: failed })}</p>}
      <div className="plot" ref={box} />
    </>
  );
}
