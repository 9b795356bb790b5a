import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { data, dicom, file, finish, open, picture, serve, skip, temporaryFolder } from "./context.mjs";

const EVIL = "<img src=x onerror=alert(1)>";

async function dropOn(page, name, bytes) {
  const transfer = await page.evaluateHandle(
    ([n, text]) => {
      const t = new DataTransfer();
      t.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], n));
      return t;
    },
    [name, bytes.toString("base64")],
  );
  // A page that was only just loaded may not listen yet: the drag goes on until it does.
  const hint = page.getByText("Drop to add to the workspace");
  for (let tries = 0; tries < 100 && !(await hint.isVisible()); tries++) {
    await page.dispatchEvent("body", "dragenter", { dataTransfer: transfer });
    await page.waitForTimeout(50);
  }
  await hint.waitFor();
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
}

/** A real drop, made by the browser itself: only that brings folders. */
async function dropFolder(page, folder) {
  const browser = await page.context().newCDPSession(page);
  const at = { x: 400, y: 400, data: { items: [], files: [folder], dragOperationsMask: 1 } };
  const send = (type) => browser.send("Input.dispatchDragEvent", { type, ...at });
  await send("dragEnter");
  await page.getByText("Drop to add to the workspace").waitFor();
  // Dropping is allowed once the page has answered a movement over it.
  await send("dragOver");
  await page.waitForTimeout(100);
  await send("dragOver");
  await send("drop");
}

export function importTests() {
  test("files come in by choosing and dropping", { skip }, async () => {
    const { base } = await serve();
    const page = await open(base, "/");
    await page.getByRole("heading", { name: "This workspace is empty" }).waitFor();
    await picture(page, "empty");

    await page.getByLabel("Add files").setInputFiles(join(data, "ch2.nii.gz"));
    const row = page.getByRole("row", { name: /ch2\.nii\.gz.*181 × 217 × 181/ });
    await row.waitFor();
    await page.getByText("1 of 1 added").waitFor();

    await dropOn(page, `${EVIL}.dcm`, readFileSync(join(dicom, "CT_small.dcm")));
    await page.getByRole("link", { name: `${EVIL}.dcm` }).waitFor();
    await dropOn(page, "broken.nii.gz", Buffer.from("no image"));
    await page.getByText(/truncated: a NIfTI header/).waitFor();
    await page.getByRole("button", { name: "Clear finished" }).click();
    await page.getByRole("region", { name: "Uploads" }).waitFor({ state: "detached" });

    await page.getByLabel("State").selectOption("unreadable");
    await page.getByText("1 in total").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByRole("searchbox").fill("ch2");
    await page.getByText("1 in total").waitFor();
    assert.match(page.url(), /q=ch2/);
    await page.getByRole("searchbox").fill("nothing of this name");
    await page.getByText("Nothing matches these filters.").waitFor();
    await finish(page);
  });

  test("text inside DICOM is shown as text", { skip }, async () => {
    const { base } = await serve();
    const object = readFileSync(join(dicom, "CT_small.dcm"));
    // SeriesDescription (0008,103E), where it belongs: behind StudyDescription (0008,1030)
    const at = object.indexOf(Buffer.from([0x08, 0x00, 0x30, 0x10]), 132);
    const next = at + 8 + object.readUInt16LE(at + 6);
    const element = Buffer.concat([
      Buffer.from([0x08, 0x00, 0x3e, 0x10]),
      Buffer.from("LO"),
      Buffer.alloc(2),
      Buffer.from(EVIL),
    ]);
    element.writeUInt16LE(EVIL.length, 6);
    const page = await open(base, "/");
    await dropOn(page, "evil.dcm", Buffer.concat([object.subarray(0, next), element, object.subarray(next)]));
    await page.getByRole("link", { name: "evil.dcm" }).click();
    await page.getByText(EVIL).first().waitFor();
    assert.equal(await page.locator("img[onerror]").count(), 0);
    await finish(page);
  });

  test("a folder is uploaded in one go and sorted by the server", { skip }, async () => {
    const { base } = await serve();
    const folder = temporaryFolder();
    const slices = readdirSync(dicom).filter((x) => x === "CT_small.dcm" || x === "MR_small.dcm");
    for (const x of slices) file(folder, join("study", x), readFileSync(join(dicom, x)));
    const page = await open(base, "/");
    await page.getByLabel("Add folder").setInputFiles(join(folder, "study"));
    await page.getByText("1 of 1 added").waitFor();
    assert.ok(await page.getByText("study (folder, 2 files)").isVisible());
    await page.getByText("2 in total").waitFor();
    await dropFolder(page, join(folder, "study"));
    await page.getByText("2 of 2 added").waitFor();
    assert.equal(await page.getByText("study (folder, 2 files)").count(), 2);
    await finish(page);
  });

  test(
    "an upload can be cancelled, and one that fails says why and can be tried again",
    { skip },
    async () => {
      const { base } = await serve();
      const page = await open(base, "/", { tolerate: /Failed to load resource/ });
      const network = await page.context().newCDPSession(page);
      const throughput = (uploadThroughput) =>
        network.send("Network.emulateNetworkConditions", {
          offline: false,
          latency: 0,
          downloadThroughput: -1,
          uploadThroughput,
        });
      await network.send("Network.enable");
      await throughput(200_000);
      await page.getByLabel("Add files").setInputFiles(join(data, "ch2.nii.gz"));
      await page.getByText(/^\d+ %$/).waitFor();
      await picture(page, "uploading");
      await page.getByRole("button", { name: "Cancel upload of ch2.nii.gz" }).click();
      await page.getByRole("region", { name: "Uploads" }).waitFor({ state: "detached" });
      await throughput(-1);

      await page.route(
        "**/artifacts?name=*",
        (route) =>
          route.fulfill({
            status: 507,
            contentType: "application/problem+json",
            body: JSON.stringify({ title: "resource", detail: "the disk is full" }),
          }),
        { times: 1 },
      );
      await page.getByLabel("Add files").setInputFiles(join(data, "aal.nii.gz"));
      await page.getByText("the disk is full").waitFor();
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("link", { name: "aal.nii.gz" }).waitFor();
      await finish(page);
    },
  );
}
