import type { Artifact } from "../api/types";
import { Glyph } from "../components/Icon";
import { Thumb, useShow } from "../components/Parts";
import { useT } from "../i18n";
import { bytes, useTime } from "../i18n/format";
import { Link, setQuery } from "../router";

function summary(a: Artifact, show: (v: unknown) => string): string {
  const p = a.properties;
  const size = Array.isArray(p["size"]) ? p["size"].map(show).join(" × ") : "";
  const spacing = Array.isArray(p["spacing"]) ? `${p["spacing"].map(show).join(" × ")} mm` : "";
  const rows = typeof p["rows"] === "number" ? `${show(p["rows"])} × ${show(p["columns"])}` : "";
  const rate = typeof p["sample_rate"] === "number" ? `${show(p["sample_rate"])} Hz` : "";
  return [a.format, size, spacing, rows, rate].filter(Boolean).join(" · ");
}

export function ArtifactRows({ items, remove }: { items: Artifact[]; remove: (a: Artifact) => void }) {
  const t = useT();
  const time = useTime();
  const show = useShow();
  return (
    <div className="list-table">
      <table>
        <thead><tr>
          <th scope="col" colSpan={2}>{t("workspace.name")}</th><th scope="col">{t("workspace.kind")}</th>
          <th scope="col">{t("workspace.tags")}</th><th scope="col" className="num">{t("workspace.size")}</th>
          <th scope="col" className="wide-only">{t("workspace.created")}</th><th scope="col"><span className="hidden">{t("workspace.actions")}</span></th>
        </tr></thead>
        <tbody>
          {items.map((a) => (
            <tr key={a.id}>
              <td style={{ width: 64 }}><Thumb artifact={a} /></td>
              <td><Link to={`/artifacts/${a.id}`}>{a.name}</Link>
                <div className={a.state === "unreadable" ? "small field-error" : "small muted"}>
                  {a.state === "ready" ? summary(a, show) : a.state === "unreadable" ? a.problem ?? t("state.unreadable") : t("state.inspecting")}
                </div>
              </td>
              <td><span className="badge">{t(`kind.${a.kind}`)}</span></td>
              <td><span className="row" style={{ gap: 4 }}>{a.tags.map((tag) => <button key={tag} className="tag" onClick={() => setQuery({ tag })}>{tag}</button>)}</span></td>
              <td className="num">{bytes(a.size)}</td>
              <td className="nowrap muted wide-only">{time(a.created)}</td>
              <td className="num"><button className="quiet icon-only" aria-label={`${t("common.delete")} ${a.name}`} title={t("common.delete")} onClick={() => remove(a)}><Glyph name="trash" /></button></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
