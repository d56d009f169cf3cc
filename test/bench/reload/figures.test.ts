// From times to percentiles, ratios and verdicts of the reload bench.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isWhole, type Met } from "../../../bench/reload/client.ts";
import { lineOf, parseRun, percentile, type ReloadPart, renderRun, verdicts } from "../../../bench/reload/figures.ts";
import { readOptions } from "../../../bench/reload/options.ts";
import { reloadSection } from "../../../bench/reload/page.ts";

const met = (ms: number, changes: Partial<Met> = {}): Met => ({
  ms,
  refused: 0,
  cut: 0,
  old: 0,
  failed: 0,
  ...changes,
});
const MACHINE = { cpu: "a cpu", cores: 2, memoryGb: 8, kernel: "Linux" };

const part = (name: string, own: readonly Met[], peer: readonly Met[]): ReloadPart => ({
  ...{ part: name, title: `save to answer, ${name}`, times: own.length },
  lines: [lineOf("tsgi dev", own), lineOf("tsx watch", peer)],
});

test("a percentile is one of the times: the smallest that so many do not exceed", () => {
  const times = Array.from({ length: 30 }, (_, at) => 30 - at);
  assert.deepEqual([percentile(times, 50), percentile(times, 95), percentile([7], 95)], [15, 29, 7]);
  assert.throws(() => percentile([], 50), RangeError);
});

test("a bar is passed when it is reached, missed by what is past it, and a lost request of tsgi is a miss", () => {
  const said = (own: readonly Met[]): readonly string[] =>
    verdicts({ parts: [part("one", own, [met(375, { refused: 9 })])], idle: [] }).map(
      ({ word, reached }) => `${word} ${reached}`,
    );
  assert.deepEqual(said([met(150)]), ["pass 150.0 ms", "pass 0.40", "pass 0"]);
  assert.deepEqual(said([met(151)]), ["miss 151.0 ms", "miss 0.40", "pass 0"]);
  for (const lost of [{ refused: 1 }, { cut: 1 }, { old: 1 }, { failed: 1 }] satisfies Partial<Met>[])
    assert.equal(said([met(10, lost)]).at(-1), "miss 1");
});

test("what is not TypeScript of one or a hundred files has no bar, a start has its own, an idle watcher has one per cent", () => {
  const idle = [{ engine: "poll", percent: 1.01 }];
  const parts = [part("express", [met(900)], [met(1)]), part("start one", [met(150)], [met(100)])];
  assert.deepEqual(
    verdicts({ parts, idle }).map(({ word, bar }) => `${word} ${bar}`),
    ["pass <= 1.50", "miss <= 1.00 %"],
  );
});

test("a run is stored and read again, and the page has its bars and figures", () => {
  const run = parseRun(
    renderRun({
      machine: MACHINE,
      versions: { node: "20.0.0", tsx: "4.0.0" },
      parts: [part("one", [met(100)], [met(200)])],
      idle: [],
    }),
  );
  const page = reloadSection(run);
  assert.match(page, /\| save to answer, one, against tsx watch \| <= 0\.40 \| 0\.50 \| \*\*missed\*\* \|/);
  assert.match(
    page,
    /\| \*\*tsgi dev\*\* \| 100 \| 100 \| {2}\| 0 \| 0 \| 0 \|\n\| tsx watch \| 200 \| 200 \| 0\.50 \|/,
  );
  assert.match(reloadSection(undefined), /Not measured yet/);
  assert.throws(() => parseRun("[]"), /no stored run/);
});

test("an answer is whole with the body that its head announces", () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
  assert.deepEqual([head.slice(0, -2), `${head}ab`, `${head}abc`].map(isWhole), [false, false, true]);
});

test("a mistyped option is named, with what fits, and a part of a run is not stored", () => {
  assert.throws(() => readOptions(["--saves", "0"]), /--saves is "0"; a whole number/);
  assert.throws(() => readOptions(["--only", "two"]), /no part "two"; there are one, hundred/);
  assert.throws(() => readOptions(["--only", "one", "--save"]), /whole run/);
  const options = readOptions(["--only", "hundred,idle"]);
  assert.ok(options !== "help");
  assert.deepEqual(
    [options.applications.map(({ name }) => name), options.start, options.idle],
    [["hundred"], false, true],
  );
});
