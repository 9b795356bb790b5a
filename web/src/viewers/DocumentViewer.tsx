import { useState } from "react";
import { urls } from "../api/client";
import { useLoad } from "../api/load";
import type { Artifact } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { useT } from "../i18n";
import { bytes } from "../i18n/format";
import { JsonTree } from "./JsonTree";
import "./document.css";

const TEXT_LIMIT = 512 * 1024;
/** JSON is shown whole or not as a tree at all. */
const JSON_LIMIT = 20e6;

interface Part { text: string; cut: boolean; binary: boolean; json?: { value: unknown } }

async function load(a: Artifact): Promise<Part> {
  const json = /json/i.test(a.format) || /\.(geo)?json$/i.test(a.name), limit = json && a.size <= JSON_LIMIT ? a.size : TEXT_LIMIT;
  const headers: HeadersInit = a.size > limit ? { Range: `bytes=0-${limit - 1}` } : {};
  const response = await fetch(urls.content(a.id), { headers });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const data = new Uint8Array(await response.arrayBuffer()).subarray(0, Math.max(1, limit));
  const cut = a.size > data.length;
  if (data.subarray(0, 4096).includes(0)) return { text: "", cut, binary: true };
  const text = new TextDecoder().decode(data);
  if (!cut && /^\s*[[{]/.test(text)) {
    try {
      return { text: text.slice(0, TEXT_LIMIT), cut: false, binary: false, json: { value: JSON.parse(text) as unknown } };
    } catch { /* looks like JSON, is text */ }
  }
  return { text, cut, binary: false };
}

export default function DocumentViewer({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const part = useLoad(artifact.id, () => load(artifact));
  const [plain, setPlain] = useState(false);
  if (part.error !== undefined) return <Failure error={part.error} retry={part.reload} />;
  if (!part.data) return <Loading />;
  const { binary, cut, text, json } = part.data;
  if (binary) return <p className="note">{t("document.binary")}</p>;
  return (
    <div className="viewer">
      {json && (
        <div className="viewer-tools"><span className="seg" role="group" aria-label={t("common.view")}>
          <button aria-pressed={!plain} onClick={() => setPlain(false)}>{t("document.tree")}</button><button aria-pressed={plain} onClick={() => setPlain(true)}>{t("document.text")}</button></span></div>
      )}
      {cut && <p className="note warn">{t("document.truncated", { size: bytes(TEXT_LIMIT) })}</p>}
      {json && !plain ? <JsonTree value={json.value} /> : <pre className="doc" tabIndex={0}>{text}</pre>}
    </div>
  );
}
