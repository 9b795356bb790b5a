import { useEffect, useRef, useState } from "react";
import { expressionInterpreter } from "vega-interpreter";
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { useT } from "../../i18n";
import { useDark } from "../../theme/theme";
import type { PlotData, PlotType } from "./plot";
import type { AskTable } from "./useTable";

type Type = PlotType;
interface Props { columns: string[]; numeric: boolean[]; rows: number; ask: AskTable; turn: number }

/** The marks for each form that the data come in. */
function layers(form: PlotData["form"], type: Type, accent: string, kinds: ["quantitative" | "nominal", "quantitative" | "nominal"], x: string, y: string) {
  const X = (more: object = {}) => ({ field: "x", type: kinds[0] as "quantitative", title: x, scale: { zero: false }, ...more });
  const Y = (field = "y", more: object = {}) => ({ field, type: kinds[1] as "quantitative", title: y, scale: { zero: false }, ...more });
  const count = { field: "n", type: "quantitative" as const, title: "n" };
  switch (form) {
    case "bins": return [{ mark: { type: "bar" as const, color: accent }, encoding: { x: X({ bin: "binned" as const }), x2: { field: "x2" }, y: count } }];
    case "categories": return [{ mark: { type: "bar" as const, color: accent }, encoding: { x: { field: "x", type: "nominal" as const, title: x, sort: "-y" as const }, y: count } }];
    case "grid": return [{ mark: { type: "rect" as const }, encoding: { x: X(), x2: { field: "x2" }, y: Y(), y2: { field: "y2" }, color: { ...count, scale: { scheme: "viridis" as const, type: "symlog" as const } } } }];
    case "band": return [
      { mark: { type: "area" as const, color: accent, opacity: 0.3 }, encoding: { x: X(), y: Y("low"), y2: { field: "high" } } },
      { mark: { type: "line" as const, color: accent, strokeWidth: 1.2 }, encoding: { x: X(), y: Y() } },
    ];
    case "points": return [{ mark: type === "line" ? { type: "line" as const, color: accent } : { type: "circle" as const, color: accent, opacity: 0.5, size: 24 }, encoding: { x: X(), y: Y() } }];
  }
}

function specification(data: PlotData, type: Type, x: string, y: string, numeric: [boolean, boolean], dark: boolean, width: number): TopLevelSpec {
  const ink = dark ? "#e4ebee" : "#17232a", line = dark ? "#2a373e" : "#dce3e7", accent = dark ? "#63b8cb" : "#1f6f82";
  const kind = (n: boolean) => (n ? "quantitative" : "nominal");
  const text = { labelColor: ink, titleColor: ink, labelFont: "system-ui", titleFont: "system-ui" };
  return {
    width, height: 380, background: "transparent", data: { name: "table" }, layer: layers(data.form, type, accent, [kind(numeric[0]), kind(numeric[1])], x, y),
    config: { axis: { ...text, gridColor: line, domainColor: line, tickColor: line }, legend: text, view: { stroke: line } },
  } as TopLevelSpec;
}

export default function PlotViewer({ columns, numeric, rows, ask, turn }: Props) {
  const t = useT();
  const dark = useDark();
  const box = useRef<HTMLDivElement>(null);
  const numbers = columns.map((_, i) => i).filter((i) => numeric[i]);
  const [x, setX] = useState(numbers[0] ?? 0);
  const [y, setY] = useState(numbers[1] ?? numbers[0] ?? 0);
  const [type, setType] = useState<Type>(numbers.length > 1 ? "scatter" : "histogram");
  const [used, setUsed] = useState<{ n: number; form: PlotData["form"] }>();
  const [failed, setFailed] = useState<string>();
  useEffect(() => {
    let view: View | undefined, current = true;
    const draw = async () => {
      const pair: [boolean, boolean] = [numeric[x] ?? false, numeric[y] ?? false];
      const data = await ask<PlotData>({ type: "plot", form: type, x, y, numeric: pair });
      if (!current || !box.current) return;
      setUsed({ n: data.used, form: data.form });
      const width = Math.max(320, Math.min(900, box.current.clientWidth - 130));
      const spec = compile(specification(data, type, columns[x] ?? "", columns[y] ?? "", pair, dark, width)).spec;
      // Interpreted expressions: the page's policy forbids code made from text.
      view = new View(parse(spec, {}, { ast: true }), { expr: expressionInterpreter, renderer: "canvas", container: box.current, hover: true });
      await view.data("table", data.values).runAsync();
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
        {used?.form === "points" && used.n < rows && <span className="muted small">{t("plot.sampled", { n: used.n, m: rows })}</span>}
        {(used?.form === "grid" || used?.form === "band") && <span className="muted small">{t(`plot.${used.form}`, { n: used.n })}</span>}
      </div>
      {failed && <p className="note bad">{t("error.viewer", { why: failed })}</p>}
      <div className="plot" ref={box} role="img" aria-label={`${t(`plot.${type}`)}: ${columns[x] ?? ""}${type === "histogram" ? "" : `, ${columns[y] ?? ""}`}`} />
    </>
  );
}
