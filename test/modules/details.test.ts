import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { TsgiError } from "../../src/errors.ts";
import { detailsOf, ownerOf } from "../../src/modules/details.ts";
import { importUserModule } from "../../src/modules/import.ts";
import { program } from "../support/compiled.ts";

const folder = program({
  "syntax.ts": "export const a = 1;\nexport const b = {;\n",
  "esm.mjs": "export const a = 1;\nlet b = ;\n",
  "json.mjs": 'import x from "./broken.json" with { type: "json" };\nexport default x;\n',
  "broken.json": '{"a": 1,,}',
  "gone.ts": 'import "./gome.ts";\n',
  "throws.ts": 'function boot(): never {\n  throw new TypeError("no db", { cause: new Error("inner") });\n}\nboot();\n',
});
after(() => rmSync(folder, { recursive: true }));

async function failureOf(name: string): Promise<TsgiError> {
  try {
    await importUserModule(join(folder, name));
  } catch (error) {
    assert.ok(error instanceof TsgiError);
    return error;
  }
  assert.fail(`${name} loads`);
}

test("what does not parse has its place and lines, though no stack has them", async () => {
  for (const [name, file, line, text] of [
    ["syntax.ts", "syntax.ts", 2, /> 2 \| export const b = \{;/],
    ["esm.mjs", "esm.mjs", 2, /> 2 \| let b = ;/],
    ["json.mjs", "broken.json", 1, /> 1 \| \{"a": 1,,\}/],
  ] as const) {
    const details = detailsOf(await failureOf(name));
    assert.equal(details.name, "SyntaxError", name);
    assert.deepEqual([details.place?.file, details.place?.line], [join(folder, file), line]);
    assert.match(details.excerpt, text);
    assert.doesNotMatch(details.message, /cannot load|Transform failed/);
  }
});

test("an import that leads nowhere has the place where it is written, and what was probably meant", async () => {
  const { message, place, excerpt } = detailsOf(await failureOf("gone.ts"));
  assert.match(message, /^"\.\/gome\.ts", imported from .*\ndid you mean "\.\/gone\.ts"\?$/);
  assert.deepEqual([place?.line, place?.column], [1, 8]);
  assert.match(excerpt, /> 1 \| import/);
});

test("what a module throws is told as the module's own, with its calls and its cause", async () => {
  const details = detailsOf(await failureOf("throws.ts"));
  assert.deepEqual([details.name, details.message, details.place?.line], ["TypeError", "no db", 2]);
  assert.deepEqual(
    details.frames.filter(({ owner }) => owner === "application").map(({ callee, line }) => [callee, line])[0],
    ["boot", 2],
  );
  assert.ok(details.frames.some(({ owner }) => owner === "node"));
  assert.deepEqual(
    details.causes.map(({ name, message }) => [name, message]),
    [["Error", "inner"]],
  );
});

test("a failure without anything thrown has its message, and no place", () => {
  const details = detailsOf(new TsgiError("no-export", "app.ts has no export"));
  assert.deepEqual([details.message, details.place, details.frames], ["app.ts has no export", null, []]);
});

test("whatever can be thrown is told in parts, and nothing is thrown meanwhile", () => {
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error("no");
      },
      getPrototypeOf() {
        throw new Error("no");
      },
    },
  );
  const circle = new Error("a");
  circle.cause = new Error("b", { cause: circle });
  const oddNames = Object.assign(new Error("x"), { name: { toString: () => assert.fail("asked") } });
  for (const thrown of [undefined, null, 0, "text", Symbol("s"), {}, () => {}, hostile, circle, oddNames]) {
    const { name, message } = detailsOf(thrown);
    assert.equal(typeof name, "string");
    assert.notEqual(message, "");
  }
  assert.equal(detailsOf("text").message, 'the string "text" was thrown, which is no Error');
  assert.equal(detailsOf(circle).causes[0]?.causes.length, 0, "a cause that leads round is told once");
});

test("an AggregateError tells some of what it holds, at any depth", () => {
  const many = (depth: number): Error =>
    new AggregateError(
      Array.from({ length: 6 }, (_none, at) => (depth === 0 ? new Error(`e${at}`) : many(depth - 1))),
      "all failed",
    );
  const { causes } = detailsOf(many(3));
  assert.equal(causes.length, 4);
  assert.ok(JSON.stringify(causes).length < 200_000);
});

test("lines of a message that look like calls are no calls, and files that are no code are not shown", () => {
  const error = new Error("no\n    at steal (/etc/passwd:1:1)");
  assert.ok(!detailsOf(error).frames.some(({ file }) => file === "/etc/passwd"));
  const faked = new Error("x");
  faked.stack = "Error: x\n    at run (/etc/passwd:1:1)";
  assert.deepEqual([detailsOf(faked).place?.file, detailsOf(faked).excerpt], ["/etc/passwd", ""]);
});

test("whose a file is", () => {
  const own = new URL("../../src/worker/main.ts", import.meta.url).pathname;
  for (const [file, owner] of [
    ["/site/app.ts", "application"],
    ["/site/node_modules/hono/x.js", "package"],
    ["/site/node_modules/tsx/x.js", "server"],
    [own, "server"],
    ["node:fs", "node"],
  ] as const) {
    assert.equal(ownerOf(file), owner, file);
  }
});
