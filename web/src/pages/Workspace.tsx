import { useRef, useState } from "react";
import { api } from "../api/client";
import { useEvents } from "../api/events";
import { useLoad } from "../api/load";
import { usePages } from "../api/pages";
import { KINDS, type Artifact } from "../api/types";
import { uploads } from "../api/uploads";
import { DeleteDialog } from "../components/DeleteDialog";
import { Failure, Loading } from "../components/Failure";
import { Glyph } from "../components/Icon";
import { useTitle } from "../components/useTitle";
import { useT } from "../i18n";
import { setQuery, useQuery } from "../router";
import { ArtifactRows } from "./ArtifactRows";
import { Uploads } from "./Uploads";
import { fromChooser, useDrop } from "./useDrop";
import { Welcome } from "./Welcome";

const STATES = ["ready", "inspecting", "unreadable"] as const;
const PAGE = 100;

function AddButtons({ chooser }: { chooser: React.RefObject<HTMLInputElement> }) {
  const t = useT();
  const folder = useRef<HTMLInputElement>(null);
  const add = (input: HTMLInputElement) => {
    uploads.add(fromChooser(input.files));
    input.value = "";
  };
  return (
    <div className="row">
      <button onClick={() => folder.current?.click()}>{t("workspace.uploadFolder")}</button>
      <button className="primary" onClick={() => chooser.current?.click()}>
        <Glyph name="plus" />
        {t("workspace.upload")}
      </button>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        aria-label={t("workspace.upload")}
        onChange={(e) => add(e.target)}
      />
      {/* React 18 has no type for this attribute, which every browser knows. */}
      <input
        ref={folder}
        type="file"
        hidden
        aria-label={t("workspace.uploadFolder")}
        {...{ webkitdirectory: "" }}
        onChange={(e) => add(e.target)}
      />
    </div>
  );
}

function Filters({ total, shown }: { total: number | undefined; shown: number }) {
  const t = useT();
  const query = useQuery();
  const [q, kind, tag, state] = ["q", "kind", "tag", "state"].map((x) => query.get(x) ?? "");
  // Again whenever the list changes: tags come and go with what carries them.
  const tags = useLoad(total === undefined ? null : `tags ${total}`, api.tags).data?.items ?? [];
  return (
    <div className="toolbar" role="search">
      <input
        type="search"
        className="search"
        aria-label={t("workspace.search")}
        placeholder={t("workspace.search")}
        value={q}
        onChange={(e) => setQuery({ q: e.target.value })}
      />
      <label>
        {t("workspace.kind")}
        <select value={kind} onChange={(e) => setQuery({ kind: e.target.value })}>
          <option value="">{t("common.all")}</option>
          {KINDS.map((k) => (
            <option key={k} value={k}>
              {t(`kind.${k}`)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("workspace.state")}
        <select value={state} onChange={(e) => setQuery({ state: e.target.value })}>
          <option value="">{t("workspace.anyState")}</option>
          {STATES.map((s) => (
            <option key={s} value={s}>
              {t(`state.${s}`)}
            </option>
          ))}
        </select>
      </label>
      {(tags.length > 0 || tag) && (
        <label>
          {t("workspace.tag")}
          <select value={tag} onChange={(e) => setQuery({ tag: e.target.value })}>
            <option value="">{t("workspace.anyState")}</option>
            {tag && !tags.some((x) => x.tag === tag) && <option>{tag}</option>}
            {tags.map((x) => (
              <option key={x.tag} value={x.tag}>
                {x.tag} ({x.artifacts})
              </option>
            ))}
          </select>
        </label>
      )}
      {(q || kind || tag || state) && (
        <button className="quiet" onClick={() => setQuery({ q: "", kind: "", tag: "", state: "" })}>
          {t("workspace.clear")}
        </button>
      )}
      <span className="grow" />
      <span className="muted small" role="status">
        {total !== undefined &&
          total > 0 &&
          (shown < total ? t("workspace.shown", { n: shown, total }) : t("common.total", { n: total }))}
      </span>
    </div>
  );
}

export function WorkspacePage() {
  const t = useT();
  useTitle(t("workspace.title"));
  const query = useQuery();
  const [q, kind, tag, state] = ["q", "kind", "tag", "state"].map((x) => query.get(x) ?? "");
  const list = usePages(`artifacts ${q} ${kind} ${tag} ${state}`, (cursor) =>
    api.artifacts({ q, kind, tag, state, cursor, limit: PAGE }),
  );
  const over = useDrop(uploads.add);
  const chooser = useRef<HTMLInputElement>(null);
  const [deleting, setDeleting] = useState<Artifact>();
  useEvents({
    artifact: (a) => {
      if (list.items.some((x) => x.id === a.id))
        list.change((all) => all.map((x) => (x.id === a.id ? a : x)));
      else list.reload();
    },
    deleted: (d) => d.kind === "artifact" && list.reload(),
    resync: list.reload,
  });
  const filtered = [q, kind, tag, state].some(Boolean);
  const settled = !list.loading && list.error === undefined;
  const none = settled && list.items.length === 0;
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{t("workspace.title")}</h1>
          <p className="sub">{t("workspace.drop")}</p>
        </div>
        <AddButtons chooser={chooser} />
      </div>
      <Uploads />
      {(filtered || !none) && <Filters total={list.total} shown={list.items.length} />}
      {list.error !== undefined && <Failure error={list.error} retry={list.reload} />}
      {list.loading && list.items.length === 0 && <Loading />}
      {none &&
        (filtered ? (
          <p className="empty">{t("workspace.noMatch")}</p>
        ) : (
          <Welcome choose={() => chooser.current?.click()} />
        ))}
      {list.items.length > 0 && <ArtifactRows items={list.items} remove={setDeleting} />}
      {list.more && (
        <p className="more">
          <button onClick={list.more}>{t("common.more")}</button>
        </p>
      )}
      {over && <div className="drop-veil">{t("workspace.dropNow")}</div>}
      {deleting && (
        <DeleteDialog
          artifact={deleting}
          close={() => setDeleting(undefined)}
          done={() => {
            setDeleting(undefined);
            list.reload();
          }}
        />
      )}
    </>
  );
}
