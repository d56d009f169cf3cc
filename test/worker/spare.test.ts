import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import { settingsWith } from "../support/plan-world.ts";
import { tempFolder } from "../support/temp-folder.ts";

const SPARE = new URL("../../src/worker/spare.ts", import.meta.url).href;

/** What a process that was prepared for an application has to tell of itself, after it has loaded that. */
function prepared(t: TestContext, app: string): string {
  const chdir = tempFolder(t, {
    "package.json": '{ "type": "module" }',
    "app.ts": 'console.log("the application runs"); export const x: number = 1;',
    "broken/tsconfig.json": "{",
    "broken/app.ts": "",
  });
  const lines = `
    const { prepare } = await import(${JSON.stringify(SPARE)});
    await prepare(${JSON.stringify(settingsWith({ app, chdir, name: "shop" }))});
    console.log(process.title);
    if (${JSON.stringify(app)} === "app") await import(${JSON.stringify(`${chdir}/app.ts`)});
    process.exit(0);`;
  const args = ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", lines];
  const { stdout, stderr } = spawnSync(process.execPath, [...args, "room for a title"], { encoding: "utf8" });
  assert.equal(stderr, "");
  return stdout;
}

test("a spare says what it is, and loads nothing of the application before it is told to", (t) => {
  assert.equal(prepared(t, "app"), "tsgi: spare [shop]\nthe application runs\n");
});

test("what is wrong with the application is for the boot to say", (t) => {
  for (const app of ["gone", "broken/app", "a:b:c"]) assert.equal(prepared(t, app), "tsgi: spare [shop]\n", app);
});
