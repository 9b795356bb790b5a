// Artifacts of every kind the operations take, made by the program itself through its HTTP API.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { data } from "./context.mjs";

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export function client(base) {
  const call = async (method, path, body, type = "application/json") => {
    const response = await fetch(`${base}/api/v1${path}`, {
      method,
      body,
      headers: body === undefined ? {} : { "Content-Type": type },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
  const settled = async (path, busy) => {
    for (;;) {
      const x = await call("GET", path);
      if (!busy.includes(x.state)) return x;
      await pause(60);
    }
  };
  return {
    get: (path) => call("GET", path),
    change: (id, to) => call("PATCH", `/artifacts/${id}`, JSON.stringify(to)),
    post: (path, body) => call("POST", path, JSON.stringify(body)),
    remove: (path) => call("DELETE", path),
    async upload(name, bytes) {
      const { id } = await call(
        "POST",
        `/artifacts?name=${encodeURIComponent(name)}`,
        bytes,
        "application/octet-stream",
      );
      return settled(`/artifacts/${id}`, ["inspecting"]);
    },
    async run(operation, inputs, parameters = {}, more = {}) {
      const { id } = await call(
        "POST",
        `/operations/${operation}/runs`,
        JSON.stringify({ inputs, parameters, ...more }),
      );
      const run = await settled(`/runs/${id}`, ["queued", "running"]);
      if (run.state !== "succeeded")
        throw new Error(`${operation}: ${run.state}: ${run.error?.detail ?? ""}`);
      return run;
    },
  };
}

/** One second of a tone, 8 kHz, 16 bits. */
function tone() {
  const n = 8000,
    wav = Buffer.alloc(44 + 2 * n);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(36 + 2 * n, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(n, 24);
  wav.writeUInt32LE(2 * n, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(2 * n, 40);
  for (let i = 0; i < n; i++)
    wav.writeInt16LE(Math.round(12000 * Math.sin((2 * Math.PI * 440 * i) / n)), 44 + 2 * i);
  return wav;
}

/** Small images, so that a whole walk through the operations takes seconds; each has a name of its own to be chosen by. */
export async function prepare(base) {
  const api = client(base);
  const named = async (run, output, name) => {
    const { artifact } = run.outputs[output];
    await api.change(artifact, { name });
    return artifact;
  };
  const brain = await api.upload("original brain.nii.gz", readFileSync(join(data, "ch2.nii.gz")));
  const atlas = await api.upload("original labels.nii.gz", readFileSync(join(data, "aal.nii.gz")));
  await api.change(atlas.id, { kind: "labels" });
  const small = await named(
    await api.run("image.resample", { image: brain.id }, { spacing: [4, 4, 4] }),
    "resampled",
    "brain.nii.gz",
  );
  const labels = await named(
    await api.run("image.resample", { image: atlas.id, reference: small }, { interpolation: "nearest" }),
    "resampled",
    "labels.nii.gz",
  );
  await api.change(labels, { kind: "labels" });
  const second = await api.run(
    "image.simulate_acquisition",
    { image: small, labels },
    { spacing: 4 },
    { seed: 7, title: "second acquisition" },
  );
  const acquired = await named(second, "acquired", "acquired.nii.gz");
  const acquiredLabels = await named(second, "acquired_labels", "acquired labels.nii.gz");
  const truth = await named(second, "truth", "truth.tfm");
  const table = await named(
    await api.run("evaluation.overlap", { reference: labels, candidate: labels }),
    "labels",
    "overlap.csv",
  );
  const scanned = await api.run(
    "ultrasound.simulate_bmode",
    {},
    { size: 128 },
    { seed: 3, outputs: ["picture", "intensity"] },
  );
  await named(scanned, "picture", "scanned.png");
  await named(scanned, "intensity", "echo intensity.nii.gz");
  const sound = await api.upload("tone.wav", tone());
  const steps = [0.9, 0.7, 0.6].map((loss, i) => ({ step: i + 1, loss, validation: { loss, "dice brain": 1 - loss } }));
  await api.upload("metrics.jsonl", Buffer.from(steps.map((step) => JSON.stringify(step)).join("\n")));
  return {
    api,
    brain: brain.id,
    atlas: atlas.id,
    small,
    labels,
    acquired,
    acquiredLabels,
    truth,
    table,
    sound: sound.id,
  };
}
