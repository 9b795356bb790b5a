import { useState } from "react";
import { api, urls } from "../api/client";
import { useLoad } from "../api/load";
import type { Artifact } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { useT } from "../i18n";
import "./images.css";

const AT_ONCE = 60;

/** The pictures of a collection that browsers draw, side by side. */
export default function ImagesViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const [shown, setShown] = useState(AT_ONCE);
  const files = useLoad(`files ${artifact.id}`, () => api.files(artifact.id));
  if (files.error !== undefined) return <Failure error={files.error} retry={files.reload} />;
  if (!files.data) return <Loading />;
  const all = files.data.items.map((file, i) => ({ ...file, url: urls.file(artifact.id, i) }));
  const drawable = all.filter((file) => /\.(png|jpe?g|webp)$/i.test(file.path));
  const others = all.length - drawable.length;
  return (
    <div className="viewer">
      <ul className="gallery">
        {drawable.slice(0, shown).map((file) => (
          <li key={file.url}>
            <a href={file.url} download>
              <img src={file.url} alt="" loading="lazy" />
              <span className="small">{file.path}</span>
            </a>
          </li>
        ))}
      </ul>
      {drawable.length > shown && <button onClick={() => setShown(shown + AT_ONCE)}>{t("common.more")}</button>}
      {others > 0 && <p className="small muted">{t("images.others", { n: others })}</p>}
    </div>
  );
}
