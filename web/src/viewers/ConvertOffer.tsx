import { urls } from "../api/client";
import type { Artifact } from "../api/types";
import { useT } from "../i18n";
import { Link } from "../router";

/** What stands in place of a viewer: why there is none, a picture if the server has one, and the way on. */
export function ConvertOffer({ artifact, message }: { artifact: Artifact; message: string }) {
  const t = useT();
  const image = artifact.kind === "series" || artifact.kind === "volume" || artifact.kind === "labels" || artifact.kind === "picture" || artifact.kind === "field";
  return (
    <div className="viewer"><div className="card-body stack" style={{ padding: 24, alignItems: "center", textAlign: "center" }}>
      {artifact.thumbnail && <img src={urls.thumbnail(artifact.id)} alt="" style={{ maxWidth: 256 }} />}
      <p role="status" style={{ maxWidth: "56ch" }}>{message}</p>
      {image && <Link className="button" to={`/operations/image.convert?in.image=${encodeURIComponent(artifact.id)}`}>{t("volume.convert")}</Link>}
    </div></div>
  );
}
