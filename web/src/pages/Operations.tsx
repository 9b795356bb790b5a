import { useArtifact, useCatalogue } from "../api/load";
import type { Operation } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { useTitle } from "../components/useTitle";
import { fieldsOf, fits } from "../forms/schema";
import { useLanguage, useT } from "../i18n";
import { useOperationTexts } from "../i18n/operations";
import { Link, operationPath, setQuery, useQuery } from "../router";

function Card({ operation: o, to }: { operation: Operation; to: string }) {
  const texts = useOperationTexts();
  return (
    <Link to={to} className="op-card">
      <strong>{o.name}</strong>
      <p>{texts.summary(o)}</p>
    </Link>
  );
}

export function OperationsPage() {
  const t = useT();
  useTitle(t("operations.title"));
  const language = useLanguage();
  const query = useQuery();
  const q = query.get("q") ?? "";
  const texts = useOperationTexts(q !== "");
  const artifact = useArtifact(query.get("use") ?? undefined).data;
  const catalogue = useCatalogue();
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const field = (o: Operation) => artifact && fieldsOf(o, "inputs").find(([, s]) => fits(s, artifact))?.[0];
  const matches = (o: Operation) => {
    const text = texts.searchable(o);
    return words.every((w) => text.includes(w)) && (!artifact || field(o) !== undefined);
  };
  const found = (catalogue.data?.operations ?? []).filter(matches);
  const modules = [...new Set(found.map((o) => o.module))];
  const link = (o: Operation) => {
    const name = field(o);
    return operationPath(o.name, name && artifact ? { [`in.${name}`]: artifact.id } : {});
  };
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{t("operations.title")}</h1>
          <p className="sub" role="status">
            {artifact
              ? t("operations.for", { name: artifact.name })
              : catalogue.data && t("operations.count", { n: found.length })}
          </p>
        </div>
        <input
          type="search"
          className="search"
          aria-label={t("operations.search")}
          placeholder={t("operations.search")}
          value={q}
          onChange={(e) => setQuery({ q: e.target.value })}
        />
      </div>
      {catalogue.error !== undefined && <Failure error={catalogue.error} retry={catalogue.reload} />}
      {!catalogue.data && catalogue.loading && <Loading />}
      {catalogue.data && found.length === 0 && <p className="empty">{t("operations.none", { q })}</p>}
      {modules.map((module) => (
        <section key={module} aria-labelledby={`module-${module}`}>
          <div className="module-head">
            <h2 id={`module-${module}`}>{texts.module(module)}</h2>
            {language === "zh" && <code className="muted">{module}</code>}
            <span className="muted">{texts.moduleSummary(module)}</span>
          </div>
          <div className="op-grid">
            {found
              .filter((o) => o.module === module)
              .map((o) => (
                <Card key={o.name} operation={o} to={link(o)} />
              ))}
          </div>
        </section>
      ))}
    </>
  );
}
