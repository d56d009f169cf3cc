import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BEHAVIOURS, GROUPS } from "./behaviours/index.ts";
import { REASONS } from "./known.ts";
import { gridPage } from "./page.ts";
import { PROGRAMS } from "./programs.ts";
import { readResults } from "./stored.ts";

const results = readResults();

test("docs/grid.md is what the stored run says", () => {
  const page = readFileSync(new URL("../../docs/grid.md", import.meta.url), "utf8");
  assert.equal(page, gridPage(results, GROUPS, PROGRAMS));
});

test("the stored run has every cell, and none that is unexplained", () => {
  for (const { id } of BEHAVIOURS) {
    for (const { title } of PROGRAMS) {
      const cell = results.cells[id]?.[title];
      assert.ok(cell !== undefined, `${title}, ${id}: not run`);
      assert.notEqual(cell.word, "DIFFERENT", `${title}, ${id}: ${cell.note}`);
      assert.equal(
        cell.note === "",
        cell.word === "ok",
        `${title}, ${id}: a reason where there is something to explain`,
      );
    }
  }
});

test("each known reason explains a cell of the stored run", () => {
  for (const reason of REASONS) {
    const cells = BEHAVIOURS.filter(({ id }) => reason.behaviours.test(id)).flatMap(({ id }) =>
      PROGRAMS.filter(reason.programs).map(({ title }) => results.cells[id]?.[title]),
    );
    assert.ok(cells.length > 0, reason.why);
    for (const cell of cells) assert.deepEqual(cell, { word: "known", note: reason.why });
  }
});

test("a note with what a table or a page would take for its own does not break the page", () => {
  const group = { title: "G", behaviours: [{ id: "x", title: "`a|b`", expected: {}, observe: async () => ({}) }] };
  const cells = { x: { TSGI: { word: "DIFFERENT", note: "<b>|" } } } as const;
  const program = PROGRAMS.find(({ title }) => title === "TSGI")!;
  const page = gridPage({ versions: {}, cells }, [group], [program]);
  assert.ok(page.includes("| `a\\|b` | **DIFFERENT** 1 |"));
  assert.ok(page.includes("1. &lt;b>\\|"));
});
