import { useRef, useState } from "react";
import { api } from "../api/client";
import { useEvents } from "../api/events";
import { usePages } from "../api/pages";
import type { Artifact, Kind, Schema } from "../api/types";
import { Dialog } from "../components/Dialog";
import { Failure, Loading } from "../components/Failure";
import { Bar, Thumb } from "../components/Parts";
import { useT } from "../i18n";
import { bytes, percent, useTime } from "../i18n/format";
import { useSummary } from "../pages/useSummary";
import { fits } from "./schema";
import { useOneUpload } from "./useOneUpload";

interface Props {
  /** What the choice is for, in the reader's language. */
  field: string;
  kinds: readonly Kind[] | undefined;
  /** The input it is for: narrows the choice to what its dimensions and modality allow. */
  schema?: Schema;
  pick: (a: Artifact) => void;
  close: () => void;
}

function Row({ artifact: a, pick }: { artifact: Artifact; pick: (a: Artifact) => void }) {
  const t = useT();
  const time = useTime();
  const summary = useSummary();
  return (
    <li>
      <button type="button" onClick={() => pick(a)}>
        <Thumb artifact={a} />
        <span className="grow">
          {a.name}
          <br />
          <span className="small muted">
            {[t(`kind.${a.kind}`), summary(a), bytes(a.size)].filter(Boolean).join(" · ")}
          </span>
        </span>
        <span className="small muted pick-when">
          {time(a.created)}
          {a.origin.type === "run" && (
            <>
              <br />
              {a.origin.operation
                ? t("workspace.from", { operation: a.origin.operation })
                : t("workspace.fromRun")}
            </>
          )}
        </span>
      </button>
    </li>
  );
}

function Upload({
  kinds,
  kind,
  fit,
  pick,
  reload,
}: {
  kinds: string;
  kind: string | undefined;
  fit: (a: Artifact) => boolean;
  pick: (a: Artifact) => void;
  reload: () => void;
}) {
  const t = useT();
  const chooser = useRef<HTMLInputElement>(null);
  const [unfit, setUnfit] = useState<Artifact>();
  const upload = useOneUpload(kind, (a) => {
    if (a.state === "ready" && fit(a)) return pick(a);
    setUnfit(a);
    reload();
  });
  const s = upload.state;
  const many = kind === "images";
  const choose = (files: File[]) => {
    setUnfit(undefined);
    const [first] = files;
    if (!first) return;
    upload.start(files, files.length === 1 ? first.name : t("pick.together", { name: first.name, n: files.length - 1 }));
  };
  return (
    <div className="stack pick-upload" aria-live="polite">
      <input
        ref={chooser}
        type="file"
        hidden
        multiple={many}
        aria-label={t("pick.upload")}
        onChange={(e) => {
          choose([...(e.target.files ?? [])]);
          e.target.value = "";
        }}
      />
      {!s || "error" in s ? (
        <div>
          <button type="button" onClick={() => chooser.current?.click()}>
            {t(many ? "pick.uploadMany" : "pick.upload")}
          </button>
        </div>
      ) : "share" in s ? (
        <>
          <span className="small muted">
            {t("pick.uploading", { name: s.name, percent: percent(s.share) })}
          </span>
          <Bar value={s.share} label={s.name} />
        </>
      ) : (
        <span className="small muted">{t("pick.inspecting", { name: s.name })}</span>
      )}
      {s && "error" in s && <Failure error={s.error} />}
      {unfit && (
        <p className="note warn">
          {unfit.state === "unreadable"
            ? t("artifact.unreadable", { why: unfit.problem ?? "" })
            : t("pick.unfit", { name: unfit.name, kinds })}
        </p>
      )}
    </div>
  );
}

export function PickDialog({ field, kinds, schema, pick, close }: Props) {
  const t = useT();
  const [q, setQ] = useState("");
  const wanted = schema?.["x-kind"];
  const fit = (a: Artifact) => (schema ? fits(schema, a) : (kinds?.includes(a.kind) ?? true));
  const kindNames = kinds?.map((k) => t(`kind.${k}`)).join(", ") ?? "";
  const kind = kinds?.join(",");
  const list = usePages(`pick ${q} ${kind ?? ""}`, (cursor) =>
    api.artifacts({ q, kind, state: "ready", cursor, limit: 100 }),
  );
  useEvents({ artifact: list.reload, resync: list.reload });
  const fitting = list.items.filter(fit);
  const exact = (a: Artifact) => Number(a.kind === wanted);
  // Newest first as the server sends them, but label maps before the images that might be some.
  const shown = [...fitting].sort((a, b) => exact(b) - exact(a));
  const hidden = list.items.length - fitting.length;
  const takes = [
    kinds ? t("pick.takes", { kinds: kindNames }) : t("pick.anything"),
    schema?.["x-dimensions"] && t("pick.dimensions", { n: schema["x-dimensions"] }),
    schema?.["x-modality"],
  ]
    .filter(Boolean)
    .join(" · ");
  return (
    <Dialog title={t("pick.title", { field })} close={close}>
      <div className="row">
        <input
          type="search"
          className="grow"
          aria-label={t("workspace.search")}
          placeholder={t("workspace.search")}
          value={q}
          onChange={(e) => setQ(e.target.value)}
          data-autofocus
        />
        <Upload
          kinds={kindNames}
          kind={wanted === "labels" || wanted === "images" ? wanted : undefined}
          fit={fit}
          pick={pick}
          reload={list.reload}
        />
      </div>
      <p className="small muted pick-takes">{takes}</p>
      {list.error !== undefined && <Failure error={list.error} retry={list.reload} />}
      {list.loading && shown.length === 0 && <Loading />}
      {!list.loading && list.error === undefined && shown.length === 0 && (
        <p className="muted pick-none">{t(q ? "pick.none" : "pick.empty")}</p>
      )}
      <ul className="pick-list">
        {shown.map((a) => (
          <Row key={a.id} artifact={a} pick={pick} />
        ))}
      </ul>
      {list.more && (
        <button type="button" onClick={list.more}>
          {t("common.more")}
        </button>
      )}
      {hidden > 0 && <p className="small muted">{t("pick.hidden", { n: hidden })}</p>}
    </Dialog>
  );
}
