import { urls } from "../api/client";
import { useLoad } from "../api/load";
import type { Artifact } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { useT } from "../i18n";
import { bytes } from "../i18n/format";

const LIMIT = 512 * 1024;

async function firstPart(a: Artifact): Promise<{ text: string; cut: boolean; binary: boolean }> {
  const response = await fetch(urls.content(a.id), { headers: { Range: `bytes=0-${LIMIT - 1}` } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const data = new Uint8Array(await response.arrayBuffer()).subarray(0, LIMIT);
  const cut = a.size > data.length;
  if (data.subarray(0, 4096).includes(0)) return { text: "", cut, binary: true };
  const text = new TextDecoder().decode(data);
  if (!cut && /^\s*[[{]/.test(text)) {
    try {
      return { text: JSON.stringify(JSON.parse(text), null, 2), cut, binary: false };
    } catch { /* looks like JSON, is text */ }
  }
  return { text, cut, binary: false };
}

export default function DocumentViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const part = useLoad(artifact.id, () => firstPart(artifact));
  if (part.error !== undefined) return <Failure error={part.error} retry={part.reload} />;
  if (!part.data) return <Loading />;
  if (part.data.binary) return <p className="note">{t("document.binary")}</p>;
  return (
    <div className="viewer">
      {part.data.cut && <p className="note warn">{t("document.truncated", { size: bytes(LIMIT) })}</p>}
      <pre className="doc" tabIndex={0}>{part.data.text}</pre>
    </div>
  );
}
