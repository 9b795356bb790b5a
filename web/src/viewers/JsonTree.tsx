import { useState } from "react";
import { useT } from "../i18n";

const AT_ONCE = 100;
type Json = unknown;
const isNested = (v: Json): v is object => typeof v === "object" && v !== null;

function Leaf({ value }: { value: Json }) {
  const kind = value === null ? "null" : typeof value;
  return <span className={`json-${kind}`}>{kind === "string" ? JSON.stringify(value) : String(value)}</span>;
}

/** One key with its value; what is folded is not built, so that large documents open at once. */
function Node({ name, value, open }: { name: string | undefined; value: Json; open: boolean }) {
  const t = useT();
  const [shown, setShown] = useState(open);
  const [most, setMost] = useState(AT_ONCE);
  const label = name !== undefined && <span className="json-key">{name}: </span>;
  if (!isNested(value)) return <li>{label}<Leaf value={value} /></li>;
  const entries = Object.entries(value), list = Array.isArray(value);
  return (
    <li>
      <details open={shown} onToggle={(e) => { if (e.target === e.currentTarget) setShown(e.currentTarget.open); }}>
        <summary>{label}<span className="muted">{list ? `[${entries.length}]` : `{${entries.length}}`}</span></summary>
        {shown && (
          <ul>
            {entries.slice(0, most).map(([key, v]) => <Node key={key} name={key} value={v} open={false} />)}
            {entries.length > most && <li><button className="quiet" onClick={() => setMost(most + 10 * AT_ONCE)}>{t("common.more")} ({entries.length - most})</button></li>}
          </ul>
        )}
      </details>
    </li>
  );
}

export function JsonTree({ value }: { value: Json }) {
  const t = useT();
  return <ul className="json" aria-label={t("document.tree")}><Node name={undefined} value={value} open /></ul>;
}
