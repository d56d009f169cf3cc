// The reader of import lines that the house test stands on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf, importsOf, unreadableImports } from "./imports.ts";

const found = (source: string): readonly unknown[] =>
  importsOf(codeOf(source)).map(({ line, from, typeOnly }) => [line, from, typeOnly]);

test("each form is seen, on one line or many, and types are told from values", () => {
  const source = [
    "// import x from 'no'",
    'import a from "one"; // why',
    "import {\n  b, // a comment\n  type C,\n} from 'two';",
    'import type { D } from "three";',
    'export * from "four";',
    'export type { E } from "five";',
    'import "six";',
    '  const f = await import("seven");',
    'export const from = "no";',
    "export function from2() { return import(from); }",
  ].join("\n");
  assert.deepEqual(found(source), [
    [2, "one", false],
    [3, "two", false],
    [7, "three", true],
    [8, "four", false],
    [9, "five", true],
    [10, "six", false],
    [11, "seven", false],
  ]);
  assert.deepEqual(unreadableImports(codeOf(source)), []);
  assert.deepEqual(unreadableImports('import { "odd name" as a } from "x";'), [1]);
});

test("words in comments and templates are no imports, and code within a template is", () => {
  const tick = "`";
  const source = [
    `const text = ${tick}`,
    'import a from "no";',
    `$ \\${tick} \${ { a: ${tick}}${tick} }.a + await import("yes") } }`,
    'import b from "no";',
    `${tick};`,
    "/* a block",
    'import c from "no"; */',
    'import d from "last";',
  ].join("\n");
  assert.deepEqual(found(source), [
    [8, "last", false],
    [3, "yes", false],
  ]);
});

test("a quote, a backtick or a comment's beginning in a string or a regular expression does not hide what follows", () => {
  for (const odd of [
    'const a = "`";',
    "const a = '//';",
    'const a = "/*";',
    "const a = /[`'\"/]/;",
    "f(/`/, /\\//);",
    "return /'/.test(x);",
    "const a = b / c; // `",
    'const a = "\\"`";',
  ]) {
    assert.deepEqual(found(`${odd}\nimport x from "seen";`), [[2, "seen", false]], odd);
  }
});

test("a template without an end is refused, for the rest of the file could not be read", () => {
  assert.throws(() => codeOf("const a = `x"), /a template does not end/);
});
