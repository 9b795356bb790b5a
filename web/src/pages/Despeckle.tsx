import { useState } from "react";
import { ApiError } from "../api/client";
import { useArtifact, useCatalogue } from "../api/load";
import type { Artifact, Operation, Run, RunRequest } from "../api/types";
import { Failure, Loading, reason } from "../components/Failure";
import { useTitle } from "../components/useTitle";
import { InputField } from "../forms/InputField";
import { fieldsOf, valueFromText } from "../forms/schema";
import { refusal } from "../forms/validate";
import { useT } from "../i18n";
import { duration } from "../i18n/format";
import { Link, navigate, operationPath, setQuery, useQuery } from "../router";
import { OPERATION } from "./despeckle/applicable";
import { Controls } from "./despeckle/Controls";
import type { Look } from "./despeckle/draw";
import { Measured, Regions } from "./despeckle/Figures";
import { FilmBar } from "./despeckle/FilmBar";
import type { Processed, Source } from "./despeckle/frames";
import { asNumbers, fromNumbers, holds, previewPart, type Box } from "./despeckle/geometry";
import { RunPanel, useLastRun } from "./despeckle/RunPanel";
import { Stage } from "./despeckle/Stage";
import { usePlayer } from "./despeckle/usePlayer";
import { useFrame, useProcessed } from "./despeckle/useProcessed";
import { NotFound } from "./NotFound";

type Parameters = Record<string, unknown>;

/** ?p.method=lee&p.time=8&p.regions=10,10,40,40: parameters stand in the address, as in a form's. */
function useParameters(operation: Operation): [Parameters, (change: Parameters) => void] {
  const query = useQuery();
  const parameters: Parameters = {};
  for (const [name, schema] of fieldsOf(operation, "parameters")) {
    const value = valueFromText(schema, query.get(`p.${name}`) ?? "");
    if (value !== undefined) parameters[name] = value;
  }
  const set = (change: Parameters) =>
    setQuery(
      Object.fromEntries(
        Object.entries(change).map(([name, value]) => [
          `p.${name}`,
          value === undefined ? "" : String(value),
        ]),
      ),
    );
  return [parameters, set];
}

const without = (all: Parameters, name: string): Parameters =>
  Object.fromEntries(Object.entries(all).filter(([own]) => own !== name));

/** Boxes that lie within the part, in its own pixels. */
const within = (boxes: Box[], part: Box): number[] =>
  asNumbers(boxes.filter((b) => holds(part, b)).map((b) => ({ ...b, x: b.x - part.x, y: b.y - part.y })));

/** A finished run of just these parameters is shown instead of previews. */
function resultOf(run: Run | undefined, artifact: string, filter: Parameters) {
  if (run?.state !== "succeeded" || run.inputs["image"] !== artifact) return undefined;
  if (JSON.stringify(without(run.parameters, "regions")) !== JSON.stringify(filter)) return undefined;
  const file = (name: string) => {
    const output = run.outputs[name];
    return output && "artifact" in output ? output.artifact : undefined;
  };
  const denoised = file("denoised");
  return denoised === undefined ? undefined : { denoised, ratio: file("ratio") };
}

function rowsOf(processed: Processed | undefined, boxes: Box[]) {
  const table = processed?.preview?.values["boxes"];
  const rows = Array.isArray(table) ? (table as Record<string, number | null>[]) : [];
  const { part } = processed ?? {};
  return boxes.map(
    (b) =>
      part &&
      rows.find(
        (r) =>
          r["x"] === b.x - part.x &&
          r["y"] === b.y - part.y &&
          r["width"] === b.width &&
          r["height"] === b.height,
      ),
  );
}

const USED: Record<string, string> = {
  time: "diffusion_time",
  looks: "looks_used",
  dynamic_range: "dynamic_range_used",
};

/** Slices of each volume of an image; 1 for pictures and their sequences. */
function depthOf(artifact: Artifact): number {
  const size = artifact.properties["size"];
  return Array.isArray(size) ? Number(size[2] ?? 1) : 1;
}

function Status({
  shown,
  busy,
  fromRun,
  depth,
}: {
  shown: Processed | undefined;
  busy: boolean;
  fromRun: boolean;
  depth: number;
}) {
  const t = useT();
  const preview = shown?.preview;
  const text = () => {
    if (fromRun) return t("despeckle.fromRun");
    if (!shown || !preview) return "";
    return t("despeckle.took", { all: duration(shown.took / 1000), method: duration(preview.seconds) });
  };
  const solid = preview && depth > 1 && preview.values["domain_used"] !== "bmode";
  return (
    <p className="live-status small" data-busy={busy}>
      <span className={busy ? "dot running" : "dot open"} aria-hidden="true" />
      <span>{text()}</span>
      {busy && <span className="muted">{t("despeckle.working")}</span>}
      {solid && <span className="muted">{t("despeckle.slices")}</span>}
    </p>
  );
}

function Live({ artifact, operation }: { artifact: Artifact; operation: Operation }) {
  const t = useT();
  const [parameters, setParameters] = useParameters(operation);
  const [number, setNumber] = useState(0);
  const [look, setLook] = useState<Look>("swipe");
  const [centre, setCentre] = useState({ x: 0, y: 0 });
  const [chosen, choose] = useState<number>();
  const frame = useFrame(artifact.id, number);
  const last = useLastRun(operation.name);

  const boxes = fromNumbers(parameters["regions"]);
  const setBoxes = (next: Box[]) =>
    setParameters({ regions: next.length ? asNumbers(next).join(",") : undefined });
  const filter = without(parameters, "regions");
  const refused = fieldsOf(operation, "parameters")
    .map(([name, schema]) => ({ field: name, text: refusal(name, schema, parameters[name], t) }))
    .find((x): x is { field: string; text: string } => x.text !== undefined);

  const size = frame.data?.raster;
  const part = size && previewPart(size, centre);
  const previewOf = (n: number): Source | undefined =>
    part && {
      kind: "preview",
      operation: operation.name,
      request: {
        inputs: { image: artifact.id },
        parameters: { ...filter, regions: within(boxes, part) },
        region: { frame: n, ...part },
        outputs: look === "ratio" ? ["denoised", "ratio"] : ["denoised"],
      },
    };
  const result = resultOf(last.run, artifact.id, filter);
  const sourceOf = (n: number): Source | undefined =>
    result ? { kind: "run", ...result, frame: n } : previewOf(n);
  const film = { artifact: artifact.id, count: frame.data?.frames ?? 1, frame: number, setFrame: setNumber };
  const player = usePlayer({ ...film, sourceOf: (n) => sourceOf(n) as Source });
  // While a run's frames are played nothing needs to be measured.
  const previewed = useProcessed(refused || (result && player.playing) ? undefined : previewOf(number));
  const made = useProcessed(result && sourceOf(number));

  const latest = result ? made : previewed;
  const shown = latest.data?.frame === number ? latest.data : undefined;
  const measured = previewed.data?.frame === number ? previewed.data : undefined;
  const values = measured?.preview?.values ?? {};
  const used = Object.fromEntries(Object.entries(USED).map(([name, output]) => [name, values[output]]));
  const failed = refused ? undefined : (latest.error ?? previewed.error);
  const field = failed instanceof ApiError ? failed.problem.field : undefined;
  const problem = refused ?? (failed === undefined ? undefined : { field, text: reason(failed, t) });
  const known = fieldsOf(operation, "parameters").some(([name]) => name === problem?.field);
  const request: RunRequest = { inputs: { image: artifact.id }, parameters };

  return (
    <div className="live">
      <div className="stack">
        {frame.error !== undefined && <Failure error={frame.error} />}
        {frame.data ? (
          <div>
            <Stage
              name={artifact.name}
              frame={frame.data}
              processed={shown}
              busy={latest.busy}
              look={look}
              setLook={setLook}
              boxes={boxes}
              setBoxes={setBoxes}
              chosen={chosen}
              choose={choose}
              onCentre={setCentre}
            />
            {film.count > 1 && <FilmBar {...film} player={player} />}
            <Status
              shown={shown}
              busy={latest.busy}
              fromRun={result !== undefined}
              depth={depthOf(artifact)}
            />
          </div>
        ) : (
          frame.busy && <Loading />
        )}
        {problem && !known && (
          <p className="note bad" role="alert">
            {problem.text}
          </p>
        )}
        {player.error !== undefined && <Failure error={player.error} />}
        <Regions
          boxes={boxes}
          rows={rowsOf(measured, boxes)}
          chosen={chosen}
          remove={(i) => setBoxes(boxes.filter((_, k) => k !== i))}
          clear={() => setBoxes([])}
        />
        <Measured operation={operation} preview={measured?.preview} />
      </div>
      <aside className="stack" aria-label={t("op.parameters")}>
        <Controls
          operation={operation}
          parameters={filter}
          set={(name, value) => setParameters({ [name]: value })}
          reset={() =>
            setParameters(Object.fromEntries(Object.keys(filter).map((name) => [name, undefined])))
          }
          used={used}
          problem={problem}
        />
        <RunPanel operation={operation} request={request} last={last} frames={film.count} />
      </aside>
    </div>
  );
}

function DespeckleImage({ id }: { id: string }) {
  const t = useT();
  const artifact = useArtifact(id);
  const catalogue = useCatalogue();
  useTitle(artifact.data?.name, t("despeckle.title"));
  const operation = catalogue.data?.operations.find((o) => o.name === OPERATION);
  const error = artifact.error ?? catalogue.error;
  if (error !== undefined) return <Failure error={error} />;
  if (!artifact.data || !catalogue.data) return <Loading />;
  if (!operation) return <NotFound />;
  return (
    <>
      <div className="page-head">
        <div>
          <p className="crumbs small">
            <Link to="/">{t("workspace.title")}</Link> /{" "}
            <Link to={`/artifacts/${id}`}>{artifact.data.name}</Link>
          </p>
          <h1>{t("despeckle.title")}</h1>
          <p className="sub">{t("despeckle.sub")}</p>
        </div>
        <Link className="button" to={operationPath(OPERATION, { "in.image": id })}>
          {t("despeckle.form")}
        </Link>
      </div>
      {artifact.data.state === "ready" ? (
        <Live artifact={artifact.data} operation={operation} />
      ) : (
        <p className="note">{artifact.data.problem ?? t("artifact.inspecting")}</p>
      )}
    </>
  );
}

/** Without an image: one is chosen first. */
function DespeckleStart() {
  const t = useT();
  useTitle(t("despeckle.title"));
  const catalogue = useCatalogue();
  const operation = catalogue.data?.operations.find((o) => o.name === OPERATION);
  if (catalogue.error !== undefined) return <Failure error={catalogue.error} retry={catalogue.reload} />;
  if (!catalogue.data) return <Loading />;
  const [input] = operation ? fieldsOf(operation, "inputs") : [];
  if (!operation || !input) return <NotFound />;
  const [name, schema] = input;
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{t("despeckle.title")}</h1>
          <p className="sub">{t("despeckle.sub")}</p>
        </div>
      </div>
      <section className="form-section lone">
        <InputField
          operation={operation.name}
          name={name}
          schema={schema}
          value={undefined}
          required
          error={undefined}
          set={(id) => id && navigate(`/despeckle/${id}`)}
        />
      </section>
    </>
  );
}

export default function DespecklePage({ id }: { id: string | undefined }) {
  return id === undefined ? <DespeckleStart /> : <DespeckleImage id={id} />;
}
