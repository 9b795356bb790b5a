import { useT, type Key } from "../i18n";
import { Link } from "../router";

const steps: [Key, Key][] = [
  ["workspace.step1", "workspace.step1Text"],
  ["workspace.step2", "workspace.step2Text"],
  ["workspace.step3", "workspace.step3Text"],
];

/** What an empty workspace says to somebody who has never seen one. */
export function Welcome({ choose }: { choose: () => void }) {
  const t = useT();
  return (
    <section className="welcome" aria-labelledby="welcome">
      <h2 id="welcome">{t("workspace.welcome")}</h2>
      <p className="muted">{t("workspace.welcomeText")}</p>
      <ol>
        {steps.map(([title, text], i) => (
          <li key={title}>
            <span className="step" aria-hidden="true">
              {i + 1}
            </span>
            <strong>{t(title)}</strong>
            <span className="muted">{t(text)}</span>
          </li>
        ))}
      </ol>
      <div className="row">
        <button className="primary" onClick={choose}>
          {t("workspace.upload")}
        </button>
        <Link className="button" to="/operations">
          {t("workspace.browse")}
        </Link>
      </div>
    </section>
  );
}
