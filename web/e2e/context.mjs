// What all browser tests share: the real program on a fresh workspace, one browser, and pages that tell of every error.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
export const web = resolve(here, "..");
/** How many times longer than on an idle machine everything may take; a busy one needs more. */
export const patience = Number(process.env.SHAOGUANG_PATIENCE ?? 1);
export const program = resolve(process.env.SHAOGUANG ?? join(web, "../build/release/bin/shaoguang"));
const browserPath = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const data = "/usr/share/mricron/templates";
export const dicom = "/usr/lib/python3/dist-packages/pydicom/data/test_files";

const needed = [
  [program, "the built program; ./run build makes it, SHAOGUANG names another"],
  [join(web, "dist/index.html"), "the built web app; npm run build makes it"],
  [browserPath, "Debian package chromium, or CHROMIUM names another"],
  [join(data, "ch2.nii.gz"), "Debian package mricron-data"],
  [join(dicom, "CT_small.dcm"), "Debian package python3-pydicom"],
];
/** False, or why the browser tests cannot run here. */
export const skip =
  needed
    .filter(([path]) => !existsSync(path))
    .map(([path, what]) => `missing ${path} (${what})`)
    .join("; ") || false;

const cleanups = [];
export async function cleanUp() {
  for (const f of cleanups.reverse()) await f();
  cleanups.length = 0;
}

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "shaoguang-e2e-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Serves a fresh workspace on a free port; options go to the command line as they are. */
export async function serve(
  options = [],
  { workspace = join(temporaryFolder(), "workspace"), port = 0 } = {},
) {
  const child = spawn(program, [
    "serve",
    "--workspace",
    workspace,
    "--port",
    String(port),
    "--web",
    join(web, "dist"),
    ...options,
  ]);
  const exited = new Promise((done) => child.on("exit", done));
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
  };
  cleanups.push(stop);
  let told = "";
  const base = await new Promise((ready, failed) => {
    const listen = (chunk) => {
      told += chunk;
      const address = /at (http:\/\/[\d.]+:\d+)/.exec(told);
      if (address) ready(address[1]);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("exit", (code) => failed(new Error(`the server ended with ${code}: ${told}`)));
  });
  return { base, workspace, port: Number(new URL(base).port), stop };
}

let browser;
export async function openBrowser() {
  const args = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
  ];
  browser = await chromium.launch({ executablePath: browserPath, args });
  cleanups.push(() => browser.close());
}

/** While a form is filled in the server is asked, and refuses; a browser writes every refusal to its console. */
const expected = (message) => /\/check\?partial=1$/.test(message.location().url ?? "");

/**
 * A page in a context of its own. `page.problems` collects console errors, exceptions and requests to other origins;
 * finish(page) asserts that there were none.
 */
export async function open(
  base,
  path,
  { language = "en", theme = "light", width = 1280, height = 860, tolerate } = {},
) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    acceptDownloads: true,
  });
  await context.addInitScript(
    ([l, t]) => {
      try {
        localStorage.setItem("shaoguang.language", l);
        localStorage.setItem("shaoguang.theme", t);
      } catch {
        /* sandboxed report frames have no storage */
      }
    },
    [language, theme],
  );
  const page = await context.newPage();
  page.setDefaultTimeout(20_000 * patience);
  page.problems = [];
  const tell = (text) => {
    if (!tolerate?.test(text)) page.problems.push(text);
  };
  page.on("console", (m) => {
    if (m.type() === "error" && !expected(m)) tell(`console: ${m.text()} ${m.location().url ?? ""}`);
  });
  page.on("pageerror", (e) => tell(`exception: ${e.message}`));
  page.on("dialog", (d) => {
    tell(`dialog: ${d.message()}`);
    void d.dismiss();
  });
  page.on("request", (r) => {
    const url = new URL(r.url());
    if (/^https?:$/.test(url.protocol) && url.origin !== base) tell(`request to another origin: ${r.url()}`);
  });
  await page.goto(base + path);
  return page;
}

export async function finish(page) {
  const { problems } = page;
  await page.context().close();
  assert.deepEqual(problems, []);
}

export async function picture(page, name, options = {}) {
  mkdirSync(join(here, "screenshots"), { recursive: true });
  await page.screenshot({ path: join(here, "screenshots", `${name}.png`), ...options });
}

/** A file of the given bytes, to be chosen or dropped. */
export function file(folder, name, bytes) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}
