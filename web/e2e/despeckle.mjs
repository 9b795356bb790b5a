// The page that despeckles while one looks on: previews, regions, sequences, and the run that keeps the result.
import assert from "node:assert/strict";
import { test } from "node:test";
import { finish, open, picture, skip } from "./context.mjs";
import { client } from "./prepare.mjs";

const operation = "ultrasound.despeckle";
const previews = (page) => {
  const asked = [];
  page.on("request", (r) => {
    if (r.url().endsWith(`/${operation}/preview`)) asked.push(r.postDataJSON());
  });
  return asked;
};
const ready = (page, words = /^Preview in \d+/) =>
  page.locator('.live-status[data-busy="false"]').getByText(words).waitFor();
const stage = (page) => page.getByRole("application");
const rows = (page) => page.locator(".region-table tbody tr");

async function simulated(base, size, name) {
  const api = client(base);
  const run = await api.run("ultrasound.simulate_bmode", {}, { size }, { seed: 5, outputs: ["picture"] });
  const { artifact } = run.outputs.picture;
  await api.change(artifact, { name });
  return artifact;
}

/** Grey levels of the canvas along its middle row. */
const middleRow = (page) =>
  page.locator(".picture-box canvas").evaluate((canvas) => {
    const row = canvas.getContext("2d").getImageData(0, Math.floor(canvas.height / 2), canvas.width, 1).data;
    return Array.from({ length: canvas.width }, (_, i) => row[4 * i]);
  });
const roughness = (values) =>
  values.slice(1).reduce((sum, v, i) => sum + Math.abs(v - values[i]), 0) / (values.length - 1);

function liveTests(world) {
  test("a picture is despeckled while its parameters change", { skip }, async () => {
    world.bmode = await simulated(world.base, 256, "bmode.png");
    const page = await open(world.base, `/artifacts/${world.bmode}`);
    const asked = previews(page);
    await page.getByRole("link", { name: "Despeckle live" }).click();
    await ready(page);
    await page.getByText("Processed: speckle filtered — not for diagnosis alone").waitFor();
    assert.deepEqual(asked.at(-1).region, { frame: 0, x: 0, y: 0, width: 256, height: 256 });

    // Left of the divider stands the picture as it was, right of it a smoother one.
    const smoother = async () => {
      const row = await middleRow(page);
      const half = Math.floor(row.length / 2);
      const [left, right] = [row.slice(half * 0.4, half - 20), row.slice(half + 20, half * 1.6)];
      return roughness(right) < 0.6 * roughness(left);
    };
    // It is painted with the next frame of the screen.
    for (let i = 0; i < 20 && !(await smoother()); i++) await page.waitForTimeout(50);
    assert.ok(await smoother());

    const divider = page.getByRole("slider", { name: "Divider between before and after" });
    await divider.focus();
    await page.keyboard.press("Home");
    assert.equal(await divider.getAttribute("aria-valuenow"), "0");
    await page.keyboard.press("ArrowRight");
    assert.equal(await divider.getAttribute("aria-valuenow"), "2");
    const box = await stage(page).boundingBox();
    await page.mouse.move(box.x + box.width * 0.02, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    assert.equal(await divider.getAttribute("aria-valuenow"), "70");

    // The slider asks anew, for what it says; its left end is automatic.
    const strength = page.getByRole("slider", { name: "time" });
    assert.match(await strength.getAttribute("aria-valuetext"), /^automatic: /);
    await strength.fill("20");
    await ready(page);
    const { time } = asked.at(-1).parameters;
    assert.ok(time > 0.5 && time < 128, `time ${time}`);
    assert.match(page.url(), /p\.time=/);
    await page.getByRole("combobox", { name: "method" }).selectOption("lee");
    await strength.waitFor({ state: "detached" });
    await ready(page);
    assert.equal(asked.at(-1).parameters.method, "lee");
    // What was seen before is known and need not be asked for again; nor is a value that is refused, which is
    // told at its field.
    const before = asked.length;
    await page.getByRole("button", { name: "Reset to defaults" }).click();
    await ready(page);
    assert.doesNotMatch(page.url(), /p\./);
    await page.getByRole("textbox", { name: "time" }).fill("20000");
    await page.getByText("time is 20000, expected a number from 0 to 10000 px2").waitFor();
    await page.waitForTimeout(400);
    assert.equal(asked.length, before);
    await finish(page);
  });

  test("regions are drawn, measured by the server, moved by keys and removed", { skip }, async () => {
    const page = await open(world.base, `/despeckle/${world.bmode}`);
    await ready(page);
    const box = await stage(page).boundingBox();
    await page.getByRole("button", { name: "Draw region" }).click();
    const at = (x, y) => [box.x + box.width / 2 + x, box.y + box.height / 2 + y];
    await page.mouse.move(...at(-200, -150));
    await page.mouse.down();
    await page.mouse.move(...at(-120, -90), { steps: 5 });
    await page.mouse.up();
    await page.getByRole("button", { name: "Draw region" }).click();
    await page.getByRole("button", { name: "Add a region in the middle" }).click();
    await rows(page).nth(1).getByText("→").first().waitFor();
    const regions = new URL(page.url()).searchParams.get("p.regions").split(",").map(Number);
    assert.equal(regions.length, 8);
    const { values } = await client(world.base).post(`/operations/${operation}/preview`, {
      inputs: { image: world.bmode },
      parameters: { regions },
    });
    const [first, second] = values.boxes;
    const text = await rows(page).nth(1).textContent();
    for (const [name, digits] of [
      ["mean", 1],
      ["enl", 1],
      ["gcnr", 2],
    ])
      assert.ok(
        text.includes(
          `${second[`${name}_before`].toFixed(digits)} → ${second[`${name}_after`].toFixed(digits)}`,
        ),
        `${name} in ${text}`,
      );
    assert.ok(text.includes(second.ratio_mean.toFixed(3)), text);
    assert.ok((await rows(page).first().textContent()).includes(first.enl_after.toFixed(1)));
    await page.getByText(`--regions ${regions.join(",")}`).waitFor();
    await picture(page, "despeckle-regions", { fullPage: true });

    const frame = page.getByRole("button", { name: /^Region 2: / });
    await frame.focus();
    await page.keyboard.press("Control+ArrowRight");
    await page.keyboard.press("Shift+ArrowDown");
    await ready(page);
    const moved = new URL(page.url()).searchParams.get("p.regions").split(",").map(Number);
    assert.deepEqual(
      moved,
      regions.map((v, i) => (i === 4 ? v + 10 : i === 7 ? v + 1 : v)),
    );
    await page.keyboard.press("Delete");
    await rows(page).nth(1).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Remove region 1" }).click();
    await page.getByText("Draw rectangles on the picture").waitFor();
    assert.equal(new URL(page.url()).searchParams.get("p.regions"), null);
    await finish(page);
  });

  test("the whole image is run, and what it made carries the mark", { skip }, async () => {
    const page = await open(world.base, `/despeckle/${world.bmode}?p.method=lee&p.looks=2`);
    await ready(page);
    await page.getByRole("button", { name: "Run on the whole image" }).click();
    await page.getByRole("status").getByText("succeeded").waitFor();
    await ready(page, "Shown from the finished run");
    await page.getByRole("link", { name: "Run", exact: true }).waitFor();
    await page.getByRole("link", { name: "Despeckled image" }).click();
    await page.getByRole("heading", { name: /denoised/ }).waitFor();
    await page.getByText("Processed: speckle filtered — not for diagnosis alone").waitFor();
    await page.locator(".viewer").waitFor();
    await picture(page, "despeckle-result");
    await finish(page);
  });
}

function sequenceTests(world) {
  test("of a large picture the part in view is previewed", { skip }, async () => {
    const large = await simulated(world.base, 800, "large.png");
    const page = await open(world.base, `/despeckle/${large}?p.method=lee&p.looks=2`);
    const asked = previews(page);
    await ready(page);
    const { region } = asked.at(-1);
    assert.deepEqual([region.width, region.height], [512, 512]);
    assert.ok(Math.abs(region.x - 144) <= 16 && Math.abs(region.y - 144) <= 16, JSON.stringify(region));
    await stage(page).focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
    await page.waitForTimeout(300);
    await ready(page);
    assert.ok(asked.at(-1).region.x > region.x + 60, JSON.stringify(asked.at(-1).region));
    await picture(page, "despeckle-large");
    await finish(page);
  });

  test("a sequence is played before and after", { skip }, async () => {
    const page = await open(
      world.base,
      `/despeckle/${world.small}?p.domain=amplitude&p.method=lee&p.looks=4`,
    );
    await ready(page);
    await page.getByText("a run filters the volume in three dimensions").waitFor();
    const frame = page.getByRole("slider", { name: "Frame" });
    await page.getByRole("button", { name: "Play" }).click();
    await page.waitForFunction(() => Number(document.querySelector(".film input").value) >= 4);
    await page.getByRole("button", { name: "Pause" }).click();
    await frame.fill("20");
    await page.getByText("21 / ").waitFor();
    await ready(page);
    await picture(page, "despeckle-sequence");
    await finish(page);
  });
}

function viewTests(world) {
  for (const [theme, language, look, words] of [
    ["light", "en", "Side by side", /^Preview in/],
    ["dark", "zh", "比值图", /^预览用时/],
  ])
    test(`every view says that it is processed: ${theme}, ${language}`, { skip }, async () => {
      const page = await open(world.base, `/despeckle/${world.bmode}`, { theme, language });
      await ready(page, words);
      const { height } = await stage(page).boundingBox();
      await page.getByRole("button", { name: look }).click();
      await ready(page, words);
      await page
        .getByText(language === "zh" ? "已处理：斑点滤波——不可单独用于诊断" : "Processed: speckle filtered")
        .waitFor();
      assert.equal((await stage(page).boundingBox()).height, height, "nothing jumps");
      await picture(page, `despeckle-${theme}-${language}`, { fullPage: true });
      await finish(page);
    });

  test("the form leads to the page, and the page asks for an image first", { skip }, async () => {
    const page = await open(world.base, "/operations/ultrasound/despeckle");
    await page.getByRole("link", { name: "Try it live on an image" }).click();
    await page.waitForURL(/\/despeckle$/);
    await page.locator("#input-image").click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^bmode\.png/ })
      .first()
      .click();
    await page.waitForURL(new RegExp(`/despeckle/${world.bmode}`));
    await ready(page);
    await finish(page);
  });
}

export function despeckleTests(world) {
  liveTests(world);
  sequenceTests(world);
  viewTests(world);
}
