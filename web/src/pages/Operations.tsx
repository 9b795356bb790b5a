import { useArtifact, useCatalogue } from "../api/load";
import type { Operation } from "../api/types";
import { Failure, Loading } from "../components/Failure";
import { takes } from "../forms/schema";
import { useT } from "../i18n";
import { Link, setQuery, useQuery } from "../router";

export function OperationsPage() {
  const t = useT();
  const query = useQuery();
  const q = query.get("q") ?? "";
  const use = query.get("use") ?? undefined;
  const artifact = useArtifact(use);
  const catalogue = useCatalogue();
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (o: Operation) => {
    const text = `${o.name} ${o.summary} ${o.description}`.toLowerCase();
    return words.every((w) => text.includes(w)) && (!artifact || takes(o, artifact.kind).length > 0);
  };
  const found = (catalogue.data?.operations ?? []).filter(matches);
  const modules = [...new Set(found.map((o) => o.module))];
  const link = (o: Operation) => {
    const field = artifact && takes(o, artifact.kind)[0];
    return `/operations/${o.name}${field && artifact ? `?${new URLSearchParams({ [`in.${field}`]: artifact.id }).toString()}` : ""}`;
  };
  return (
    <>
      <div className="page-head">
        <div><h1>{t("operations.title")}</h1><p className="sub">{artifact ? t("operations.for", { name: artifact.name }) : catalogue.data && t("operations.count", { n: catalogue.data.operations.length })}</p></div>
        <input type="search" aria-label={t("operations.search")} placeholder={t("operations.search")} value={q} onChange={(e) => setQuery({ q: e.target.value })} style={{ width: 280 }} />
      </div>
      {catalogue.error !== undefined && <Failure error={catalogue.error} retry={catalogue.reload} />}
      {!catalogue.data && catalogue.loading && <Loading />}
      {catalogue.data && found.length === 0 && <p className="empty">{t("operations.none", { q })}</p>}
      {modules.map((module) => (
        <section key={module} aria-label={module}>
          <h2 className="mono" style={{ fontSize: 15 }}>{module}</h2>
          <p className="muted">{catalogue.data?.modules?.find((m) => m.name === module)?.summary}</p>
          <div className="op-grid">
            {found.filter((o) => o.module === module).map((o) => (
              <Link key={o.name} to={link(o)} className="op-card"><strong>{o.name}</strong><p>{o.summary}</p></Link>
            ))}
          </div>
        </section>
      ))}
    </>
  );
}
