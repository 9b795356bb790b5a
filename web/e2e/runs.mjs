import assert from "node:assert/strict";
import { test } from "node:test";
import { finish, open, picture, skip } from "./context.mjs";

export async function pick(page, field, name) {
  await page.locator(`#input-${field}`).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name }).first().click();
  await dialog.waitFor({ state: "detached" });
}

const idIn = (page) => /\/runs\/(\w+)/.exec(page.url())?.[1];

function alignTests(world) {
  test("an alignment is started from its form, watched, and its results read", { skip }, async () => {
    const page = await open(world.base, "/operations");
    await page.getByRole("searchbox").fill("affine");
    await page.getByRole("link", { name: /registration\.affine/ }).click();
    await pick(page, "fixed", /^brain\.nii\.gz/);
    await pick(page, "moving", /^acquired\.nii\.gz/);
    await page
      .getByRole("region", { name: "The same on the command line" })
      .getByText("--fixed brain.nii.gz --moving acquired.nii.gz")
      .waitFor();
    await page.getByText("All values are accepted.").waitFor();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("heading", { name: "Results" }).waitFor();
    await page.getByRole("status").getByText("succeeded").waitFor();
    const reliable = page.getByRole("row", { name: /^reliable/ });
    assert.match(await reliable.textContent(), /yes/);
    world.affineRun = idIn(page);
    await picture(page, "run");
    await page.getByRole("link", { name: "Open report" }).click();
    const report = page.frameLocator("iframe");
    await report
      .locator("body")
      .getByText(/alignment|align/i)
      .first()
      .waitFor();
    await picture(page, "report");
    await finish(page);
  });

  test("a long run shows its progress and can be cancelled", { skip }, async () => {
    const page = await open(
      world.base,
      `/operations/registration/affine?in.fixed=${world.brain}&in.moving=${world.brain}&p.finest_spacing=1&p.iterations=1000`,
    );
    await page.getByText("All values are accepted.").waitFor();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const bar = page.getByRole("progressbar", { name: "Progress" });
    await bar.waitFor();
    await page.waitForFunction(
      () => Number(document.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow")) > 0,
    );
    await page.getByText(/about .+ left/).waitFor();
    await picture(page, "progress");
    await page.getByRole("button", { name: "Cancel run" }).click();
    await page.getByRole("status").getByText("cancelled").waitFor();
    await page.getByText("Nothing of it was kept").waitFor();
    await finish(page);
  });
}

function refusalTests(world) {
  test(
    "values are checked as they are typed, in the server's words and at their field",
    { skip },
    async () => {
      const page = await open(world.base, "/operations/registration/affine", { tolerate: /422/ });
      const iterations = page.getByRole("textbox", { name: "iterations" });
      await iterations.fill("0");
      const said = page.locator("#parameter-iterations-error");
      await said.getByText("iterations is 0, expected a whole number from 1 to 1000").waitFor();
      const answer = await page.evaluate(
        async (id) =>
          (
            await fetch("/api/v1/operations/registration.affine/check", {
              method: "POST",
              headers: { "Content-Type": "application/json" },
              body: JSON.stringify({ inputs: { fixed: id, moving: id }, parameters: { iterations: 0 } }),
            })
          ).json(),
        world.small,
      );
      assert.equal(answer.detail, await said.textContent(), "the server says the same");
      await iterations.fill("many");
      await said.getByText('iterations is "many", expected a whole number from 1 to 1000').waitFor();
      await page.getByRole("button", { name: "Run", exact: true }).click();
      assert.equal(
        await page.evaluate(() => document.activeElement?.id),
        "input-fixed",
        "the first field to put right has focus",
      );
      await page.getByText("Choose a file first.").first().waitFor();
      await picture(page, "refusal");
      await finish(page);
    },
  );

  test("a run that fails says why, at the field that was to blame", { skip }, async () => {
    const page = await open(world.base, "/operations/evaluation/overlap");
    await pick(page, "reference", /^labels\.nii\.gz/);
    await pick(page, "candidate", /^acquired labels\.nii\.gz/);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page
      .getByRole("alert")
      .getByText(/expected the same grid/)
      .waitFor();
    await picture(page, "failed");
    await page.getByRole("link", { name: "Change the values" }).click();
    await page
      .locator("#input-candidate-error, .note.bad")
      .getByText(/expected the same grid/)
      .first()
      .waitFor();
    await pick(page, "candidate", /^labels\.nii\.gz/);
    await page.getByText("All values are accepted.").waitFor();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("heading", { name: "Results" }).waitFor();
    await finish(page);
  });
}

function compareTests(world) {
  test("a run is repeated with a change, and both are compared", { skip }, async () => {
    const page = await open(world.base, `/runs/${world.affineRun}`);
    await page.getByRole("link", { name: "Run again with changes" }).click();
    await page.getByText("Filled in from the run").waitFor();
    await page.getByRole("radio", { name: "rigid" }).check();
    await page.getByText("Run settings").click();
    await page.getByLabel("Title of the run").fill("rigid only");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("heading", { name: "rigid only" }).waitFor();
    await page.getByRole("heading", { name: "Results" }).waitFor();
    world.rigidRun = idIn(page);
    await page.getByRole("link", { name: "Runs", exact: true }).first().click();
    await page.getByLabel("Operation").selectOption("registration.affine");
    await page.getByRole("checkbox", { name: /^Select rigid only/ }).check();
    await page
      .getByRole("checkbox", { name: /^Select registration\.affine/ })
      .last()
      .check();
    await picture(page, "runs");
    await page.getByRole("button", { name: "Compare the two selected" }).click();
    await page.getByRole("row", { name: /^model\b.*(rigid.*affine|affine.*rigid)/ }).waitFor();
    const loss = await page
      .getByRole("row", { name: /^loss after/ })
      .getByRole("cell")
      .allTextContents();
    const [a, b, difference] = loss.map((x) => Number(x.replace("−", "-")));
    assert.ok(Math.abs(b - a - difference) < 1e-3, loss.join(" "));
    await page.getByRole("img", { name: "warped.nii.gz" }).nth(1).waitFor();
    await picture(page, "compare", { fullPage: true });
    await finish(page);
  });
}

function pipelineTests(world) {
  test("a pipeline is shown as a graph whose steps lead to their runs", { skip }, async () => {
    const steps = [
      {
        id: "shrink",
        operation: "image.resample",
        inputs: { image: world.brain },
        parameters: { spacing: [6, 6, 6] },
      },
      {
        id: "second",
        operation: "image.simulate_acquisition",
        inputs: { image: "@shrink.resampled" },
        parameters: { spacing: 6 },
        outputs: ["acquired", "truth"],
      },
      {
        id: "align",
        operation: "registration.affine",
        inputs: { fixed: "@shrink.resampled", moving: "@second.acquired" },
      },
    ];
    world.pipeline = (await world.api.post("/pipelines", { title: "shrink and align", steps })).id;
    const page = await open(world.base, "/pipelines");
    await page.getByText("3 of 3 steps done").waitFor();
    await page.getByRole("link", { name: "shrink and align" }).click();
    await page.getByRole("heading", { name: "shrink and align" }).waitFor();
    await picture(page, "pipeline");
    await page.getByRole("link", { name: /succeeded align registration\.affine/ }).click();
    await page.getByRole("link", { name: /align/ }).first().waitFor();
    await finish(page);
  });
}

export function runTests(world) {
  alignTests(world);
  refusalTests(world);
  compareTests(world);
  pipelineTests(world);
}
