import { useConnection } from "../api/events";
import { setLanguage, useLanguage, useT, type Key } from "../i18n";
import { Link } from "../router";
import { setTheme, useTheme, type Theme } from "../theme/theme";
import { Logo } from "./Icon";

const pages: { to: string; key: Key; under: RegExp }[] = [
  { to: "/", key: "nav.workspace", under: /^\/($|artifacts)/ },
  { to: "/operations", key: "nav.operations", under: /^\/(operations|despeckle)/ },
  { to: "/runs", key: "nav.runs", under: /^\/(runs|compare)/ },
  { to: "/pipelines", key: "nav.pipelines", under: /^\/pipelines/ },
];

export function Header({ path }: { path: string }) {
  const t = useT();
  const language = useLanguage();
  const theme = useTheme();
  const connection = useConnection();
  return (
    <header className="header">
      <Link to="/" className="brand">
        <Logo />
        韶光 <span>Shaoguang</span>
      </Link>
      <nav className="nav" aria-label={t("nav.main")}>
        {pages.map((p) => (
          <Link key={p.to} to={p.to} aria-current={p.under.test(path) ? "page" : undefined}>
            {t(p.key)}
          </Link>
        ))}
      </nav>
      <div className="controls">
        <span className="connection" role="status" title={t(`connection.${connection}`)}>
          <span className={`dot ${connection}`} aria-hidden="true" />
          <span className={connection === "lost" ? "" : "text"}>{t(`connection.${connection}`)}</span>
        </span>
        <select aria-label={t("nav.theme")} value={theme} onChange={(e) => setTheme(e.target.value as Theme)}>
          {(["auto", "light", "dark"] as const).map((x) => (
            <option key={x} value={x}>
              {t(`theme.${x}`)}
            </option>
          ))}
        </select>
        <select
          aria-label="Language 语言"
          value={language}
          onChange={(e) => setLanguage(e.target.value === "zh" ? "zh" : "en")}
        >
          <option value="en" lang="en">
            English
          </option>
          <option value="zh" lang="zh-CN">
            中文
          </option>
        </select>
      </div>
    </header>
  );
}
