import { useState } from "react";
import { api } from "../api/client";
import { useArtifact } from "../api/load";
import { usePages } from "../api/pages";
import type { Artifact, Kind } from "../api/types";
import { Dialog } from "../components/Dialog";
import { Failure, Loading } from "../components/Failure";
import { Thumb } from "../components/Parts";
import { useT } from "../i18n";
import { bytes } from "../i18n/format";
import { Link } from "../router";
import { titleOf } from "./schema";

export function PickDialog({ field, kinds, pick, close }: { field: string; kinds: readonly Kind[] | undefined; pick: (a: Artifact) => void; close: () => void }) {
  const t = useT();
  const [q, setQ] = useState("");
  const kind = kinds?.join(",");
  const list = usePages(`pick ${q} ${kind ?? ""}`, (cursor) => api.artifacts({ q, kind, state: "ready", cursor, limit: 50 }));
  // A server that takes a single kind only would otherwise offer what the operation refuses.
  const shown = kinds ? list.items.filter((a) => kinds.includes(a.kind)) : list.items;
  return (
    <Dialog title={t("pick.title", { field: titleOf(field) })} close={close}>
      <input type="search" aria-label={t("workspace.search")} placeholder={t("workspace.search")} value={q} onChange={(e) => setQ(e.target.value)} style={{ width: "100%" }} autoFocus />
      {kinds && <p className="small muted" style={{ marginTop: 6 }}>{t("pick.takes", { kinds: kinds.map((k) => t(`kind.${k}`)).join(", ") })}</p>}
      {list.error !== undefined && <Failure error={list.error} retry={list.reload} />}
      {list.loading && shown.length === 0 && <Loading />}
      {!list.loading && shown.length === 0 && <p className="muted" style={{ padding: "16px 0" }}>{t("pick.none")}</p>}
      <div className="pick-list">
        {shown.map((a) => (
          <button type="button" key={a.id} onClick={() => pick(a)}>
            <Thumb artifact={a} />
            <span className="grow">{a.name}<br /><span className="small muted">{t(`kind.${a.kind}`)} · {a.format} · {bytes(a.size)}</span></span>
            {a.tags.slice(0, 3).map((tag) => <span key={tag} className="tag">{tag}</span>)}
          </button>
        ))}
        {list.more && <button type="button" onClick={list.more}>{t("common.more")}</button>}
      </div>
    </Dialog>
  );
}

export function ArtifactChip({ id }: { id: string }) {
  const t = useT();
  const artifact = useArtifact(id);
  return (
    <>
      {artifact && <Thumb artifact={artifact} />}
      <span className="grow">
        {artifact ? <Link to={`/artifacts/${id}`}>{artifact.name}</Link> : <span className="mono">{id}</span>}
        {artifact && <span className="small muted"><br />{t(`kind.${artifact.kind}`)} · {artifact.format}</span>}
      </span>
    </>
  );
}

interface Props { id: string; field: string; kinds: readonly Kind[] | undefined; value: string | undefined; set: (id: string | undefined) => void; optional: boolean; label?: string }

export function ArtifactPicker({ id, field, kinds, value, set, optional, label }: Props) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <>
      {value === undefined ? (
        <div><button type="button" id={id} aria-describedby={`${id}-help ${id}-error`} onClick={() => setOpen(true)}>{label ?? t("pick.choose")}</button></div>
      ) : (
        <div className="picked">
          <ArtifactChip id={value} />
          <button type="button" id={id} onClick={() => setOpen(true)}>{t("pick.change")}</button>
          {optional && <button type="button" className="quiet" onClick={() => set(undefined)}>{t("pick.clear")}</button>}
        </div>
      )}
      {open && <PickDialog field={field} kinds={kinds} close={() => setOpen(false)} pick={(a) => { set(a.id); setOpen(false); }} />}
    </>
  );
}
