import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SuspiciousFileOperation } from "../../src/application/exceptions.ts";
import { safeJoin } from "../../src/application/safe-join.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("what is no folder, or no path, is the program's mistake", () => {
  assert.throws(
    () => safeJoin(undefined as never, "a"),
    /^TypeError: safeJoin: the folder is undefined: expected a string$/,
  );
  assert.throws(() => safeJoin("/srv", 5 as never), /^TypeError: safeJoin: the path is 5: expected a string$/);
});

test("paths below the folder are joined to it", () => {
  const rows = [
    ["a.txt", "/srv/files/a.txt"],
    ["a/b c/é.txt", "/srv/files/a/b c/é.txt"],
    ["", "/srv/files/"],
    [".", "/srv/files/"],
    ["a//b/./c", "/srv/files/a/b/c"],
    ["a..b/...c", "/srv/files/a..b/...c"],
    ["100%", "/srv/files/100%"],
    ["a%20b", "/srv/files/a%20b"],
    ["%2", "/srv/files/%2"],
  ] as const;
  for (const [path, expected] of rows) {
    assert.equal(join(safeJoin("/srv/files", path), "."), join(expected, "."), path);
  }
  assert.equal(safeJoin("/", "etc"), "/etc");
});

test("everything that could lead out is refused, in every encoding", () => {
  const rows = [
    "..",
    "../x",
    "a/../../x",
    "a/..",
    "a/../b",
    "..%2fx",
    "..%2Fx",
    "%2e%2e/x",
    "%2E%2e%2fx",
    ".%2e/x",
    "%252e%252e%252fx",
    "..%252fx",
    "%25252e%25252e/x",
    "..\\x",
    "a\\..\\x",
    "..%5cx",
    "..%255cx",
    "a\0.txt",
    "a%00.txt",
    "a%2500.txt",
    "/etc/passwd",
    "//etc/passwd",
    "%2fetc/passwd",
    "C:/x",
    "c:x",
    "C%3a/x",
    ".. /x",
    "..../x/.. .",
    // Encoded more often than anybody decodes.
    "%2525252525252e",
  ];
  for (const path of rows) {
    assert.throws(() => safeJoin("/srv/files", path), SuspiciousFileOperation, path);
  }
});

test("a folder whose name only begins alike is another folder", (t) => {
  const folder = tempFolder(t, { "files/a": "", "files-secret/b": "" });
  symlinkSync(join(folder, "files-secret"), join(folder, "files/out"));
  assert.throws(() => safeJoin(join(folder, "files"), "out/b", { symlinks: "inside" }), SuspiciousFileOperation);
});

test("symbolic links are followed anywhere, or only inside where that is asked for", (t) => {
  const folder = tempFolder(t, { "root/a/b.txt": "", "outside/secret.txt": "" });
  const root = join(folder, "root");
  symlinkSync(join(folder, "outside"), join(root, "out"));
  symlinkSync(join(folder, "outside/secret.txt"), join(root, "leak.txt"));
  symlinkSync("a/b.txt", join(root, "inside.txt"));
  symlinkSync("/nowhere/at/all", join(root, "broken"));
  for (const path of ["out/secret.txt", "out/not-there.txt", "leak.txt", "out"]) {
    assert.equal(safeJoin(root, path), join(root, path));
    assert.throws(() => safeJoin(root, path, { symlinks: "inside" }), SuspiciousFileOperation, path);
  }
  for (const path of ["a/b.txt", "inside.txt", "not-there", "a/not/there", "a/b.txt/below", ""]) {
    assert.equal(safeJoin(root, path, { symlinks: "inside" }), path === "" ? root : join(root, path), path);
  }
  // The root may be a link itself.
  symlinkSync(root, join(folder, "link"));
  assert.equal(safeJoin(join(folder, "link"), "a/b.txt", { symlinks: "inside" }), join(folder, "link/a/b.txt"));
});

test("a name that no file can have, and links in a circle, are as what is not there", (t) => {
  const root = tempFolder(t);
  symlinkSync("circle", join(root, "circle"));
  for (const path of ["a".repeat(5000), "circle", "circle/x"]) {
    assert.equal(safeJoin(root, path, { symlinks: "inside" }), join(root, path));
  }
});
