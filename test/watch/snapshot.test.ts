import assert from "node:assert/strict";
import { chmodSync, copyFileSync, linkSync, mkdirSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isNewerThan, isSame, kindOf, snapshotOf } from "../../src/watch/snapshot.ts";
import { tempFolder } from "../support/temp-folder.ts";

const OLD = new Date("2020-01-01T00:00:00Z");

test("what changes the content makes a file another, what does not leaves it the same", (t) => {
  const folder = tempFolder(t);
  const file = join(folder, "a.ts");
  const other = join(folder, "b.ts");
  const same = (act: () => void): boolean => {
    writeFileSync(file, "one");
    utimesSync(file, OLD, OLD);
    const before = snapshotOf(file);
    act();
    return isSame(before, snapshotOf(file), "counted");
  };
  assert.equal(
    same(() => {}),
    true,
  );
  assert.equal(
    same(() => chmodSync(file, 0o600)),
    true,
    "a mode",
  );
  assert.equal(
    same(() => utimesSync(file, new Date(), OLD)),
    true,
    "an access",
  );
  assert.equal(
    same(() => linkSync(file, other)),
    true,
    "a link to it",
  );
  assert.equal(
    same(() => writeFileSync(file, "two")),
    false,
    "a write",
  );
  assert.equal(
    same(() => utimesSync(file, OLD, new Date())),
    false,
    "a touch",
  );
  const replaced = (): void => {
    copyFileSync(file, `${file}.new`);
    utimesSync(`${file}.new`, OLD, OLD);
    renameSync(`${file}.new`, file);
  };
  assert.equal(same(replaced), false, "another file of the same size and time");
  writeFileSync(file, "one");
  utimesSync(file, OLD, OLD);
  const before = snapshotOf(file);
  replaced();
  assert.equal(isSame(before, snapshotOf(file), "ignored"), true, "the same where inodes mean nothing");
});

test("a file that is missing is the same as one that still is, and different from any that is there", (t) => {
  const folder = tempFolder(t, { "a.ts": "" });
  const missing = snapshotOf(join(folder, "none.ts"));
  assert.equal(missing, null);
  assert.equal(snapshotOf(join(folder, "a.ts", "below-a-file")), null);
  assert.equal(isSame(missing, null, "counted"), true);
  assert.equal(isSame(missing, snapshotOf(join(folder, "a.ts")), "counted"), false);
});

test("a folder is the same whatever is in it", (t) => {
  const folder = tempFolder(t);
  const before = snapshotOf(folder);
  writeFileSync(join(folder, "a.ts"), "");
  assert.notEqual(before, null);
  assert.equal(isSame(before, snapshotOf(folder), "counted"), true);
});

test("a file is newer than a moment before it was written or renamed to its name, and no newer than one well after", (t) => {
  const folder = tempFolder(t, { "a.ts": "" });
  const file = join(folder, "a.ts");
  const written = statSync(file).ctimeMs;
  assert.equal(isNewerThan(snapshotOf(file), written - 5), true);
  assert.equal(isNewerThan(snapshotOf(file), written + 5), true, "the clock of files is behind");
  assert.equal(isNewerThan(snapshotOf(file), written + 50), false);
  utimesSync(file, OLD, OLD);
  assert.equal(isNewerThan(snapshotOf(file), written - 5), true, "an old file that has only just come to its name");
  assert.equal(isNewerThan(snapshotOf(join(folder, "none")), 0), false);
});

test("the kind of what a path leads to, null for nothing", (t) => {
  const folder = tempFolder(t, { "a.ts": "" });
  mkdirSync(join(folder, "b"));
  const kinds = ["a.ts", "b", "none", "a.ts/c"].map((name) => kindOf(join(folder, name)));
  assert.deepEqual(kinds, ["file", "folder", null, null]);
});
