import { NVMesh, SLICE_TYPE } from "@niivue/niivue";
import { useEffect, useState } from "react";
import { urls } from "../api/client";
import type { Artifact } from "../api/types";
import { reason } from "../components/Failure";
import { useT } from "../i18n";
import { percent } from "../i18n/format";
import { download, meshExtension } from "./formats";
import { useNiivue } from "./useNiivue";

export default function MeshViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const { box, nv, unsupported } = useNiivue(t("mesh.canvas", { name: artifact.name }), { sliceType: SLICE_TYPE.RENDER, show3Dcrosshair: false, isOrientCube: true });
  const [loading, setLoading] = useState<number | undefined>(0);
  const [failed, setFailed] = useState<unknown>();
  useEffect(() => {
    if (!nv) return;
    const abort = new AbortController();
    const load = async () => {
      const buffer = await download(urls.content(artifact.id), abort.signal, setLoading);
      const mesh = await NVMesh.readMesh(buffer, `mesh.${meshExtension(artifact) ?? "stl"}`, nv.gl, 1, new Uint8Array([99, 184, 203, 255]));
      if (abort.signal.aborted) return;
      nv.addMesh(mesh);
      setLoading(undefined);
    };
    load().catch((e: unknown) => !abort.signal.aborted && setFailed(e));
    return () => abort.abort();
  }, [nv]);
  return (
    <div className="viewer">
      <div className="canvas-box" ref={box}>
        {(loading !== undefined || unsupported) && <div className="veil" role="status">{unsupported ? t("volume.webgl") : failed !== undefined ? t("error.viewer", { why: reason(failed, t) }) : `${t("common.loading")} ${loading ? percent(loading) : ""}`}</div>}
      </div>
      <div className="viewer-foot"><span className="muted small">{t("mesh.help")}</span></div>
    </div>
  );
}
