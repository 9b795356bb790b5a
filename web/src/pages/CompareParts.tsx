import { urls } from "../api/client";
import { useArtifact, useCatalogue } from "../api/load";
import type { Run } from "../api/types";
import { Card, unitText, useShow } from "../components/Parts";
import { ArtifactChip } from "../forms/ArtifactPicker";
import { useT } from "../i18n";
import { number } from "../i18n/format";
import { useOperationTexts } from "../i18n/operations";
import { Link } from "../router";

interface Pair {
  a: Run;
  b: Run;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const keys = (a: object, b: object) => [...new Set([...Object.keys(a), ...Object.keys(b)])];

function Chip({ id }: { id: string | undefined }) {
  return id === undefined ? (
    <>–</>
  ) : (
    <span className="row nowrap-row">
      <ArtifactChip id={id} />
    </span>
  );
}

export function Differences({ a, b }: Pair) {
  const t = useT();
  const show = useShow();
  const texts = useOperationTexts();
  const defaults = useCatalogue().data?.operations.find((o) => o.name === a.operation)?.request.properties?.[
    "parameters"
  ]?.properties;
  const label = (name: string) => texts.label(a.operation, name);
  const resolved = (run: Run, key: string) =>
    key in run.parameters ? run.parameters[key] : defaults?.[key]?.default;
  const cell = (run: Run, key: string) => {
    const preset = defaults?.[key]?.default;
    return key in run.parameters ? (
      show(run.parameters[key])
    ) : (
      <span className="muted">
        {preset === undefined ? t("compare.notGiven") : `${show(preset)} (${t("compare.notGiven")})`}
      </span>
    );
  };
  const parameters = keys(a.parameters, b.parameters).filter((k) => !same(resolved(a, k), resolved(b, k)));
  const inputs = keys(a.inputs, b.inputs).filter((k) => !same(a.inputs[k], b.inputs[k]));
  const plain: [string, string, string][] = [
    [t("runs.operation"), a.operation, b.operation],
    [t("run.version"), a.version, b.version],
    [t("run.seed"), String(a.seed), String(b.seed)],
  ];
  const others = plain.filter(([, x, y]) => x !== y);
  if (parameters.length + inputs.length + others.length === 0)
    return <p className="muted all-same">{t("compare.same")}</p>;
  return (
    <table className="compare-table">
      <thead>
        <tr>
          <th scope="col">{t("run.name")}</th>
          <th scope="col">A</th>
          <th scope="col">B</th>
        </tr>
      </thead>
      <tbody>
        {others.map(([k, x, y]) => (
          <tr key={k}>
            <th scope="row">{k}</th>
            <td>{x}</td>
            <td>{y}</td>
          </tr>
        ))}
        {inputs.map((k) => (
          <tr key={`in ${k}`}>
            <th scope="row">{label(k)}</th>
            <td>
              <Chip id={a.inputs[k]} />
            </td>
            <td>
              <Chip id={b.inputs[k]} />
            </td>
          </tr>
        ))}
        {parameters.map((k) => (
          <tr key={k}>
            <th scope="row">{label(k)}</th>
            <td>{cell(a, k)}</td>
            <td>{cell(b, k)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const valueOf = (run: Run, key: string): unknown => {
  const o = run.outputs[key];
  return o && "value" in o ? o.value : undefined;
};
const artifactOf = (run: Run, key: string): string | undefined => {
  const o = run.outputs[key];
  return o && "artifact" in o ? o.artifact : undefined;
};

function relative(x: number, y: number): string {
  if (x === 0 || x === y) return "";
  const share = (y - x) / Math.abs(x);
  return Math.abs(share) < 10 ? `${share > 0 ? "+" : "−"}${(Math.abs(share) * 100).toPrecision(2)} %` : "";
}

export function Measures({ a, b }: Pair) {
  const t = useT();
  const show = useShow();
  const texts = useOperationTexts();
  const names = keys(a.outputs, b.outputs).filter(
    (k) => valueOf(a, k) !== undefined || valueOf(b, k) !== undefined,
  );
  if (names.length === 0) return null;
  return (
    <Card title={t("compare.results")} flush>
      <table className="compare-table figures">
        <thead>
          <tr>
            <th scope="col">{t("run.name")}</th>
            <th scope="col" className="num">
              A
            </th>
            <th scope="col" className="num">
              B
            </th>
            <th scope="col" className="num">
              {t("compare.difference")}
            </th>
            <th scope="col" className="num">
              {t("compare.relative")}
            </th>
          </tr>
        </thead>
        <tbody>
          {names.map((k) => {
            const x = valueOf(a, k),
              y = valueOf(b, k);
            const figures = typeof x === "number" && typeof y === "number" ? ([x, y] as const) : undefined;
            const unit = unitText(a.units[k] ?? b.units[k]);
            return (
              <tr key={k} className={same(x, y) ? "" : "differs"}>
                <th scope="row">
                  {texts.label(a.operation, k)}
                  {unit && <span className="muted"> ({unit})</span>}
                </th>
                <td className="num">{show(x)}</td>
                <td className="num">{show(y)}</td>
                <td className="num">{figures && number(Number((figures[1] - figures[0]).toPrecision(4)))}</td>
                <td className="num muted">{figures && relative(...figures)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

function Preview({ id }: { id: string | undefined }) {
  const t = useT();
  const artifact = useArtifact(id).data;
  if (!id) return <p className="muted">–</p>;
  const picture = artifact?.kind === "picture" && /\.(png|jpe?g)$/i.test(artifact.name);
  return (
    <figure className="preview">
      {artifact?.kind === "report" ? (
        <iframe
          title={t("report.frame", { name: artifact.name })}
          sandbox="allow-scripts"
          loading="lazy"
          src={urls.content(id)}
        />
      ) : (
        artifact &&
        (picture || artifact.thumbnail) && (
          <img src={picture ? urls.content(id) : urls.thumbnail(id)} alt={artifact.name} />
        )
      )}
      <figcaption className="row nowrap-row">
        <ArtifactChip id={id} />
        <Link className="button" to={`/artifacts/${id}`}>
          {t("common.open")}
          <span className="hidden"> {artifact?.name}</span>
        </Link>
      </figcaption>
    </figure>
  );
}

export function SideBySide({ a, b }: Pair) {
  const t = useT();
  const texts = useOperationTexts();
  const names = keys(a.outputs, b.outputs).filter((k) => artifactOf(a, k) ?? artifactOf(b, k));
  if (names.length === 0) return null;
  return (
    <Card title={t("compare.sideBySide")}>
      <div className="stack">
        {names.map((k) => (
          <section key={k} aria-label={texts.label(a.operation, k)}>
            <h3>{texts.label(a.operation, k)}</h3>
            <div className="pair">
              <Preview id={artifactOf(a, k)} />
              <Preview id={artifactOf(b, k)} />
            </div>
          </section>
        ))}
      </div>
    </Card>
  );
}
