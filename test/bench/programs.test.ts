// Where the bench finds the programs of its peers.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { findProgram, installHint, versionIn, versions } from "../../bench/programs.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("a program is found on PATH, where it can be executed", (t) => {
  const folder = tempFolder(t);
  for (const [name, mode] of [
    ["first", 0o644],
    ["second", 0o755],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "uwsgi"), "");
    chmodSync(join(folder, name, "uwsgi"), mode);
  }
  const PATH = `${join(folder, "none")}:${join(folder, "second")}`;
  assert.equal(findProgram("uwsgi", { PATH }), join(folder, "second", "uwsgi"));
  assert.equal(findProgram("uwsgi", { PATH: join(folder, "none") }), undefined);
  assert.equal(findProgram("uwsgi", {}), undefined);
  // Root may execute what has an x for anybody, and this one has none.
  assert.equal(findProgram("uwsgi", { PATH: join(folder, "first") }), undefined);
});

test("BENCH_BUN comes before PATH, and an empty one is none", (t) => {
  const folder = tempFolder(t);
  for (const name of ["bun", "another"]) writeFileSync(join(folder, name), "", { mode: 0o755 });
  assert.equal(findProgram("bun", { PATH: folder, BENCH_BUN: join(folder, "another") }), join(folder, "another"));
  assert.equal(findProgram("bun", { PATH: folder, BENCH_BUN: "" }), join(folder, "bun"));
  assert.equal(findProgram("bun", { PATH: folder, BENCH_BUN: join(folder, "gone") }), undefined);
});

test("node is the one that runs the bench, and others have a command that brings them", () => {
  assert.equal(findProgram("node", {}), process.execPath);
  for (const name of ["wrk", "bun", "uwsgi", "uvicorn", "gunicorn"] as const)
    assert.match(installHint(name), /^(?:apt-get|npm) install /);
});

test("a version is found in what each program prints", () => {
  assert.deepEqual(
    [
      "wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012 Will Glozer",
      "Running uvicorn 0.17.6 with CPython 3.11.2 on Linux",
      "gunicorn (version 20.1.0)",
      "2.0.21-debian",
      "nothing",
    ].map(versionIn),
    ["4.1.0-3+b2", "0.17.6", "20.1.0", "2.0.21-debian", "unknown"],
  );
  const found = versions();
  assert.deepEqual(Object.keys(found).slice(0, 4), ["node", "tsgi", "fastify", "express"]);
  assert.equal(found["node"], process.versions.node);
});
