import { isActive, type Run } from "../api/types";
import { Bar, RunState, runSeconds, useShow } from "../components/Parts";
import { useT } from "../i18n";
import { useTime } from "../i18n/format";
import { useOperationTexts } from "../i18n/operations";
import { Link } from "../router";

/** What tells this run from others of its operation. */
function Given({ run }: { run: Run }) {
  const show = useShow();
  const texts = useOperationTexts();
  const given = Object.entries(run.parameters)
    .map(([k, v]) => `${texts.label(run.operation, k)} ${show(v)}`)
    .join(" · ");
  if (isActive(run)) return null;
  if (run.error)
    return (
      <div className="small field-error clamp" title={run.error.detail}>
        {run.error.detail}
      </div>
    );
  return given ? (
    <div className="small muted clamp" title={given}>
      {given}
    </div>
  ) : null;
}

function Row({ run: r, picked, toggle }: { run: Run; picked: boolean; toggle: (on: boolean) => void }) {
  const t = useT();
  const time = useTime();
  const name = r.title || r.operation;
  return (
    <tr className={picked ? "picked-row" : ""}>
      <td className="check-cell">
        <input
          type="checkbox"
          aria-label={t("runs.select", { name: `${name}, ${time(r.created)}` })}
          checked={picked}
          onChange={(e) => toggle(e.target.checked)}
        />
      </td>
      <td>
        <div className="row">
          <Link to={`/runs/${r.id}`}>{name}</Link>
          {r.title && <code className="muted">{r.operation}</code>}
        </div>
        <Given run={r} />
        {isActive(r) && (
          <div className="run-progress">
            <Bar value={r.progress} label={`${t("runs.progress")} ${name}`} />
            <span className="small muted">{r.stage}</span>
          </div>
        )}
      </td>
      <td>
        <RunState run={r} />
        {r.warnings.length > 0 && (
          <div>
            <span className="badge">
              {t("run.warnings")}: {r.warnings.length}
            </span>
          </div>
        )}
      </td>
      <td className="num">{runSeconds(r)}</td>
      <td className="muted nowrap">{time(r.created)}</td>
    </tr>
  );
}

interface Props {
  items: Run[];
  picked: string[];
  toggle: (id: string, on: boolean) => void;
}

export function RunRows({ items, picked, toggle }: Props) {
  const t = useT();
  return (
    <div className="list-table">
      <table>
        <thead>
          <tr>
            <th>
              <span className="hidden">{t("compare.title")}</span>
            </th>
            <th scope="col">{t("run.name")}</th>
            <th scope="col">{t("runs.state")}</th>
            <th scope="col" className="num">
              {t("runs.took")}
            </th>
            <th scope="col">{t("runs.started")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((r) => (
            <Row key={r.id} run={r} picked={picked.includes(r.id)} toggle={(on) => toggle(r.id, on)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
