// Every case of the wire corpus is read by node:http and by tsgi; where they disagree, the table says so and argues, and where the table
// says so they disagree, on the Node that runs this.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { type WireCase, wireCases } from "../support/wire.ts";
import { casesOf, DIFFERENCES, type Group, isOf } from "./differences.ts";
import { nodeServer, tsgiServer } from "./servers.ts";
import { verdictOf } from "./verdict.ts";

const MAJOR = Number.parseInt(process.versions.node, 10);
const CASES = new Map(
  ["accept", "refuse"].flatMap((folder) =>
    wireCases(`http1/${folder}`).map((wireCase): [string, WireCase] => [`${folder}/${wireCase.name}`, wireCase]),
  ),
);
const GROUPS = DIFFERENCES.flatMap(({ groups }) => groups);

/** The groups that a case is in, on this Node. */
const rowsFor = (name: string): readonly Group[] =>
  GROUPS.filter((group) => isOf(group, MAJOR) && casesOf(group).includes(name));

test("every row of the table is about cases that exist, and no case is in two of them", () => {
  const named = new Set(GROUPS.flatMap(casesOf));
  assert.deepEqual(
    [...named].filter((name) => !CASES.has(name)),
    [],
  );
  assert.deepEqual(
    [...named].filter((name) => rowsFor(name).length > 1),
    [],
  );
});

test("node:http and tsgi read every case alike, but for those in the table, which they read as it says", async (t) => {
  const node = await nodeServer(t);
  const ports = new Map<string, number>();
  const wrong: string[] = [];
  let different = 0;
  for (const [name, { wire, limits }] of CASES) {
    const key = JSON.stringify(limits);
    const ours = ports.get(key) ?? tsgiServer(t, limits);
    ports.set(key, ours);
    const [theirs, tsgi] = await Promise.all([verdictOf(node, wire), verdictOf(ours, wire)]);
    const found = `node: ${JSON.stringify(theirs)}, tsgi: ${JSON.stringify(tsgi)}`;
    const [row] = rowsFor(name);
    if (theirs !== tsgi) different += 1;
    if (row === undefined && theirs !== tsgi) wrong.push(`${name} is not in the table: ${found}`);
    else if (row !== undefined && theirs === tsgi) wrong.push(`${name} is in the table, but both say ${theirs}`);
    else if (row !== undefined && (row.node !== theirs || row.tsgi !== tsgi)) {
      wrong.push(`${name} is in the table with node: ${row.node}, tsgi: ${row.tsgi}; found ${found}`);
    }
  }
  assert.deepEqual(wrong, [], `\n${wrong.join("\n")}`);
  assert.ok(different > 0 && different < CASES.size);
});
