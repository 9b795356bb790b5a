import { useRef, useState } from "react";
import { api } from "../api/client";
import { useEvents } from "../api/events";
import { KINDS, type Artifact, type Kind } from "../api/types";
import { usePages } from "../api/pages";
import { DeleteDialog } from "../components/DeleteDialog";
import { Failure, Loading } from "../components/Failure";
import { Glyph } from "../components/Icon";
import { useT } from "../i18n";
import { setQuery, useQuery } from "../router";
import { ArtifactRows } from "./ArtifactRows";
import { Uploads } from "./Uploads";
import { useDrop } from "./useDrop";
import { useUploads } from "./useUploads";

export function WorkspacePage() {
  const t = useT();
  const query = useQuery();
  const [q, kind, tag] = [query.get("q") ?? "", query.get("kind") ?? "", query.get("tag") ?? ""];
  const list = usePages(`artifacts ${q} ${kind} ${tag}`, (cursor) => api.artifacts({ q, kind, tag, cursor, limit: 50 }));
  const uploads = useUploads(list.reload);
  const over = useDrop(uploads.add);
  const chooser = useRef<HTMLInputElement>(null);
  const [deleting, setDeleting] = useState<Artifact>();
  useEvents({
    artifact: (a) => {
      if (list.items.some((x) => x.id === a.id)) list.change((all) => all.map((x) => (x.id === a.id ? a : x)));
      else list.reload();
    },
    deleted: (d) => d.kind === "artifact" && list.reload(),
    resync: list.reload,
  });
  const filtered = q !== "" || kind !== "" || tag !== "";
  return (
    <>
      <div className="page-head">
        <div><h1>{t("workspace.title")}</h1><p className="sub">{t("workspace.drop")}</p></div>
        <button className="primary" onClick={() => chooser.current?.click()}><Glyph name="plus" />{t("workspace.upload")}</button>
        <input ref={chooser} type="file" multiple hidden onChange={(e) => { uploads.add(e.target.files ?? []); e.target.value = ""; }} />
      </div>
      <Uploads items={uploads.items} dismiss={uploads.dismiss} />
      <div className="toolbar">
        <input type="search" aria-label={t("workspace.search")} placeholder={t("workspace.search")} value={q} onChange={(e) => setQuery({ q: e.target.value })} style={{ width: 240 }} />
        <label>{t("workspace.kind")}
          <select value={kind} onChange={(e) => setQuery({ kind: e.target.value as Kind | "" })}>
            <option value="">{t("common.all")}</option>
            {KINDS.map((k) => <option key={k} value={k}>{t(`kind.${k}`)}</option>)}
          </select>
        </label>
        {tag && <span className="tag">{t("workspace.tag")}: {tag}<button aria-label={t("artifact.removeTag", { tag })} onClick={() => setQuery({ tag: "" })}><Glyph name="close" /></button></span>}
        {filtered && <button className="quiet" onClick={() => setQuery({ q: "", kind: "", tag: "" })}>{t("workspace.clear")}</button>}
        <span className="grow" />
        <span className="muted small" aria-live="polite">{list.total !== undefined && t("common.total", { n: list.total })}</span>
      </div>
      {list.error !== undefined && <Failure error={list.error} retry={list.reload} />}
      {list.loading && list.items.length === 0 && <Loading />}
      {!list.loading && list.error === undefined && list.items.length === 0 && <p className="empty">{t(filtered ? "workspace.noMatch" : "workspace.empty")}</p>}
      {list.items.length > 0 && <ArtifactRows items={list.items} remove={setDeleting} />}
      {list.more && <p style={{ marginTop: 12 }}><button onClick={list.more}>{t("common.more")}</button></p>}
      {over && <div className="drop-veil">{t("workspace.dropNow")}</div>}
      {deleting && <DeleteDialog artifact={deleting} close={() => setDeleting(undefined)} done={() => { setDeleting(undefined); list.reload(); }} />}
    </>
  );
}
