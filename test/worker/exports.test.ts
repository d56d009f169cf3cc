import assert from "node:assert/strict";
import { test } from "node:test";
import Fastify from "fastify";
import {
  hintDefault,
  holders,
  isEmptyObject,
  listExports,
  missingMember,
  namedExport,
} from "../../src/worker/exports.ts";

const WHERE = { target: "app:site.ap", file: "/srv/app.js" };

test("module.exports is a place of names, and an application that is exported as the default is none", () => {
  const names = { app: 1, fetch() {} };
  class Site { fetch() {} } // biome-ignore format: one line
  for (const [exported, places] of [
    [names, 2],
    [new Site(), 1],
    [Fastify(), 1],
    [5, 1],
  ] as const) {
    // biome-ignore format: one line
    assert.equal(holders({ default: exported }).length, places);
  }
  assert.equal(namedExport({ default: names }, "app"), 1);
  const create = Object.assign(() => {}, { application: () => {} });
  assert.equal(namedExport({ default: create }, "application"), create.application);
  assert.equal(namedExport({ default: create }, "length"), undefined);
});

test("what is there is listed, with what is near", () => {
  assert.deepEqual(listExports({ ap: 1, __esModule: true, default: {} }, "app"), [
    "it exports ap",
    'did you mean "ap"?',
  ]);
  assert.deepEqual(listExports({}, "app"), ["it exports nothing"]);
  assert.match(
    listExports(Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`name${n}`, 1])), "x")[0]!,
    /and 5 more$/,
  );
  assert.match(
    missingMember({ app: 1 }, "ap", "site", WHERE),
    /site of \/srv\/app\.js has no member "ap"\nit has app\ndid you mean "app"\?/,
  );
  assert.match(missingMember(5, "ap", "site", WHERE), /site of \/srv\/app\.js is 5, which has no members/);
  assert.equal(hintDefault({ default: () => {} }).length, 1);
  assert.deepEqual([isEmptyObject({}), isEmptyObject([]), isEmptyObject(null)], [true, false, false]);
});
