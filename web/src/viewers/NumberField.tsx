import { useEffect, useState } from "react";

/** A number that may be typed over; what is typed counts once it is finished. */
export function NumberField({ label, value, set }: { label: string; value: number | undefined; set: (n: number) => void }) {
  const [typed, setTyped] = useState<string>();
  useEffect(() => setTyped(undefined), [value]);
  const finish = () => {
    const n = Number(typed);
    if (typed !== undefined && typed.trim() !== "" && Number.isFinite(n)) set(n);
    setTyped(undefined);
  };
  const shown = value === undefined ? "" : String(Number(value.toPrecision(5)));
  return <label>{label}<input className="level" inputMode="decimal" value={typed ?? shown} onChange={(e) => setTyped(e.target.value)} onBlur={finish} onKeyDown={(e) => e.key === "Enter" && finish()} /></label>;
}
