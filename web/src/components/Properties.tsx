import { useT, type Key } from "../i18n";
import { en } from "../i18n/en";
import { bytes } from "../i18n/format";
import { useShow } from "./Parts";

const UNITS: Record<string, string> = {
  spacing: "mm",
  origin: "mm, LPS",
  translation: "mm",
  duration: "s",
  sample_rate: "Hz",
  rate: "Hz",
  time_step: "s",
  lowest: "mm, LPS",
  highest: "mm, LPS",
};
const isGroup = (v: unknown): v is Record<string, unknown> =>
  v !== null && typeof v === "object" && !Array.isArray(v);

function useLabel(): (key: string) => string {
  const t = useT();
  return (key) => (`property.${key}` in en ? t(`property.${key}` as Key) : key);
}

function Value({ name, value }: { name: string; value: unknown }) {
  const show = useShow();
  if (name === "file_size" && typeof value === "number") return <>{bytes(value)}</>;
  if (name === "direction" || name === "matrix") {
    const all = Array.isArray(value) ? value.map(show) : [];
    // Nine numbers are read as three rows.
    return (
      <span className="matrix">
        {[0, 3, 6].map((i) => (
          <span key={i}>{all.slice(i, i + 3).join(", ")}</span>
        ))}
      </span>
    );
  }
  const text =
    (name === "size" || name === "spacing") && Array.isArray(value)
      ? value.map(show).join(" × ")
      : show(value);
  return (
    <>
      {text} <span className="muted">{UNITS[name]}</span>
    </>
  );
}

/** What is known of a file; groups of it are folded. */
export function Properties({ values }: { values: Record<string, unknown> }) {
  const label = useLabel();
  const entries = Object.entries(values);
  return (
    <>
      <table className="props">
        <tbody>
          {entries
            .filter(([, v]) => !isGroup(v))
            .map(([key, value]) => (
              <tr key={key}>
                <th scope="row">{label(key)}</th>
                <td>
                  <Value name={key} value={value} />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
      {entries.map(
        ([key, v]) =>
          isGroup(v) && (
            <details key={key}>
              <summary className="small">{label(key)}</summary>
              <Properties values={v} />
            </details>
          ),
      )}
    </>
  );
}
