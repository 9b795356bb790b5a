// How long a person waits. With SHAOGUANG_RESULTS=FILE what was measured is written there; with SHAOGUANG_PATIENCE=N the
// limits are N times as long, where other work runs on the machine.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { finish, open, patience, serve, skip, web } from "./context.mjs";

const FIRST_PAGE_MS = 1000;
const VOLUME_MS = 2000;
const SHELL_BYTES = 100_000;
const measured = {};

/** What a page loads before any viewer: index.html and all it names. */
function shellBytes() {
  const html = readFileSync(join(web, "dist/index.html"), "utf8");
  const assets = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((m) =>
    readFileSync(join(web, "dist", m[1])),
  );
  return [Buffer.from(html), ...assets].reduce((sum, x) => sum + gzipSync(x).length, 0);
}

/** The best of a few, each without any cache: other work on the machine is not what is measured. */
async function best(name, limit, t, once) {
  const times = [];
  for (let i = 0; i < 4; i++) times.push(Math.round(await once()));
  t.diagnostic(`${name}: ${times.join(", ")} ms`);
  measured[name] = times;
  assert.ok(Math.min(...times) <= limit * patience, `${times.join(", ")} ms`);
}

/** In the page: a canvas of the viewer that shows more than a little that is not black. */
function shows() {
  for (const canvas of document.querySelectorAll("main canvas")) {
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let bright = 0;
    for (let i = 0; i < pixels.length; i += 4) if (pixels[i] > 40) bright++;
    if (bright > pixels.length / 40) return true;
  }
  return false;
}

function record() {
  const file = process.env.SHAOGUANG_RESULTS;
  if (!file) return;
  const cpu = cpus()[0]?.model ?? "";
  const day = new Date().toISOString().slice(0, 10);
  const result = { bench: "browser", date: day, host: { cpu, cores: cpus().length }, ...measured };
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
}

export function speedTests(world) {
  test("the shell is small", { skip }, (t) => {
    measured.shell_bytes = shellBytes();
    t.diagnostic(`shell: ${measured.shell_bytes} bytes gzip`);
    assert.ok(measured.shell_bytes <= SHELL_BYTES, `${measured.shell_bytes} bytes`);
  });

  test("the first page is usable within a second", { skip }, async (t) => {
    const { base } = await serve();
    await best("first_page_ms", FIRST_PAGE_MS, t, async () => {
      const page = await open(base, "/");
      await page.getByRole("heading", { name: "This workspace is empty" }).waitFor();
      const time = await page.evaluate(() => performance.now());
      await finish(page);
      return time;
    });
  });

  test("a volume of 181 × 217 × 181 is shown within two seconds", { skip }, async (t) => {
    await best("volume_ms", VOLUME_MS, t, async () => {
      const page = await open(world.base, `/artifacts/${world.brain}`);
      await page.waitForFunction(shows, undefined, { polling: 50 });
      const time = await page.evaluate(() => performance.now());
      await finish(page);
      return time;
    });
    record();
  });
}
