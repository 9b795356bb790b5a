import { ApiError } from "../api/client";
import { useT, type Translate } from "../i18n";

export function reason(error: unknown, t: Translate): string {
  if (error instanceof ApiError)
    return error.problem.status === 0 ? t("error.unreachable") : error.problem.detail || error.problem.title;
  return error instanceof Error ? error.message : String(error);
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useT();
  return (
    <div className="note bad row" role="alert">
      <div className="grow">
        <strong>{t("error.title")}</strong>
        <div>{reason(error, t)}</div>
      </div>
      {retry && <button onClick={retry}>{t("common.retry")}</button>}
    </div>
  );
}

export function Loading() {
  const t = useT();
  return (
    <p className="muted" role="status">
      {t("common.loading")}
    </p>
  );
}
