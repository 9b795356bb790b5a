import { uploads, useUploads, type Upload } from "../api/uploads";
import { reason } from "../components/Failure";
import { Glyph } from "../components/Icon";
import { Bar } from "../components/Parts";
import { useT } from "../i18n";
import { percent } from "../i18n/format";

function State({ upload: u }: { upload: Upload }) {
  const t = useT();
  if (u.state === "done") return <span className="good">{t("upload.done")}</span>;
  if (u.state === "waiting") return <span className="muted">{t("upload.waiting")}</span>;
  if (u.state === "running")
    return <span className="muted">{u.share < 1 ? percent(u.share) : t("upload.finishing")}</span>;
  return (
    <span className="row">
      <span className="field-error">
        {u.files.length
          ? `${t("upload.failed")}: ${reason(u.error, t)}`
          : t("upload.empty", { name: u.name })}
      </span>
      {u.files.length > 0 && (
        <button className="small" onClick={() => uploads.retry(u.key)}>
          {t("upload.retry")}
        </button>
      )}
    </span>
  );
}

export function Uploads() {
  const t = useT();
  const items = useUploads();
  if (items.length === 0) return null;
  const done = items.filter((u) => u.state === "done").length;
  const name = (u: Upload) => (u.folder ? t("upload.folder", { name: u.name, n: u.files.length }) : u.name);
  return (
    <section className="card uploads" aria-label={t("upload.title")}>
      <div className="card-head">
        <h2>
          {t("upload.title")}{" "}
          <span className="muted small" role="status">
            {t("upload.summary", { done, total: items.length })}
          </span>
        </h2>
        {done > 0 && (
          <button className="quiet small" onClick={uploads.clear}>
            {t("upload.clear")}
          </button>
        )}
      </div>
      <div className="scroll-x uploads-list">
        <table>
          <tbody>
            {items.map((u) => (
              <tr key={u.key}>
                <td>{name(u)}</td>
                <td className="third">
                  <Bar
                    value={u.share}
                    label={t("upload.progress", { name: u.name, percent: percent(u.share) })}
                  />
                </td>
                <td className="third">
                  <State upload={u} />
                </td>
                <td className="num">
                  <button
                    className="quiet icon-only"
                    onClick={() => uploads.dismiss(u.key)}
                    aria-label={t(
                      u.state === "running" || u.state === "waiting" ? "upload.cancel" : "upload.dismiss",
                      { name: u.name },
                    )}
                  >
                    <Glyph name="close" />
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
