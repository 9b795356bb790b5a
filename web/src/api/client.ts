import type {
  Artifact,
  ArtifactChange,
  ArtifactDetail,
  Catalogue,
  Frame,
  Health,
  Page,
  Pipeline,
  Preview,
  PreviewRequest,
  Problem,
  Reach,
  Run,
  RunRequest,
  Session,
  StoredFile,
  TagCount,
} from "./types";

const BASE = "/api/v1";

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
  }
}

const unreachable: Problem = {
  type: "urn:shaoguang:error:unreachable",
  title: "unreachable",
  status: 0,
  detail: "",
};

export const isUnreachable = (error: unknown): boolean =>
  error instanceof ApiError && error.problem.status === 0;

function toProblem(status: number, type: string | null, text: string): Problem {
  if (type?.includes("json")) {
    try {
      return { ...unreachable, ...(JSON.parse(text) as Partial<Problem>), status };
    } catch {
      /* a proxy may answer with anything */
    }
  }
  return {
    ...unreachable,
    type: "urn:shaoguang:error:internal",
    title: "internal",
    status,
    detail: `HTTP ${status}`,
  };
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(BASE + path, { ...init, credentials: "same-origin" });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(unreachable);
  }
  if (!response.ok)
    throw new ApiError(
      toProblem(response.status, response.headers.get("content-type"), await response.text()),
    );
  return response;
}

async function json<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await send(path, init);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const body = (method: string, value: unknown): RequestInit => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(value),
});

type Query = Record<string, string | number | undefined>;
const query = (values: Query): string => {
  const p = new URLSearchParams();
  for (const [key, value] of Object.entries(values))
    if (value !== undefined && value !== "") p.set(key, String(value));
  const text = p.toString();
  return text ? `?${text}` : "";
};
const e = encodeURIComponent;

export const urls = {
  content: (id: string) => `${BASE}/artifacts/${e(id)}/content`,
  download: (id: string) => `${BASE}/artifacts/${e(id)}/content?download=1`,
  archive: (id: string) => `${BASE}/artifacts/${e(id)}/archive`,
  file: (id: string, n: number) => `${BASE}/artifacts/${e(id)}/files/${n}`,
  thumbnail: (id: string) => `${BASE}/artifacts/${e(id)}/thumbnail`,
};

export const api = {
  health: (signal?: AbortSignal) => json<Health>("/health", { signal: signal ?? null }),
  session: () => json<Session>("/session"),
  signIn: (token: string) => json<void>("/session", body("POST", { token })),
  signOut: () => json<void>("/session", { method: "DELETE" }),
  operations: () => json<Catalogue>("/operations"),
  artifacts: (q: Query) => json<Page<Artifact>>(`/artifacts${query(q)}`),
  artifact: (id: string) => json<ArtifactDetail>(`/artifacts/${e(id)}`),
  tags: () => json<{ items: TagCount[] }>("/tags"),
  changeArtifact: (id: string, change: ArtifactChange) =>
    json<Artifact>(`/artifacts/${e(id)}`, body("PATCH", change)),
  reach: (id: string) => json<Reach>(`/artifacts/${e(id)}/reach`),
  deleteArtifact: (id: string, reach?: "all" | "only") =>
    json<void>(`/artifacts/${e(id)}${query({ reach })}`, { method: "DELETE" }),
  files: (id: string) => json<{ items: StoredFile[] }>(`/artifacts/${e(id)}/files`),
  run: (operation: string, request: RunRequest) =>
    json<Run>(`/operations/${e(operation)}/runs`, body("POST", request)),
  preview: (operation: string, request: PreviewRequest, signal: AbortSignal) =>
    json<Preview>(`/operations/${e(operation)}/preview`, { ...body("POST", request), signal }),
  frame: (id: string, n: number, signal: AbortSignal) =>
    json<Frame>(`/artifacts/${e(id)}/frames/${n}`, { signal }),
  check: (operation: string, request: RunRequest, signal: AbortSignal) =>
    json<void>(`/operations/${e(operation)}/check?partial=1`, { ...body("POST", request), signal }),
  runs: (q: Query) => json<Page<Run>>(`/runs${query(q)}`),
  runById: (id: string) => json<Run>(`/runs/${e(id)}`),
  log: async (id: string) => (await send(`/runs/${e(id)}/log`, {})).text(),
  endRun: (id: string) => json<Run | undefined>(`/runs/${e(id)}`, { method: "DELETE" }),
  pipelines: (q: Query) => json<Page<Pipeline>>(`/pipelines${query(q)}`),
  pipeline: (id: string) => json<Pipeline>(`/pipelines/${e(id)}`),
};

const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (x) => x.toString(16).padStart(2, "0")).join("");

/** Same key, same upload: sending it again after a lost answer does not store it twice. */
export interface UploadOptions {
  kind?: string | undefined;
  /** What several files are called together. */
  name?: string | undefined;
  key?: string | undefined;
}
export interface UploadTask {
  key: string;
  done: Promise<Artifact[]>;
  abort: () => void;
}

/** Files of a folder carry their place in it, so that the server can tell one DICOM series from another. */
function multipart(files: File[]): FormData {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.webkitRelativePath || file.name);
  return form;
}

/** XMLHttpRequest, because fetch does not report the progress of what it sends. */
export function upload(
  files: File[],
  options: UploadOptions,
  onProgress: (share: number) => void,
): UploadTask {
  const request = new XMLHttpRequest();
  const [first] = files;
  const single = files.length === 1 && first && !first.webkitRelativePath ? first : undefined;
  const key = options.key ?? randomKey();
  const done = new Promise<Artifact[]>((resolve, reject) => {
    request.open("POST", `${BASE}/artifacts${query({ name: single?.name ?? options.name, kind: options.kind })}`);
    request.setRequestHeader("Idempotency-Key", key);
    // A multipart type on a dropped file would make the server look for form fields.
    if (single) request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      if (request.status >= 300)
        return reject(
          new ApiError(
            toProblem(request.status, request.getResponseHeader("content-type"), request.responseText),
          ),
        );
      const answer = JSON.parse(request.responseText) as Artifact | { items: Artifact[] };
      resolve("items" in answer ? answer.items : [answer]);
    };
    request.onerror = () => reject(new ApiError(unreachable));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    request.send(single ?? multipart(files));
  });
  return { key, done, abort: () => request.abort() };
}
