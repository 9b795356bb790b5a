// One process for all: they share one server, one workspace and one browser, and run one after another.
import { after, before } from "node:test";
import { cleanUp, openBrowser, serve, skip } from "./context.mjs";
import { accessibilityTests } from "./accessibility.mjs";
import { artifactTests } from "./artifacts.mjs";
import { commandTests } from "./commands.mjs";
import { despeckleTests } from "./despeckle.mjs";
import { importTests } from "./imports.mjs";
import { operationTests } from "./operations.mjs";
import { prepare } from "./prepare.mjs";
import { runTests } from "./runs.mjs";
import { sessionTests } from "./session.mjs";
import { speedTests } from "./speed.mjs";
import "./texts.mjs";

/** Filled in before the first test. */
const world = {};

before(async () => {
  if (skip) return console.log(`browser tests are left out: ${skip}`);
  await openBrowser();
  const { base } = await serve(["--slots", "2"]);
  Object.assign(world, await prepare(base), { base });
});
after(cleanUp);

speedTests(world);
importTests();
artifactTests(world);
runTests(world);
operationTests(world);
commandTests(world);
despeckleTests(world);
accessibilityTests(world);
sessionTests();
