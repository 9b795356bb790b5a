import { useState } from "react";
import { api } from "../api/client";
import { useLoad } from "../api/load";
import type { Reach } from "../api/types";
import { useT } from "../i18n";
import { Dialog } from "./Dialog";
import { Failure, Loading } from "./Failure";

const SHOWN = 20;

function Used({ reach }: { reach: Reach }) {
  const t = useT();
  return (
    <>
      <p>{t("delete.reach")}</p>
      {reach.artifacts.length > 0 && (
        <div>
          <h3>{t("delete.artifacts")}</h3>
          <ul>
            {reach.artifacts.slice(0, SHOWN).map((a) => (
              <li key={a.id}>{a.name}</li>
            ))}
            {reach.artifacts.length > SHOWN && <li>… {t("common.total", { n: reach.artifacts.length })}</li>}
          </ul>
        </div>
      )}
      {reach.runs.length > 0 && (
        <div>
          <h3>{t("delete.runs")}</h3>
          <ul>
            {reach.runs.slice(0, SHOWN).map((r) => (
              <li key={r.id}>
                {r.operation} <span className="muted mono">{r.id}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="muted">{t("delete.onlyHint")}</p>
    </>
  );
}

export function DeleteDialog({
  artifact,
  close,
  done,
}: {
  artifact: { id: string; name: string };
  close: () => void;
  done: () => void;
}) {
  const t = useT();
  const reach = useLoad(`reach ${artifact.id}`, () => api.reach(artifact.id));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const used = reach.data !== undefined && reach.data.artifacts.length + reach.data.runs.length > 0;
  const go = async (how?: "all" | "only") => {
    setBusy(true);
    try {
      await api.deleteArtifact(artifact.id, how);
      done();
    } catch (e) {
      setError(e);
      setBusy(false);
      // Something may have come to refer to it since the dialog opened.
      reach.reload();
    }
  };
  const foot = (
    <>
      <button onClick={close}>{t("common.cancel")}</button>
      {used && (
        <button className="danger" disabled={busy} onClick={() => void go("all")}>
          {t("delete.all")}
        </button>
      )}
      <button
        className="danger"
        disabled={busy || !reach.data}
        onClick={() => void go(used ? "only" : undefined)}
      >
        {used ? t("delete.only") : t("common.delete")}
      </button>
    </>
  );
  return (
    <Dialog title={t("delete.title", { name: artifact.name })} close={close} foot={foot}>
      <div className="stack">
        {!reach.data && !reach.error && <Loading />}
        {reach.error !== undefined && <Failure error={reach.error} retry={reach.reload} />}
        {error !== undefined && <Failure error={error} />}
        {reach.data && !used && <p>{t("delete.free")}</p>}
        {reach.data && used && <Used reach={reach.data} />}
      </div>
    </Dialog>
  );
}
