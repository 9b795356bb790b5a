import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { finish, open, picture, skip } from "./context.mjs";

const EVIL = "<img src=x onerror=alert(1)>";

export function artifactTests(world) {
  test("name, tags and notes are edited, and shown as text whatever they hold", { skip }, async () => {
    const page = await open(world.base, `/artifacts/${world.sound}`);
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByLabel("New name").fill(`${EVIL}.wav`);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: `${EVIL}.wav` }).waitFor();
    await page.getByRole("textbox", { name: "Add tag" }).fill(`${EVIL}, voice`);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: `Remove tag ${EVIL}` }).waitFor();
    await page.getByRole("button", { name: "Edit Notes" }).click();
    await page.getByRole("textbox", { name: "Notes" }).fill(`${EVIL}\nsecond line`);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("second line").waitFor();
    await page.reload();
    await page.getByRole("heading", { name: `${EVIL}.wav` }).waitFor();
    assert.equal(await page.locator("img[onerror]").count(), 0);
    assert.match(await page.title(), /<img src=x/);
    await page.goto(`${world.base}/?tag=${encodeURIComponent(EVIL)}`);
    await page.getByText("1 in total").waitFor();
    await finish(page);
  });

  test("what is downloaded is what was uploaded", { skip }, async () => {
    const page = await open(world.base, `/artifacts/${world.truth}`);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "truth.tfm");
    assert.match(readFileSync(await download.path(), "utf8"), /Transform/);
    await finish(page);
  });

  test("deleting says what refers to the artifact first", { skip }, async () => {
    const { api } = world;
    const copy = (await api.run("image.convert", { image: world.small })).outputs.converted.artifact;
    await api.change(copy, { name: "copy.nii.gz" });
    const used = (await api.run("image.convert", { image: copy }, { type: "float32" })).outputs.converted
      .artifact;
    await api.change(used, { name: "copy of the copy.nii.gz" });
    const page = await open(world.base, "/?q=copy");
    await page.getByRole("button", { name: "Delete copy.nii.gz" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("copy of the copy.nii.gz").waitFor();
    await picture(page, "delete");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.equal(
      await page.evaluate(() => document.activeElement?.getAttribute("aria-label")),
      "Delete copy.nii.gz",
    );
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Delete only this file" }).click();
    await page.getByText("1 in total").waitFor();
    await page.getByRole("button", { name: "Delete copy of the copy.nii.gz" }).click();
    await dialog
      .getByRole("button", { name: "Delete", exact: true })
      .or(dialog.getByRole("button", { name: "Delete it and everything listed" }))
      .click();
    await page.getByText("Nothing matches these filters.").waitFor();
    await finish(page);
  });

  test("an image opens in the viewer, labels over it", { skip }, async () => {
    const page = await open(world.base, `/artifacts/${world.small}`);
    await page.locator("canvas").first().waitFor();
    await page
      .getByRole("button", { name: /overlay/i })
      .first()
      .click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^labels\.nii\.gz/ })
      .click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page
      .getByText(/labels\.nii\.gz/)
      .first()
      .waitFor();
    await page.waitForTimeout(1500);
    await picture(page, "viewer-overlay");
    await finish(page);
  });

  test("a list longer than one page is read to its end", { skip }, async () => {
    const page = await open(world.base, "/");
    await page.route("**/api/v1/artifacts?*", async (route) => {
      // The server's own paging, in steps small enough to be seen with few artifacts.
      const url = new URL(route.request().url());
      url.searchParams.set("limit", "4");
      await route.continue({ url: url.href });
    });
    await page.reload();
    const rows = page.locator("tbody tr");
    await page.getByRole("button", { name: "Show more" }).click();
    await rows.nth(7).waitFor();
    assert.equal(await rows.count(), 8);
    const names = await rows
      .locator("a[href^='/artifacts/']")
      .evaluateAll((all) => all.map((a) => a.getAttribute("href")));
    assert.equal(new Set(names).size, names.length, "no artifact twice");
    await finish(page);
  });
}
