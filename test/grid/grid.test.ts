// A part of the grid in every run of the tests: each application in one process, what is cheap, compared with the stored run. The
// whole of it, with the references, is `npm run grid`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BEHAVIOURS } from "./behaviours/index.ts";
import { serveByTsgi } from "./peer.ts";
import { PROGRAMS } from "./programs.ts";
import { look } from "./run.ts";
import { readResults } from "./stored.ts";
import { show } from "./verdict.ts";

const { cells } = readResults();

/** One of each kind; the sizes, and what takes seconds, are the whole grid's. */
const CHEAP = BEHAVIOURS.filter(
  ({ id, dear }) => dear !== true && !/^(?:drain-|both-|(?:up|down)-.*-(?:1|64k|1m)$)/.test(id),
);

for (const program of PROGRAMS) {
  test(`${program.title}: what the stored grid calls ok is as expected`, async () => {
    const peer = await serveByTsgi(program, 1);
    try {
      const behaviours = CHEAP.filter(({ id }) => cells[id]?.[program.title]?.word === "ok");
      assert.ok(behaviours.length > 40, `only ${behaviours.length} are stored as ok`);
      const column = await look(peer, behaviours);
      const wrong = behaviours.flatMap(({ id, expected }) => {
        const facts = column.get(id)!;
        const names =
          "failed" in facts ? ["failed"] : Object.keys(expected).filter((name) => facts[name] !== expected[name]);
        return names.map((name) => `${id}: ${name} ${show(facts[name])}, expected ${show(expected[name])}`);
      });
      assert.deepEqual(wrong, []);
    } finally {
      await peer.end();
    }
  });
}
