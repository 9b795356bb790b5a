import { NVMesh, SLICE_TYPE, type Niivue } from "@niivue/niivue";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { urls } from "../../api/client";
import type { Artifact } from "../../api/types";
import { reason } from "../../components/Failure";
import { useT } from "../../i18n";
import { number, percent } from "../../i18n/format";
import { savePng } from "../download";
import { download, meshExtension } from "../formats";
import { useNiivue } from "../useNiivue";
import { readGltf } from "./gltf";

const COLOUR = new Uint8Array([99, 184, 203, 255]);
const START = { azimuth: 120, elevation: 15 };

/** Meshes of this product and of ITK are LPS, the viewer's world is RAS; GIfTI is RAS already. */
const isLps = (extension: string, data: ArrayBuffer): boolean =>
  (extension === "stl" || extension === "obj" || extension === "ply" || extension === "vtk") && !new TextDecoder("latin1").decode(data.slice(0, 512)).includes("SPACE=RAS");

async function load(nv: Niivue, data: ArrayBuffer, extension: string): Promise<NVMesh> {
  if (extension === "glb" || extension === "gltf") {
    const { points, triangles } = readGltf(data);
    return new NVMesh(points, triangles, "mesh", COLOUR, 1, true, nv.gl);
  }
  const mesh = await NVMesh.readMesh(data, `mesh.${extension}`, nv.gl, 1, COLOUR);
  if (isLps(extension, data)) {
    for (let i = 0; i < mesh.pts.length; i += 3) {
      mesh.pts[i] = -(mesh.pts[i] ?? 0);
      mesh.pts[i + 1] = -(mesh.pts[i + 1] ?? 0);
    }
    mesh.updateMesh(nv.gl);
  }
  return mesh;
}

export default function MeshViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const { box, nv, unsupported } = useNiivue(t("mesh.canvas", { name: artifact.name }), { sliceType: SLICE_TYPE.RENDER, show3Dcrosshair: false, isOrientCube: true });
  const [loading, setLoading] = useState<number | undefined>(0);
  const [failed, setFailed] = useState<unknown>();
  const [size, setSize] = useState<{ points: number; triangles: number }>();
  const angle = useRef({ ...START });
  useEffect(() => {
    if (!nv) return;
    const abort = new AbortController();
    const show = async () => {
      const data = await download(urls.content(artifact.id), abort.signal, setLoading);
      if (abort.signal.aborted) return;
      const mesh = await load(nv, data, meshExtension(artifact) ?? "stl");
      if (abort.signal.aborted) return;
      nv.addMesh(mesh);
      nv.setRenderAzimuthElevation(START.azimuth, START.elevation);
      // STL repeats its points for every triangle; the server has counted them once.
      setSize({ points: Number(artifact.properties["vertices"] ?? mesh.pts.length / 3), triangles: (mesh.tris?.length ?? 0) / 3 });
      setLoading(undefined);
    };
    show().catch((e: unknown) => !abort.signal.aborted && setFailed(e));
    return () => abort.abort();
  }, [nv]);
  const turn = (azimuth: number, elevation: number) => {
    angle.current = { azimuth: angle.current.azimuth + azimuth, elevation: Math.max(-90, Math.min(90, angle.current.elevation + elevation)) };
    nv?.setRenderAzimuthElevation(angle.current.azimuth, angle.current.elevation);
  };
  const zoom = (factor: number) => nv?.setScale(Math.max(0.2, Math.min(8, nv.scene.volScaleMultiplier * factor)));
  const reset = () => {
    angle.current = { ...START };
    turn(0, 0);
    nv?.setScale(1);
  };
  const keys = (e: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      ArrowLeft: () => turn(-10, 0), ArrowRight: () => turn(10, 0), ArrowUp: () => turn(0, 10), ArrowDown: () => turn(0, -10), "+": () => zoom(1.2), "=": () => zoom(1.2), "-": () => zoom(1 / 1.2), "0": reset,
    };
    const action = actions[e.key];
    if (!action) return;
    e.preventDefault();
    e.stopPropagation();
    action();
  };
  const message = unsupported ? t("volume.webgl") : failed !== undefined ? t("error.viewer", { why: reason(failed, t) }) : undefined;
  return (
    <div className="viewer">
      <div className="viewer-tools">
        <span className="seg"><button aria-label={t("picture.zoomOut")} disabled={!size} onClick={() => zoom(1 / 1.2)}>−</button><button aria-label={t("picture.zoomIn")} disabled={!size} onClick={() => zoom(1.2)}>+</button><button disabled={!size} onClick={reset}>{t("dicom.reset")}</button></span>
        <span className="grow" />
        <button className="quiet" disabled={!size} onClick={() => void savePng(box.current, artifact.name)}>{t("volume.screenshot")}</button>
      </div>
      <div className="canvas-box" ref={box} onKeyDownCapture={keys}>
        {(loading !== undefined || message) && <div className="veil" role="status">{message ?? `${t("common.loading")} ${loading ? percent(loading) : ""}`}</div>}
      </div>
      <div className="viewer-foot">{size && <span>{t("mesh.size", { points: number(size.points), triangles: number(size.triangles) })}</span>}<span className="muted small">{t("mesh.keys")}</span></div>
    </div>
  );
}
