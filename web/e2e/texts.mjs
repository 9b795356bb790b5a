// Whoever adds an operation or a field is told here that its Chinese text is missing.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { program, skip, web } from "./context.mjs";

const chinese = /\p{Script=Han}/u;

test("every operation and field has its Chinese text", { skip }, () => {
  const { operations } = JSON.parse(execFileSync(program, ["operations", "--json"], { maxBuffer: 1 << 26 }));
  const texts = JSON.parse(readFileSync(join(web, "src/i18n/operations.zh.json"), "utf8"));
  const missing = [];
  const need = (text, where) => {
    if (typeof text !== "string" || !chinese.test(text)) missing.push(where);
  };
  for (const o of operations) {
    const own = texts.operations[o.name];
    need(texts.modules[o.module]?.[0], `modules.${o.module}`);
    need(own?.summary, `${o.name}: summary`);
    need(own?.description, `${o.name}: description`);
    for (const part of ["inputs", "parameters", "outputs"])
      for (const [name, schema] of Object.entries(o.request.properties[part]?.properties ?? {})) {
        need(own?.fields[name]?.[0], `${o.name}: label of ${name}`);
        need(own?.fields[name]?.[1], `${o.name}: help of ${name}`);
        for (const choice of schema.enum ?? [])
          need(texts.choices[choice], `choice ${choice} of ${o.name} ${name}`);
      }
  }
  assert.deepEqual(missing, [], "add these to web/src/i18n/operations.zh.json");
});

test("no Chinese text is left over from an operation that is gone", { skip }, () => {
  const { operations } = JSON.parse(execFileSync(program, ["operations", "--json"], { maxBuffer: 1 << 26 }));
  const texts = JSON.parse(readFileSync(join(web, "src/i18n/operations.zh.json"), "utf8"));
  const fields = (o) =>
    ["inputs", "parameters", "outputs"].flatMap((part) =>
      Object.keys(o.request.properties[part]?.properties ?? {}),
    );
  const known = new Map(operations.map((o) => [o.name, new Set(fields(o))]));
  const stale = Object.entries(texts.operations).flatMap(([name, own]) =>
    known.has(name)
      ? Object.keys(own.fields)
          .filter((f) => !known.get(name).has(f))
          .map((f) => `${name}: ${f}`)
      : [name],
  );
  assert.deepEqual(stale, []);
});
