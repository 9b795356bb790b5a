import { lazy, Suspense, useState } from "react";
import { urls } from "../api/client";
import type { Artifact } from "../api/types";
import { Boundary } from "../components/Boundary";
import { Loading } from "../components/Failure";
import { useT } from "../i18n";
import { bytes } from "../i18n/format";
import { ConvertOffer } from "./ConvertOffer";
import { isPicture, isDicom, meshExtension, volumeExtension } from "./formats";

const Dicom = lazy(() => import("./dicom/DicomViewer"));
const Volume = lazy(() => import("./volume/VolumeViewer"));
const Mesh = lazy(() => import("./mesh/MeshViewer"));
const Picture = lazy(() => import("./picture/PictureViewer"));
const Table = lazy(() => import("./table/TableViewer"));
const Signal = lazy(() => import("./signal/SignalViewer"));
const Transform = lazy(() => import("./TransformViewer"));
const Images = lazy(() => import("./ImagesViewer"));
const Document = lazy(() => import("./DocumentViewer"));

/** Above this the browser may run out of memory, so it asks first. */
const LARGE = 1e9;

function Report({ artifact }: { artifact: Artifact }) {
  const t = useT();
  return (
    <div className="viewer">
      <iframe className="report-frame" title={t("report.frame", { name: artifact.name })} sandbox="allow-scripts" src={urls.content(artifact.id)} />
    </div>
  );
}

function NoViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  return <ConvertOffer artifact={artifact} message={t("volume.noViewer", { format: artifact.format || t(`kind.${artifact.kind}`) })} />;
}

function choose(a: Artifact) {
  if (isDicom(a)) return <Dicom artifact={a} />;
  switch (a.kind) {
    case "volume": case "labels": case "picture": case "field":
      if (isPicture(a)) return <Picture artifact={a} />;
      return volumeExtension(a) ? <Volume artifact={a} /> : <NoViewer artifact={a} />;
    case "mesh": return meshExtension(a) ? <Mesh artifact={a} /> : <NoViewer artifact={a} />;
    case "images": return <Images artifact={a} />;
    case "table": return /\.jsonl$/i.test(a.name) ? <Document artifact={a} /> : <Table artifact={a} />;
    case "points": return /\.(csv|tsv)$/i.test(a.name) ? <Table artifact={a} /> : <Document artifact={a} />;
    case "transform": return <Transform artifact={a} />;
    case "signal": return <Signal artifact={a} />;
    case "report": return <Report artifact={a} />;
    default: return <Document artifact={a} />;
  }
}

export function Viewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const streams = artifact.kind === "report" || artifact.kind === "document" || artifact.kind === "file" || artifact.kind === "images" || artifact.kind === "tensors";
  const [agreed, setAgreed] = useState(streams || artifact.size < LARGE);
  if (!agreed) return <div className="note warn row"><span className="grow">{t("volume.large", { size: bytes(artifact.size) })}</span><button onClick={() => setAgreed(true)}>{t("volume.loadAnyway")}</button></div>;
  return <Boundary><Suspense fallback={<Loading />}>{choose(artifact)}</Suspense></Boundary>;
}
