import { useState, type FormEvent } from "react";
import type { ArtifactDetail, Kind, Relative } from "../api/types";
import { Glyph, KindIcon } from "../components/Icon";
import { Card } from "../components/Parts";
import { useT } from "../i18n";
import { Link } from "../router";

export function Rename({ name, save }: { name: string; save: (name: string) => Promise<void> }) {
  const t = useT();
  const [text, setText] = useState<string>();
  if (text === undefined)
    return (
      <h1>
        {name}{" "}
        <button className="quiet small" onClick={() => setText(name)}>
          {t("artifact.rename")}
        </button>
      </h1>
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim())
      save(text.trim()).then(
        () => setText(undefined),
        () => undefined,
      );
  };
  return (
    <form className="row" onSubmit={submit}>
      <input
        className="grow"
        aria-label={t("artifact.newName")}
        value={text}
        autoFocus
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => e.key === "Escape" && setText(undefined)}
      />
      <button className="primary">{t("common.save")}</button>
      <button type="button" onClick={() => setText(undefined)}>
        {t("common.cancel")}
      </button>
    </form>
  );
}

export function Tags({ tags, save }: { tags: string[]; save: (tags: string[]) => Promise<void> }) {
  const t = useT();
  const [text, setText] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const next = text
      .split(/[,，]/)
      .map((x) => x.trim())
      .filter((x) => x && !tags.includes(x));
    if (next.length)
      save([...tags, ...new Set(next)]).then(
        () => setText(""),
        () => undefined,
      );
  };
  return (
    <div className="stack" style={{ gap: 8 }}>
      {tags.length > 0 && (
        <div className="row" style={{ gap: 5 }}>
          {tags.map((tag) => (
            <span key={tag} className="tag">
              {tag}
              <button
                aria-label={t("artifact.removeTag", { tag })}
                onClick={() => void save(tags.filter((x) => x !== tag)).catch(() => undefined)}
              >
                <Glyph name="close" />
              </button>
            </span>
          ))}
        </div>
      )}
      <form className="row" style={{ flexWrap: "nowrap" }} onSubmit={submit}>
        <input
          className="grow"
          aria-label={t("artifact.addTag")}
          placeholder={t("artifact.addTag")}
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
        <button className="icon-only" aria-label={t("artifact.addTag")}>
          <Glyph name="plus" />
        </button>
      </form>
    </div>
  );
}

export function Notes({ notes, save }: { notes: string; save: (notes: string) => Promise<void> }) {
  const t = useT();
  const [text, setText] = useState<string>();
  if (text === undefined)
    return (
      <div className="row">
        <p className={notes ? "grow description" : "grow muted"}>{notes || t("artifact.noNotes")}</p>
        <button className="quiet small" onClick={() => setText(notes)}>
          {t("common.edit")}
          <span className="hidden"> {t("artifact.notes")}</span>
        </button>
      </div>
    );
  return (
    <form
      className="stack"
      style={{ gap: 8 }}
      onSubmit={(e) => {
        e.preventDefault();
        save(text).then(
          () => setText(undefined),
          () => undefined,
        );
      }}
    >
      <textarea
        aria-label={t("artifact.notes")}
        rows={4}
        value={text}
        autoFocus
        onChange={(e) => setText(e.target.value)}
      />
      <div className="row">
        <button className="primary">{t("common.save")}</button>
        <button type="button" onClick={() => setText(undefined)}>
          {t("common.cancel")}
        </button>
      </div>
    </form>
  );
}

const CHILDREN_AT_FIRST = 10;

export function Lineage({ artifact: a }: { artifact: ArtifactDetail }) {
  const t = useT();
  const [all, setAll] = useState(false);
  const children = all ? a.children : a.children.slice(0, CHILDREN_AT_FIRST);
  const item = (x: Relative, run?: string) => (
    <li key={x.id} className="row">
      <span className="muted">
        <KindIcon kind={x.kind as Kind} size={15} />
      </span>
      {x.name ? (
        <Link to={`/artifacts/${x.id}`}>{x.name}</Link>
      ) : (
        <span className="muted mono">
          {x.id} – {t("error.gone")}
        </span>
      )}
      {run && (
        <Link className="small muted" to={`/runs/${run}`}>
          {t("artifact.itsRun")}
        </Link>
      )}
    </li>
  );
  return (
    <Card title={t("artifact.lineage")}>
      <div className="lineage">
        <div>
          <h3>{t("artifact.parents")}</h3>
          {a.origin.type === "run" && (
            <p className="small">
              {t("artifact.madeBy", { output: a.origin.output })}{" "}
              <Link className="mono" to={`/runs/${a.origin.run}`}>
                {a.origin.operation ?? a.origin.run}
              </Link>
            </p>
          )}
          {a.parents.length ? (
            <ul className="plain-list">{a.parents.map((p) => item(p))}</ul>
          ) : (
            a.origin.type === "import" && <p className="muted">{t("artifact.noParents")}</p>
          )}
        </div>
        <div>
          <h3>{t("artifact.children")}</h3>
          {a.children.length ? (
            <ul className="plain-list">{children.map((c) => item(c, c.run))}</ul>
          ) : (
            <p className="muted">{t("artifact.noChildren")}</p>
          )}
          {a.children.length > children.length && (
            <p className="lineage-more">
              <button className="small" onClick={() => setAll(true)}>
                {t("common.more")} ({a.children.length - children.length})
              </button>
            </p>
          )}
        </div>
      </div>
    </Card>
  );
}
