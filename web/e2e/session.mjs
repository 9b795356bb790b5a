import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { file, finish, open, picture, serve, skip, temporaryFolder } from "./context.mjs";

export function sessionTests() {
  test("a server with a token asks for it once", { skip }, async () => {
    const token = file(temporaryFolder(), "token", "correct horse battery staple\n");
    const { base } = await serve(["--token-file", token]);
    const page = await open(base, "/", { tolerate: /40[13]/ });
    await page.getByLabel("Access token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The token was not accepted").waitFor();
    await picture(page, "sign-in");
    await page.getByLabel("Access token").fill("correct horse battery staple");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "This workspace is empty" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "This workspace is empty" }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Access token").waitFor();
    await finish(page);
  });

  test("a server that goes away is told, and found again", { skip }, async () => {
    const workspace = join(temporaryFolder(), "workspace");
    const first = await serve([], { workspace });
    const page = await open(first.base, "/", { tolerate: /ERR_|Failed to load resource|EventSource/ });
    await page.getByRole("heading", { name: "This workspace is empty" }).waitFor();
    await page.getByText("Connected").waitFor();
    await first.stop();
    await page
      .getByRole("alert")
      .getByText(/may be out of date/)
      .waitFor();
    await picture(page, "gone");
    assert.ok(
      await page.getByRole("heading", { name: "This workspace is empty" }).isVisible(),
      "what was there stays",
    );
    const second = await serve([], { workspace, port: first.port });
    assert.equal(second.base, first.base);
    await page.getByRole("button", { name: "Reconnect now" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
    await page.getByText("Connected").waitFor();
    await finish(page);
  });
}
