import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { finish, open, program, skip, temporaryFolder } from "./context.mjs";
import { pick } from "./runs.mjs";

async function download(world, id, to) {
  const response = await fetch(`${world.base}/api/v1/artifacts/${id}/content`);
  writeFileSync(to, Buffer.from(await response.arrayBuffer()));
}

export function commandTests(world) {
  test("the command line a form shows does in a shell what the form does", { skip }, async () => {
    const name = "it's $HOME; a brain.nii.gz";
    const copy = (
      await world.api.run("image.convert", { image: world.small }, {}, { title: "for the command line" })
    ).outputs.converted.artifact;
    await world.api.change(copy, { name });
    const page = await open(
      world.base,
      "/operations/image/simulate_acquisition?p.spacing=6&p.contrast=inverted",
    );
    await pick(page, "image", /^it's/);
    const labels = page.getByRole("checkbox", { name: "acquired labels" });
    assert.ok(await labels.isDisabled(), "without labels there are none to acquire");
    await page.getByText("Run settings").click();
    await page.getByLabel("Seed").fill("11");
    const shown = page.getByRole("region", { name: "The same on the command line" }).locator("pre");
    await shown.getByText("--image 'it").waitFor();
    const command = await shown.textContent();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("heading", { name: "Results" }).waitFor();
    const id = /\/runs\/(\w+)/.exec(page.url())[1];
    await finish(page);

    const folder = temporaryFolder();
    mkdirSync(join(folder, "bin"));
    symlinkSync(program, join(folder, "bin", "shaoguang"));
    await download(world, copy, join(folder, name));
    const env = { ...process.env, PATH: `${join(folder, "bin")}:${process.env.PATH}` };
    const printed = JSON.parse(
      execFileSync("bash", ["-c", `${command} --json`], {
        cwd: folder,
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }),
    );
    assert.ok(existsSync(join(folder, "acquired.nii.gz")) && existsSync(join(folder, "truth.tfm")));
    const run = await world.api.get(`/runs/${id}`);
    const figure = JSON.stringify(run.outputs.rotation_angle.value);
    assert.ok(JSON.stringify(printed).includes(figure), `${figure} in ${JSON.stringify(printed)}`);
  });
}
