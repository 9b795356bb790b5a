/** The HTTP contract, version 1. */
export type Kind =
  | "volume" | "labels" | "transform" | "field" | "mesh" | "points" | "table" | "signal" | "series"
  | "document" | "model" | "report" | "picture" | "file";

export const KINDS: readonly Kind[] = [
  "volume", "labels", "series", "picture", "transform", "field", "mesh", "points", "table", "signal",
  "document", "model", "report", "file",
];

export interface Problem {
  type: string;
  title: string;
  status: number;
  exit_status?: number;
  detail: string;
  field?: string;
  reach?: Reach;
}

export interface Health {
  status: string;
  version: string;
  uptime_s: number;
  workspace: { name: string; artifacts?: number; runs?: { queued: number; running: number } };
}

export interface Schema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  "x-kind"?: string;
  "x-unit"?: string;
  "x-modality"?: string;
  "x-dimensions"?: number;
  "x-file-types"?: string[];
}

export interface Operation {
  name: string;
  module: string;
  summary: string;
  description: string;
  request: Schema;
  result: Schema;
  citations?: string[];
  references?: string[];
  examples: { arguments: string; checks: string[] }[];
}

export interface Catalogue {
  version: string;
  operations: Operation[];
  modules?: { name: string; summary: string }[];
}

export type Origin = { type: "import" } | { type: "run"; run: string; output: string; operation?: string };

export interface Artifact {
  id: string;
  kind: Kind;
  state: "inspecting" | "ready" | "unreadable";
  problem?: string;
  name: string;
  format: string;
  size: number;
  files: number;
  sha256: string;
  created: string;
  tags: string[];
  notes: string;
  origin: Origin;
  properties: Record<string, unknown>;
  thumbnail: boolean;
}

export interface ArtifactDetail extends Artifact {
  parents?: { id: string; name: string; kind: Kind }[];
  children?: { id: string; name: string; kind: Kind; run: string }[];
}

export interface StoredFile { path: string; size: number; sha256: string }
export interface Reach { artifacts: { id: string; name: string }[]; runs: { id: string; operation: string }[] }
export interface Page<T> { items: T[]; next: string | null; total: number }

export type RunState = "queued" | "running" | "succeeded" | "failed" | "cancelled";
export type RunOutput = { artifact: string } | { value: unknown };

export interface Run {
  id: string;
  operation: string;
  title: string;
  state: RunState;
  cached_from?: string;
  pipeline?: { id: string; step: string };
  needs?: string[];
  created: string;
  started?: string;
  finished?: string;
  progress: number;
  stage: string;
  remaining_s?: number;
  seed: number;
  inputs: Record<string, string | string[]>;
  parameters: Record<string, unknown>;
  outputs: Record<string, RunOutput>;
  units: Record<string, string>;
  error?: Problem;
  warnings: string[];
  seconds?: number;
  cpu_s?: number;
  peak_memory_bytes?: number;
  version: string;
  record?: Record<string, unknown>;
}

export interface RunRequest {
  inputs: Record<string, string | string[]>;
  parameters: Record<string, unknown>;
  outputs?: string[];
  seed?: number;
  title?: string;
  cache?: boolean;
}

export interface PipelineSummary { id: string; title: string; created: string; runs?: Run[] }
export interface Pipeline {
  id: string;
  title: string;
  created: string;
  runs: Run[];
  edges: { from: string; output: string; to: string; input: string }[];
}

export interface ProgressEvent { run: string; progress: number; stage: string; remaining_s?: number }
export interface DeletedEvent { kind: "artifact" | "run"; id: string }

export const isActive = (run: Run): boolean => run.state === "queued" || run.state === "running";
