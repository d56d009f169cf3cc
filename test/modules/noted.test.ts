import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  listen,
  manifestOf,
  type Noted,
  noteHooks,
  noteLoaded,
  noteMissing,
  noteTsconfig,
  tell,
  watchLoaders,
} from "../../src/modules/noted.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("each file is told once, with its package.json, without packages and tsgi's own; nothing while nobody listens", async (t) => {
  const folder = tempFolder(t, { "package.json": "{}", "deep/a.mjs": "", "b.mjs": "" });
  const at = (name: string): string => join(folder, name);
  const told: Noted[] = [];
  noteLoaded([at("before.mjs")]);
  await new Promise<void>((done) => {
    listen((noted) => {
      told.push(noted);
      done();
    });
    const awake = setInterval(() => {}, 1_000);
    t.after(() => clearInterval(awake));
    noteLoaded([
      at("deep/a.mjs"),
      at("node_modules/x/index.js"),
      fileURLToPath(import.meta.resolve("../../src/errors.ts")),
    ]);
    noteMissing([at("c.mjs")]);
    noteLoaded([at("deep/a.mjs"), at("b.mjs")]);
    noteMissing([at("c.mjs")]);
  });
  assert.deepEqual(told, [{ loaded: [at("deep/a.mjs"), at("package.json"), at("b.mjs")], missing: [at("c.mjs")] }]);
  tell();
  noteLoaded([at("d.mjs")]);
  tell();
  assert.deepEqual(told.slice(1), [{ loaded: [at("d.mjs")], missing: [] }]);
  assert.equal(manifestOf(at("deep/deeper")), at("package.json"));
});

test("whoever watches the loaders is told of the tsconfig.json that holds, also one from before, and of new hooks", () => {
  const told: string[] = [];
  noteTsconfig("/p/tsconfig.json");
  watchLoaders({ onTsconfig: (file) => told.push(file), onHooks: () => told.push("hooks") });
  noteHooks();
  noteTsconfig(null);
  noteTsconfig("/q/tsconfig.json");
  assert.deepEqual(told, ["/p/tsconfig.json", "hooks", "/q/tsconfig.json"]);
});
