import type { Artifact } from "../api/types";
import { Glyph } from "../components/Icon";
import { Thumb } from "../components/Parts";
import { useT } from "../i18n";
import { bytes, useTime } from "../i18n/format";
import { Link, setQuery } from "../router";
import { useSummary } from "./useSummary";

function About({ artifact: a }: { artifact: Artifact }) {
  const t = useT();
  const summary = useSummary();
  if (a.state === "inspecting") return <div className="small muted">{t("state.inspecting")}</div>;
  if (a.state === "unreadable")
    return <div className="small field-error">{a.problem ?? t("state.unreadable")}</div>;
  const origin =
    a.origin.type === "run" &&
    (a.origin.operation ? t("workspace.from", { operation: a.origin.operation }) : t("workspace.fromRun"));
  return (
    <div className="small muted about">
      <span>{summary(a)}</span>
      {a.origin.type === "run" && (
        <Link className="muted" to={`/runs/${a.origin.run}`}>
          {origin}
        </Link>
      )}
    </div>
  );
}

export function ArtifactRows({ items, remove }: { items: Artifact[]; remove: (a: Artifact) => void }) {
  const t = useT();
  const time = useTime();
  return (
    <div className="list-table">
      <table>
        <thead>
          <tr>
            <th scope="col" colSpan={2}>
              {t("workspace.name")}
            </th>
            <th scope="col">{t("workspace.kind")}</th>
            <th scope="col">{t("workspace.tags")}</th>
            <th scope="col" className="num">
              {t("workspace.size")}
            </th>
            <th scope="col" className="wide-only">
              {t("workspace.created")}
            </th>
            <th scope="col">
              <span className="hidden">{t("workspace.actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((a) => (
            <tr key={a.id}>
              <td className="thumb-cell">
                <Thumb artifact={a} />
              </td>
              <td>
                <Link to={`/artifacts/${a.id}`}>{a.name}</Link>
                <About artifact={a} />
              </td>
              <td>
                <span className="badge">{t(`kind.${a.kind}`)}</span>
              </td>
              <td>
                <span className="row tags">
                  {a.tags.map((tag) => (
                    <button
                      key={tag}
                      className="tag"
                      aria-label={t("workspace.tagged", { tag })}
                      onClick={() => setQuery({ tag })}
                    >
                      {tag}
                    </button>
                  ))}
                </span>
              </td>
              <td className="num">{bytes(a.size)}</td>
              <td className="nowrap muted wide-only">{time(a.created)}</td>
              <td className="num">
                <button
                  className="quiet icon-only"
                  aria-label={`${t("common.delete")} ${a.name}`}
                  title={t("common.delete")}
                  onClick={() => remove(a)}
                >
                  <Glyph name="trash" />
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
