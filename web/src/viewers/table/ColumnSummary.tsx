import { useEffect, useState } from "react";
import { useT } from "../../i18n";
import { number } from "../../i18n/format";
import type { Summary } from "./query";
import type { AskTable } from "./useTable";

const short = (v: number | undefined) => (v === undefined || Number.isNaN(v) ? "" : number(Number(v.toPrecision(6))));

/** What each column holds, of the rows that the filters leave; column by column as they are counted. */
export function ColumnSummary({ columns, ask, turn }: { columns: string[]; ask: AskTable; turn: number }) {
  const t = useT();
  const [found, setFound] = useState<(Summary | undefined)[]>([]);
  useEffect(() => {
    let current = true;
    setFound([]);
    // One after another, so that what the reader asks for meanwhile need not wait for all of them.
    const count = async () => {
      for (let column = 0; column < columns.length && current; column++) {
        const s = await ask<Summary>({ type: "summary", column });
        if (current) setFound((old) => Object.assign([...old], { [column]: s }));
      }
    };
    void count();
    return () => { current = false; };
  }, [columns.length, turn, ask]);
  return (
    <div className="scroll-x"><table>
      <thead><tr><th scope="col">{t("table.column")}</th>{(["missing", "distinct", "min", "median", "mean", "max", "deviation"] as const).map((k) => <th key={k} scope="col" className="num">{t(`table.${k}`)}</th>)}<th scope="col">{t("table.common")}</th></tr></thead>
      <tbody>
        {columns.map((c, i) => {
          const s = found[i], n = s?.numbers;
          return (
            <tr key={i}><th scope="row">{c}</th>
              {s ? <><td className="num">{s.missing}</td><td className="num">{s.distinct}</td>{[n?.min, n?.median, n?.mean, n?.max, n?.deviation].map((v, k) => <td key={k} className="num">{short(v)}</td>)}
                <td className="small">{s.common?.map((x) => `${x.value} (${x.count})`).join(", ")}</td></> : <td colSpan={8} className="muted">…</td>}
            </tr>
          );
        })}
      </tbody>
    </table></div>
  );
}
