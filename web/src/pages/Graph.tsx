import type { Pipeline, Run } from "../api/types";
import { useT } from "../i18n";
import { Link } from "../router";

const W = 176,
  H = 58,
  GX = 92,
  GY = 34;

/** Column of each step: one more than the furthest step it takes something from. */
function layers(steps: string[], edges: Pipeline["edges"]): Map<string, number> {
  const depth = new Map(steps.map((s) => [s, 0]));
  // As many rounds as steps settle any acyclic graph, and end on any other.
  for (let round = 0; round < steps.length; round++)
    for (const e of edges)
      if (depth.has(e.from) && depth.has(e.to))
        depth.set(
          e.to,
          Math.min(steps.length - 1, Math.max(depth.get(e.to) ?? 0, (depth.get(e.from) ?? 0) + 1)),
        );
  return depth;
}

interface Place {
  x: number;
  y: number;
}

/** From the right side of one step to the left of another, and where its name goes. One that passes over columns runs below their steps. */
function route(a: Place, b: Place): Place & { path: string } {
  const [x1, y1, x2, y2] = [a.x + W, a.y + H / 2, b.x, b.y + H / 2];
  const x = (x1 + x2) / 2;
  if (x2 - x1 <= GX) return { path: `M${x1} ${y1}C${x} ${y1} ${x} ${y2} ${x2} ${y2}`, x, y: (y1 + y2) / 2 };
  const lane = Math.max(a.y, b.y) + H + GY / 2,
    bend = GX / 2;
  const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x1 + bend} ${lane} ${x1 + GX} ${lane}L${x2 - GX} ${lane}C${x2 - bend} ${lane} ${x2 - bend} ${y2} ${x2} ${y2}`;
  return { path, x, y: lane };
}

const short = (text: string, n: number) => (text.length > n ? `${text.slice(0, n - 1)}…` : text);
const colours = {
  queued: "var(--muted)",
  running: "var(--accent)",
  succeeded: "var(--good)",
  failed: "var(--bad)",
  cancelled: "var(--muted)",
};

function Arrow() {
  return (
    <defs>
      <marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
        <path d="M0 0 8 4 0 8z" />
      </marker>
    </defs>
  );
}

/** What goes from one step to another: one line, however much it is. */
function bundles(edges: Pipeline["edges"]): Pipeline["edges"][] {
  const all = new Map<string, Pipeline["edges"]>();
  for (const e of edges) all.set(`${e.from} ${e.to}`, [...(all.get(`${e.from} ${e.to}`) ?? []), e]);
  return [...all.values()];
}

function Edge({ from, to, bundle }: { from: Place; to: Place; bundle: Pipeline["edges"] }) {
  const { path, x, y } = route(from, to);
  const outputs = [...new Set(bundle.map((e) => e.output))];
  const first = short(outputs[0] ?? "", outputs.length > 1 ? 12 : 16);
  return (
    <g>
      <path d={path} markerEnd="url(#arrow)" />
      <text className="edge" x={x} y={y - 6} textAnchor="middle">
        {outputs.length > 1 ? `${first} +${outputs.length - 1}` : first}
        <title>{bundle.map((e) => `${e.output} → ${e.input}`).join("\n")}</title>
      </text>
    </g>
  );
}

function Step({ run, at: { x, y } }: { run: Run; at: Place }) {
  const t = useT();
  // The state is said by the dot's label; blanks keep the words of the link apart.
  return (
    <Link to={`/runs/${run.id}`}>
      <rect x={x} y={y} width={W} height={H} rx={7} />
      <circle
        cx={x + 16}
        cy={y + 21}
        r={5}
        fill={colours[run.state]}
        role="img"
        aria-label={t(`run.${run.state}`)}
      />{" "}
      <text x={x + 28} y={y + 25} fontWeight={600}>
        {short(run.pipeline?.step ?? run.id, 20)}
      </text>{" "}
      <text className="sub" x={x + 28} y={y + 44}>
        {short(run.operation, 22)}
      </text>
    </Link>
  );
}

export function Graph({ pipeline }: { pipeline: Pipeline }) {
  const t = useT();
  const depth = layers(
    pipeline.runs.map((r) => r.id),
    pipeline.edges,
  );
  const filled = new Map<number, number>();
  const at = new Map<string, Place>();
  for (const { id } of pipeline.runs) {
    const column = depth.get(id) ?? 0;
    const row = filled.get(column) ?? 0;
    filled.set(column, row + 1);
    at.set(id, { x: 4 + column * (W + GX), y: 4 + row * (H + GY) });
  }
  const width = (Math.max(0, ...depth.values()) + 1) * (W + GX) - GX + 8;
  const height = Math.max(1, ...filled.values()) * (H + GY) + 4;
  return (
    <div className="scroll-x">
      <svg
        className="graph"
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label={t("pipelines.graph")}
      >
        <Arrow />
        {bundles(pipeline.edges).map((bundle, i) => {
          const [from, to] = [at.get(bundle[0]?.from ?? ""), at.get(bundle[0]?.to ?? "")];
          return from && to && <Edge key={i} from={from} to={to} bundle={bundle} />;
        })}
        {pipeline.runs.map((run) => {
          const place = at.get(run.id);
          return place && <Step key={run.id} run={run} at={place} />;
        })}
      </svg>
    </div>
  );
}
