import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SocketFiles } from "../../src/master/socket-files.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Files that stand for sockets: only which file it is matters. */
function filesIn(t: TestContext, ...names: readonly string[]) {
  const folder = tempFolder(t, Object.fromEntries(names.map((name) => [name, ""])));
  const fileOf = (name: string) => {
    const { dev, ino } = fs.lstatSync(join(folder, name));
    return { path: join(folder, name), identity: `${dev}:${ino}` };
  };
  return { folder, fileOf, there: () => fs.readdirSync(folder).sort() };
}

test("a file goes with its listener", (t) => {
  const { fileOf, there } = filesIn(t, "a", "b");
  const files = new SocketFiles();
  files.add(1, fileOf("a"), { shared: false });
  files.add(2, fileOf("b"), { shared: false });
  assert.deepEqual(files.get(1), fileOf("a"));
  files.drop(1);
  files.drop(1);
  assert.deepEqual([there(), files.get(1)], [["b"], undefined]);
});

test("a file that another master serves on stays until that one is gone, and goes then if nobody listens on it any more", (t) => {
  const { fileOf, there } = filesIn(t, "a", "b", "c");
  const files = new SocketFiles();
  files.add(1, fileOf("a"), { shared: true });
  files.add(2, fileOf("b"), { shared: true });
  files.leaveBehind(fileOf("c"));
  files.drop(1);
  assert.deepEqual(there(), ["a", "b", "c"]);
  files.alone();
  assert.deepEqual(there(), ["b"]);
  files.drop(2);
  assert.deepEqual(there(), []);
});

test("what is bound after an heir was started is ours alone", (t) => {
  const { fileOf, there } = filesIn(t, "a", "b");
  const files = new SocketFiles();
  files.add(1, fileOf("a"), { shared: false });
  files.share();
  files.add(2, fileOf("b"), { shared: false });
  files.drop(1);
  files.drop(2);
  assert.deepEqual(there(), ["a"]);
});

test("a file that somebody else has put in the place stays", (t) => {
  const { folder, fileOf, there } = filesIn(t, "a", "b");
  const files = new SocketFiles();
  files.add(1, fileOf("a"), { shared: true });
  fs.renameSync(join(folder, "b"), join(folder, "a"));
  files.drop(1);
  files.alone();
  assert.deepEqual(there(), ["a"]);
});
