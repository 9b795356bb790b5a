import type { Operation, Preview } from "../../api/types";
import { Card, unitText, useShow } from "../../components/Parts";
import { Glyph } from "../../components/Icon";
import { fieldsOf } from "../../forms/schema";
import { useT } from "../../i18n";
import { number } from "../../i18n/format";
import { useOperationTexts } from "../../i18n/operations";
import type { Box } from "./geometry";

type Row = Record<string, number | null>;

const fixed = (n: number | null | undefined, digits: number) =>
  n === null || n === undefined ? "∞" : n.toFixed(digits).replace("-", "−");

interface RegionProps {
  boxes: Box[];
  /** One for each box that lies within what was processed; undefined: outside. */
  rows: (Row | undefined)[];
  chosen: number | undefined;
  remove: (i: number) => void;
  clear: () => void;
}

/** What the server measured in each region, before and after. */
export function Regions({ boxes, rows, chosen, remove, clear }: RegionProps) {
  const t = useT();
  if (boxes.length === 0)
    return (
      <Card title={t("despeckle.regions")}>
        <p className="muted">{t("despeckle.noRegions")}</p>
      </Card>
    );
  const pair = (row: Row | undefined, name: string, digits: number) =>
    row ? `${fixed(row[`${name}_before`], digits)} → ${fixed(row[`${name}_after`], digits)}` : "–";
  return (
    <Card
      title={t("despeckle.regions")}
      flush
      extra={
        <button type="button" className="quiet small" onClick={clear}>
          {t("despeckle.clear")}
        </button>
      }
    >
      <table className="figures region-table">
        <thead>
          <tr>
            <th scope="col">{t("despeckle.region")}</th>
            <th scope="col">{t("despeckle.mean")}</th>
            <th scope="col">ENL</th>
            <th scope="col">{t("despeckle.gcnr")}</th>
            <th scope="col">{t("despeckle.ratioMean")}</th>
            <th scope="col">
              <span className="hidden">{t("common.delete")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {boxes.map((box, i) => {
            const row = rows[i];
            return (
              <tr key={i} className={chosen === i ? "picked-row" : undefined}>
                <th scope="row">
                  <strong>{i + 1}</strong>{" "}
                  <span className="muted">
                    {box.width} × {box.height} @ {box.x}, {box.y}
                  </span>
                </th>
                {row ? (
                  <>
                    <td>{pair(row, "mean", 1)}</td>
                    <td>{pair(row, "enl", 1)}</td>
                    <td>{i === 0 ? "–" : pair(row, "gcnr", 2)}</td>
                    <td>{fixed(row["ratio_mean"], 3)}</td>
                  </>
                ) : (
                  <td colSpan={4} className="muted">
                    {t("despeckle.outside")}
                  </td>
                )}
                <td className="num">
                  <button
                    type="button"
                    className="quiet icon-only"
                    aria-label={t("despeckle.removeRegion", { n: i + 1 })}
                    onClick={() => remove(i)}
                  >
                    <Glyph name="close" />
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="muted small fold">{t("despeckle.regionsHelp")}</p>
    </Card>
  );
}

/** The operation's other figures of the part that is previewed. */
export function Measured({ operation, preview }: { operation: Operation; preview: Preview | undefined }) {
  const t = useT();
  const show = useShow();
  const texts = useOperationTexts();
  const values = preview?.values ?? {};
  const rows = fieldsOf(operation, "outputs").filter(
    ([name]) => typeof values[name] === "number" || typeof values[name] === "string",
  );
  const text = (name: string) => {
    const value = values[name];
    const unit = unitText(preview?.units[name]);
    const plain = typeof value === "number" ? number(Number(value.toPrecision(4))) : show(value);
    return `${plain}${unit && ` ${unit}`}`;
  };
  return (
    <Card title={t("despeckle.measured")}>
      <div className="measured">
        {rows.length === 0 && <span className="muted">–</span>}
        {rows.map(([name, schema]) => (
          <div key={name} title={texts.help(operation.name, name, schema)}>
            <span className="muted small">{texts.label(operation.name, name)}</span>
            <span className="figure">{text(name)}</span>
          </div>
        ))}
      </div>
      {preview?.warnings.map((w) => (
        <p key={w} className="note warn small">
          {w}
        </p>
      ))}
    </Card>
  );
}
