/** What the server sends and takes, as its own OpenAPI description says; only the JSON Schemas inside it are spelled out here. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Problem = Schemas["Problem"] & { reach?: Reach };
export type Health = Schemas["Health"];
export type Session = Schemas["Session"];
export type Artifact = Schemas["Artifact"];
export type ArtifactDetail = Schemas["ArtifactDetail"];
export type ArtifactChange = Schemas["ArtifactChange"];
export type Relative = Schemas["Relative"];
export type Kind = Artifact["kind"];
export type Reach = Schemas["Reach"];
export type StoredFile = Schemas["FileList"]["items"][number];
export type TagCount = Schemas["TagList"]["items"][number];
export type Run = Schemas["Run"];
export type RunState = Run["state"];
export type RunRequest = Omit<Schemas["RunRequest"], "inputs" | "parameters"> & {
  inputs: Record<string, string>;
  parameters: Record<string, unknown>;
};
export type Pipeline = Schemas["Pipeline"];
export type PixelRaster = Schemas["Raster"];
export type Frame = Schemas["Frame"];
export type Preview = Schemas["Preview"];
export type PreviewRequest = Omit<Schemas["PreviewRequest"], "inputs" | "parameters"> & {
  inputs: Record<string, string>;
  parameters: Record<string, unknown>;
};

/** Kinds in the order a reader looks for them; "folder" is not among them, it exists only while an upload is being sorted. */
export const KINDS: readonly Kind[] = [
  "volume",
  "labels",
  "series",
  "images",
  "picture",
  "transform",
  "field",
  "mesh",
  "points",
  "table",
  "signal",
  "document",
  "tensors",
  "report",
  "file",
];

/** JSON Schema of a field, with what the declaration adds to it. */
export interface Schema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  "x-kind"?: string;
  "x-accepts"?: Kind[];
  "x-unit"?: string;
  "x-modality"?: string;
  "x-dimensions"?: number;
  "x-file-types"?: string[];
  /** Of an output: the input without which it cannot be made. */
  "x-needs"?: string;
}

export type Operation = Omit<Schemas["Operation"], "request" | "result"> & {
  request: Schema;
  result: Schema;
};
export interface Catalogue {
  version: string;
  operations: Operation[];
}

export interface Page<T> {
  items: T[];
  next: string | null;
  total: number;
}
export interface ProgressEvent {
  run: string;
  progress: number;
  stage: string;
  remaining_s?: number;
}
export interface DeletedEvent {
  kind: "artifact" | "run";
  id: string;
}

export const isActive = (run: Run): boolean => run.state === "queued" || run.state === "running";
