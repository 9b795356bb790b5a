import { Bar } from "../components/Parts";
import { reason } from "../components/Failure";
import { Glyph } from "../components/Icon";
import { useT } from "../i18n";
import { percent } from "../i18n/format";
import type { Upload } from "./useUploads";

export function Uploads({ items, dismiss }: { items: Upload[]; dismiss: (key: number) => void }) {
  const t = useT();
  if (items.length === 0) return null;
  return (
    <section className="card" style={{ marginBottom: 14 }} aria-label={t("upload.title")}>
      <table><tbody>
        {items.map((u) => (
          <tr key={u.key}>
            <td>{u.name}</td>
            <td style={{ width: "30%" }}><Bar value={u.share} label={t("upload.progress", { name: u.name, percent: percent(u.share) })} /></td>
            <td style={{ width: "30%" }} aria-live="polite">
              {u.state === "done" ? t("upload.done") : u.state === "failed" ? <span className="field-error">{t("upload.failed")}: {reason(u.error, t)}</span> : percent(u.share)}
            </td>
            <td className="num"><button className="quiet icon-only" aria-label={`${t("common.close")} ${u.name}`} onClick={() => dismiss(u.key)}><Glyph name="close" /></button></td>
          </tr>
        ))}
      </tbody></table>
    </section>
  );
}
