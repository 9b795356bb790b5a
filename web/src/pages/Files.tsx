import { useState } from "react";
import { api, urls } from "../api/client";
import { useLoad } from "../api/load";
import { Failure } from "../components/Failure";
import { useT } from "../i18n";
import { bytes } from "../i18n/format";

const AT_FIRST = 100;

/** The files an artifact consists of, asked for when somebody wants to see them: a series may have thousands. */
export function Files({ id, count }: { id: string; count: number }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const [all, setAll] = useState(false);
  const files = useLoad(open ? `files ${id}` : null, () => api.files(id));
  const items = files.data?.items ?? [];
  return (
    <details onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary className="small">
        {t("artifact.files")} ({count})
      </summary>
      {files.error !== undefined && <Failure error={files.error} retry={files.reload} />}
      <ul className="plain-list small file-list">
        {(all ? items : items.slice(0, AT_FIRST)).map((f, i) => (
          <li key={f.path}>
            <a href={urls.file(id, i)} download>
              {f.path}
            </a>{" "}
            <span className="muted">{bytes(f.size)}</span>
          </li>
        ))}
      </ul>
      {!all && items.length > AT_FIRST && (
        <button className="small" onClick={() => setAll(true)}>
          {t("common.more")}
        </button>
      )}
    </details>
  );
}
