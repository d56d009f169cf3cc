import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { compileGlob } from "../../src/watch/globs.ts";
import { Pieces, walk } from "../../src/watch/walk.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("every file that matches is found, through links to files, and each folder is told before it is read", async (t) => {
  const folder = tempFolder(t, {
    "a.html": "",
    "sub/b.html": "",
    "sub/b.css": "",
    "out/c.html": "",
    "node_modules/x/d.html": "",
    ".git/e.html": "",
    "elsewhere.txt": "",
  });
  symlinkSync(join(folder, "elsewhere.txt"), join(folder, "sub/link.html"));
  symlinkSync(folder, join(folder, "sub/round"));
  symlinkSync(join(folder, "none"), join(folder, "sub/broken.html"));
  const told: string[] = [];
  await walk({
    glob: compileGlob(`${folder}/**/*.html`),
    from: folder,
    isIgnored: (path) => path.startsWith(join(folder, "out")),
    onFolder: (path) => told.push(`in ${relative(folder, path)}`),
    onFile: (path) => told.push(relative(folder, path)),
    pieces: new Pieces(),
    isClosed: () => false,
  });
  assert.deepEqual(told, ["in ", "a.html", "in sub", "sub/b.html", "sub/link.html"]);
});

test("a large tree is walked in pieces: what else there is to do is done in between, and it can be left off", async (t) => {
  const folder = tempFolder(t);
  for (let sub = 0; sub < 20; sub += 1) {
    mkdirSync(join(folder, `${sub}`));
    for (let file = 0; file < 50; file += 1) writeFileSync(join(folder, `${sub}/${file}.html`), "");
  }
  const pieces = new Pieces();
  let turns = 0;
  let found = 0;
  let isClosed = false;
  const turn = (): void => {
    turns += 1;
    if (!isClosed) setImmediate(turn);
  };
  setImmediate(turn);
  const options = {
    glob: compileGlob(`${folder}/**/*.html`),
    from: folder,
    isIgnored: () => false,
    onFolder: () => {},
    // A slow disk, so that the time of a piece is over on any machine.
    onFile: () => {
      found += 1;
      const until = performance.now() + 0.05;
      while (performance.now() < until);
    },
    pieces,
    isClosed: () => isClosed,
  };
  await walk(options);
  assert.equal(found, 1_000);
  assert.ok(turns > 3, `${turns} turns`);
  assert.ok(pieces.worked >= 50, `${pieces.worked} ms`);
  isClosed = true;
  found = 0;
  await walk(options);
  assert.ok(found < 1_000, "closed in the middle");
});
