// Every operation the server declares: its form is usable, its pickers offer what fits, the run it starts succeeds.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { finish, open, picture, skip, web } from "./context.mjs";
import { pick } from "./runs.mjs";

const pictures = join(web, "../docs/images");

/** What to choose where the first artifact that fits would not do; parameters are text, as one types it. */
const recipes = {
  "image.info": { inputs: { file: /^brain/ } },
  "image.convert": { inputs: { image: /^brain/ } },
  "image.resample": { inputs: { image: /^brain/ }, parameters: { spacing: ["6"] } },
  "image.view": { inputs: { image: /^brain/, labels: /^labels/ } },
  "image.simulate_acquisition": {
    inputs: { image: /^brain/, labels: /^labels/ },
    parameters: { spacing: ["5"] },
  },
  "registration.affine": {
    inputs: { fixed: /^brain/, moving: /^acquired\.nii/ },
    parameters: { iterations: ["10"] },
  },
  "registration.apply": { inputs: { image: /^acquired\.nii/, transform: /^truth/, reference: /^brain/ } },
  "registration.evaluate": {
    inputs: {
      fixed: /^brain/,
      moving: /^acquired\.nii/,
      transform: /^truth/,
      truth: /^truth/,
      fixed_labels: /^labels/,
      moving_labels: /^acquired labels/,
    },
  },
  "evaluation.overlap": { inputs: { reference: /^labels/, candidate: /^labels/ } },
  "image.segment_brain": { inputs: { image: /^brain/ } },
  "ultrasound.despeckle": { inputs: { image: /^acquired\.nii/ }, parameters: { looks: ["4"] } },
  "ultrasound.estimate_speckle": { inputs: { image: /^acquired\.nii/ } },
  "ultrasound.benchmark": {
    inputs: { images: /^scanned/ },
    parameters: { looks: ["4"], methods: ["diffusion,lee"] },
  },
  "ultrasound.envelope": { inputs: { echoes: /^echo intensity/ } },
  "ultrasound.compress": { inputs: { amplitude: /^echo intensity/ } },
  "ultrasound.scan_convert": { inputs: { lines: /^echo intensity/ } },
  "model.info": { parameters: { model: ["brain"] } },
  "model.verify": { parameters: { model: ["brain"] } },
  "model.run": { inputs: { image: /^brain/ }, parameters: { model: ["brain"] } },
  "model.pack_training": {
    inputs: { images: /^labels/ },
    parameters: { spacing: ["4"], source: ["AAL"], licence: ["as in mricron-data"] },
  },
  "model.training_report": { inputs: { metrics: /^metrics\.jsonl/ } },
};

async function fill(page, operation, recipe) {
  const { inputs, parameters } = operation.request.properties;
  for (const name of Object.keys(inputs.properties)) {
    const required = inputs.required?.includes(name);
    if (required || recipe.inputs?.[name]) await pick(page, name, recipe.inputs?.[name] ?? /./);
  }
  for (const [name, texts] of Object.entries(recipe.parameters ?? {})) {
    const boxes = page.locator(`input[name="${name}"]`);
    for (const [i, text] of texts.entries()) await boxes.nth(i).fill(text);
  }
  // Each parameter has a control with a name, and says what it is for.
  for (const name of Object.keys(parameters?.properties ?? {})) {
    await page.locator(`[name="${name}"]`).first().waitFor();
    assert.notEqual(await page.locator(`#parameter-${name}-help`).textContent(), "", name);
  }
}

async function walk(page, base, operation) {
  const recipe = recipes[operation.name] ?? {};
  const [module, verb] = operation.name.split(".");
  await page.goto(`${base}/operations/${module}/${verb}`);
  await page.getByRole("heading", { name: operation.name }).waitFor();
  await fill(page, operation, recipe);
  await picture(page, `form-${operation.name}`, { fullPage: true });
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.waitForURL(/\/runs\//);
  await page
    .getByRole("status")
    .getByText(/succeeded|failed/)
    .waitFor({ timeout: 60_000 });
  if (await page.getByRole("status").getByText("failed").isVisible()) {
    const why = await page.getByRole("alert").first().textContent();
    assert.ok(recipe.fails?.test(why), `${operation.name} failed: ${why}`);
  }
}

export function operationTests(world) {
  test("every operation runs from its form", { skip }, async (t) => {
    const { operations } = await world.api.get("/operations");
    for (const operation of operations)
      await t.test(operation.name, async () => {
        const page = await open(world.base, "/operations");
        await walk(page, world.base, operation);
        await finish(page);
      });
  });

  test("the catalogue is searched in English and Chinese, and speaks both", { skip }, async () => {
    const page = await open(world.base, "/operations");
    await page.getByRole("searchbox").fill("配准 仿射");
    await page.getByRole("link", { name: /registration\.affine/ }).waitFor();
    await page.getByLabel("Language 语言").selectOption("zh");
    assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
    await page.getByText("通过仿射变换将浮动图像对齐到固定图像。").waitFor();
    await picture(page, "catalogue-zh");
    await page.getByRole("link", { name: /registration\.affine/ }).click();
    await page.getByText("保持不动的图像；结果采用其网格").waitFor();
    await page.getByRole("radio", { name: "刚体 (rigid)" }).check();
    await page.getByRole("textbox", { name: "迭代次数" }).fill("0");
    await page.getByText("iterations 为 0，应为 1 至 1000 的整数").waitFor();
    await picture(page, "form-zh", { fullPage: true });
    await finish(page);
  });

  test("a picker takes several images as one thing, which is then shown", { skip }, async () => {
    const page = await open(world.base, "/operations/model/pack_training");
    await page.locator("#input-images").click();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("dialog").getByRole("button", { name: "Upload images…" }).click();
    await (await chooser).setFiles(["alignment_before", "alignment_after"].map((name) => join(pictures, `${name}.png`)));
    const link = page.getByRole("link", { name: "alignment_before.png and 1 more" });
    await link.waitFor();
    await page.getByText("2 images").waitFor();
    await page.locator('input[name="content"][value="images"]').check();
    await page.locator('input[name="source"]').fill("made here");
    await page.locator('input[name="licence"]').fill("Apache-2.0");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("status").getByText("succeeded").waitFor();
    await page.getByRole("link", { name: "alignment_before.png and 1 more" }).first().click();
    await page.locator(".gallery img").nth(1).waitFor();
    await picture(page, "gallery");
    await finish(page);
  });

  test("a picker takes an upload in place", { skip }, async () => {
    const page = await open(world.base, "/operations/evaluation/overlap");
    await page.locator("#input-reference").click();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("dialog").getByRole("button", { name: "Upload here…" }).click();
    await (await chooser).setFiles("/usr/share/mricron/templates/JHU-WhiteMatter-labels-2mm.nii.gz");
    await page.getByRole("link", { name: "JHU-WhiteMatter-labels-2mm.nii.gz" }).waitFor();
    await page.getByText("--reference JHU-WhiteMatter-labels-2mm.nii.gz").waitFor();
    await finish(page);
  });
}
