import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { finish, open, picture, skip } from "./context.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Findings that keep somebody from using the page, one line each. */
async function findings(page) {
  // Evaluated rather than added as a script element, which the server's policy forbids.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], iframes: false }),
  );
  return violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map(
      (v) =>
        `${v.id}: ${v.nodes
          .slice(0, 3)
          .map((n) => n.html.slice(0, 160))
          .join(" | ")}`,
    );
}

const pagesOf = (world) => [
  ["workspace", "/"],
  ["nothing found", "/?q=nothing+of+this+name"],
  ["volume", `/artifacts/${world.small}`],
  ["labels", `/artifacts/${world.labels}`],
  ["table", `/artifacts/${world.table}`],
  ["signal", `/artifacts/${world.sound}`],
  ["transform", `/artifacts/${world.truth}`],
  ["catalogue", "/operations"],
  ["form", "/operations/registration/affine?p.iterations=0"],
  ["form with vectors", "/operations/image/view"],
  ["runs", "/runs"],
  ["run", `/runs/${world.affineRun}`],
  ["compare", `/compare?a=${world.affineRun}&b=${world.rigidRun}`],
  ["despeckle", `/despeckle/${world.bmode}?p.regions=20,20,40,40,100,100,40,40`],
  ["pipelines", "/pipelines"],
  ["pipeline", `/pipelines/${world.pipeline}`],
  ["nowhere", "/no/such/page"],
];

export function accessibilityTests(world) {
  for (const [theme, language, width] of [
    ["light", "en", 1280],
    ["dark", "zh", 820],
  ])
    test(
      `no page has a serious accessibility finding: ${theme}, ${language}, ${width} px`,
      { skip },
      async () => {
        const page = await open(world.base, "/", { theme, language, width });
        const all = [];
        for (const [name, path] of pagesOf(world)) {
          await page.goto(world.base + path);
          await page.locator("h1").first().waitFor();
          // Viewers load their code and data after the page.
          await page
            .getByText(/^(Loading…|正在加载…)$/)
            .first()
            .waitFor({ state: "detached" });
          await page.waitForTimeout(200);
          await picture(page, `${theme}-${name.replaceAll(" ", "-")}`, { fullPage: true });
          all.push(...(await findings(page)).map((x) => `${name}: ${x}`));
          const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
          if (wide) all.push(`${name}: wider than the window`);
        }
        assert.deepEqual(all, []);
        await finish(page);
      },
    );

  test("everything is reached by the keyboard", { skip }, async () => {
    const page = await open(world.base, "/operations/registration/affine");
    await page.getByRole("heading", { name: "Inputs" }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
    await page.locator("#input-fixed").focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    const brain = dialog.getByRole("button", { name: /^brain/ }).first();
    await brain.waitFor();
    assert.equal(
      await page.evaluate(() => document.activeElement?.getAttribute("type")),
      "search",
      "search has focus",
    );
    assert.deepEqual(await findings(page), []);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement?.id === "input-fixed");
    await page.keyboard.press("Enter");
    await brain.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "brain.nii.gz" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === "input-fixed");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, "none", "focus is visible");
    await finish(page);
  });

  test("motion stops for those who ask for it", { skip }, async () => {
    const page = await open(world.base, "/runs");
    await page.emulateMedia({ reducedMotion: "reduce" });
    const seconds = await page.evaluate(() => {
      const dot = document.body.appendChild(document.createElement("span"));
      dot.className = "dot running";
      return parseFloat(getComputedStyle(dot).animationDuration);
    });
    assert.ok(seconds < 0.001);
    await finish(page);
  });
}
