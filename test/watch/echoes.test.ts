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
    [null, null, { file, leftOut: true }, null],
  );
  assert.equal(echoes.isEcho(file), true);
  writeFileSync(file, "{ }");
  assert.equal(echoes.isEcho(file), false, "a person has changed it");
  assert.equal(echoes.isEcho(file), true);
  assert.equal(echoes.isEcho(`${file}.other`), false);
});

test("one that has something new in it each time is told of once, and counts all the same: it may be somebody's work", (t) => {
  const file = join(tempFolder(t), "app.ts");
  const echoes = new Echoes();
  const told = Array.from({ length: 30 }, (_none, count) => {
    writeFileSync(file, `export const count = ${count};`);
    assert.equal(echoes.isEcho(file), false);
    return echoes.note([file]);
  });
  assert.deepEqual(
    told.filter((echo) => echo !== null),
    [{ file, leftOut: false }],
  );
  assert.notEqual(told[9], null);
  writeFileSync(file, "export const count = -1;");
  assert.equal(echoes.isEcho(file), false);
});

test("a change of another file, or of several, is between them: nothing is left out", (t) => {
  const folder = tempFolder(t, { "a.ts": "", "b.ts": "" });
  const [a, b] = [join(folder, "a.ts"), join(folder, "b.ts")];
  const echoes = new Echoes();
  for (let round = 0; round < 5; round += 1) {
    for (const files of [[a], [a], [b], [a], [a], [a, b], [a], [a], []]) assert.equal(echoes.note(files), null);
  }
});
