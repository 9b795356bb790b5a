import { useEffect, useState } from "react";
import { reconnect, useConnection } from "../api/events";
import { useT } from "../i18n";

/** A blip that mends itself within this time is not worth alarming anybody. */
const PATIENCE_MS = 1500;

export function Banner() {
  const t = useT();
  const lost = useConnection() === "lost";
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) return setShown(false);
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [lost]);
  if (!shown) return null;
  return (
    <div className="banner" role="alert">
      <span>{t("connection.banner")}</span>
      <button onClick={reconnect}>{t("connection.retry")}</button>
    </div>
  );
}
