import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Echoes } from "../../src/watch/echoes.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("a file that is written again with the same content at each restart is left out at the third, until its content is another", (t) => {
  const file = join(tempFolder(t, { "stamp.json": "{}" }), "stamp.json");
  const echoes = new Echoes();
  assert.deepEqual(
    [1, 2, 3, 4].map(() => echoes.note([file])),
    [null, null, file, null],
  );
  assert.equal(echoes.isEcho(file), true);
  writeFileSync(file, "{ }");
  assert.equal(echoes.isEcho(file), false, "a person has changed it");
  assert.equal(echoes.isEcho(file), true);
  assert.equal(echoes.isEcho(`${file}.other`), false);
});

test("one file that is saved all the time with something new in it is somebody's work", (t) => {
  const file = join(tempFolder(t), "app.ts");
  for (const when of ["nobody says when it serves", "each is served"]) {
    const echoes = new Echoes();
    for (let count = 0; count < 10; count += 1) {
      writeFileSync(file, `export const count = ${count};`);
      assert.equal(echoes.note([file]), null, when);
      if (when === "each is served") echoes.ready();
    }
    assert.equal(echoes.isEcho(file), false);
  }
});

test("one with something new in it that keeps every restart from being over is left out for good", (t) => {
  const file = join(tempFolder(t), "stamp.json");
  const echoes = new Echoes();
  echoes.ready();
  const told = [1, 2, 3].map((count) => {
    writeFileSync(file, `${count}`);
    return echoes.note([file]);
  });
  assert.deepEqual(told, [null, null, file]);
  writeFileSync(file, "4");
  assert.equal(echoes.isEcho(file), true);
});

test("a change of another file, or of several, is between them: nothing is left out", (t) => {
  const folder = tempFolder(t, { "a.ts": "", "b.ts": "" });
  const [a, b] = [join(folder, "a.ts"), join(folder, "b.ts")];
  const echoes = new Echoes();
  for (const files of [[a], [a], [b], [a], [a], [a, b], [a], [a]]) assert.equal(echoes.note(files), null);
});
