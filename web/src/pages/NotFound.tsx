import { useT } from "../i18n";
import { Link } from "../router";

export function NotFound() {
  const t = useT();
  return (
    <div className="empty">
      <h1>{t("error.notFound")}</h1>
      <p>{t("error.notFoundHelp")}</p>
      <p>
        <Link to="/">{t("error.home")}</Link>
      </p>
    </div>
  );
}
