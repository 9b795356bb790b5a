import { useState } from "react";
import { api, urls } from "../api/client";
import { useEvents } from "../api/events";
import { useLoad } from "../api/load";
import type { ArtifactChange, ArtifactDetail } from "../api/types";
import { DeleteDialog } from "../components/DeleteDialog";
import { Failure, Loading } from "../components/Failure";
import { Glyph } from "../components/Icon";
import { Card } from "../components/Parts";
import { Properties } from "../components/Properties";
import { useTitle } from "../components/useTitle";
import { useT } from "../i18n";
import { bytes, useTime } from "../i18n/format";
import { Link, navigate } from "../router";
import { Viewer } from "../viewers/Viewer";
import { Lineage, Notes, Rename, Tags } from "./ArtifactParts";
import { isDespeckled, useDespeckling } from "./despeckle/applicable";
import { Files } from "./Files";

type Change = (what: ArtifactChange) => Promise<void>;

function Head({
  artifact: a,
  change,
  askDelete,
}: {
  artifact: ArtifactDetail;
  change: Change;
  askDelete: () => void;
}) {
  const t = useT();
  const time = useTime();
  const despeckling = useDespeckling(a);
  const turn = a.kind === "volume" ? "labels" : a.kind === "labels" ? "volume" : undefined;
  return (
    <div className="page-head">
      <div className="grow" style={{ minWidth: 260 }}>
        <p className="crumbs small">
          <Link to="/">{t("workspace.title")}</Link>
          {a.origin.type === "run" && (
            <>
              {" "}
              / <Link to={`/runs/${a.origin.run}`}>{a.origin.operation ?? t("workspace.fromRun")}</Link>
            </>
          )}
        </p>
        <Rename name={a.name} save={(name) => change({ name })} />
        <p className="sub row">
          <span className="badge">{t(`kind.${a.kind}`)}</span>
          {a.format} · {bytes(a.size)} · {time(a.created)}
        </p>
      </div>
      <div className="row">
        <Link className="button primary" to={`/operations?use=${a.id}`}>
          {t("artifact.useIn")}
        </Link>
        {despeckling && (
          <Link className="button" to={`/despeckle/${a.id}`}>
            {t("despeckle.open")}
          </Link>
        )}
        <a className="button" href={a.files > 1 ? urls.archive(a.id) : urls.download(a.id)} download>
          {<Glyph name="down" />}
          {a.files > 1 ? t("artifact.archive") : t("common.download")}
        </a>
        {turn && (
          <button className="quiet" onClick={() => void change({ kind: turn }).catch(() => undefined)}>
            {t(turn === "labels" ? "artifact.asLabels" : "artifact.asVolume")}
          </button>
        )}
        <button
          className="quiet icon-only"
          aria-label={t("common.delete")}
          title={t("common.delete")}
          onClick={askDelete}
        >
          <Glyph name="trash" />
        </button>
      </div>
    </div>
  );
}

function Content({ artifact: a }: { artifact: ArtifactDetail }) {
  const t = useT();
  if (a.state === "unreadable")
    return <p className="note bad">{t("artifact.unreadable", { why: a.problem ?? "" })}</p>;
  if (a.state === "inspecting")
    return (
      <p className="note" role="status">
        {t("artifact.inspecting")}
      </p>
    );
  return <Viewer key={`${a.id} ${a.kind}`} artifact={a} />;
}

export function ArtifactPage({ id }: { id: string }) {
  const t = useT();
  const loaded = useLoad(`artifact ${id}`, () => api.artifact(id));
  const [deleting, setDeleting] = useState(false);
  const [error, setError] = useState<unknown>();
  useEvents({
    artifact: (a) => {
      if (a.id === id) loaded.set((old) => ({ ...old, ...a }));
    },
    deleted: (d) => {
      if (d.id === id) navigate("/");
    },
    resync: loaded.reload,
  });
  const a = loaded.data;
  useTitle(a?.name, t("workspace.title"));
  if (loaded.error !== undefined && !a) return <Failure error={loaded.error} retry={loaded.reload} />;
  if (!a) return <Loading />;
  const change = async (what: ArtifactChange) => {
    try {
      const next = await api.changeArtifact(id, what);
      setError(undefined);
      loaded.set((old) => ({ ...old, ...next }));
    } catch (e) {
      setError(e);
      throw e;
    }
  };
  return (
    <>
      <Head artifact={a} change={change} askDelete={() => setDeleting(true)} />
      {error !== undefined && (
        <div style={{ marginBottom: 12 }}>
          <Failure error={error} />
        </div>
      )}
      <div className="two">
        <div className="stack">
          {isDespeckled(a) && (
            <p className="note warn small">
              <strong>{t("despeckle.mark")}.</strong> {t("despeckle.markHelp")}
            </p>
          )}
          <Content artifact={a} />
          <Lineage artifact={a} />
        </div>
        <aside className="stack">
          <Card title={t("artifact.tags")}>
            <Tags tags={a.tags} save={(tags) => change({ tags })} />
          </Card>
          <Card title={t("artifact.notes")}>
            <Notes notes={a.notes} save={(notes) => change({ notes })} />
          </Card>
          <Card title={t("artifact.properties")}>
            <Properties values={a.properties} />
            <Properties values={{ ...(a.sha256 ? { "SHA-256": a.sha256 } : {}), [t("artifact.id")]: a.id }} />
            {a.files > 1 && <Files id={id} count={a.files} />}
          </Card>
        </aside>
      </div>
      {deleting && <DeleteDialog artifact={a} close={() => setDeleting(false)} done={() => navigate("/")} />}
    </>
  );
}
