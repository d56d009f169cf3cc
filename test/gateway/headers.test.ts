import assert from "node:assert/strict";
import { test } from "node:test";
import { type HeaderPair, Headers } from "../../src/gateway/headers.ts";
import { drive } from "../support/exchange.ts";

const some = (): Headers =>
  new Headers([
    ["Content-Type", "text/plain"],
    ["Set-Cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);

test("names are found without regard to case, the first of several first", () => {
  const headers = some();
  assert.equal(headers.get("CONTENT-type"), "text/plain");
  assert.equal(headers.get("Set-Cookie"), "a=1");
  assert.deepEqual(headers.getAll("SET-COOKIE"), ["a=1", "b=2"]);
  assert.deepEqual([headers.has("set-cookie"), headers.has("x")], [true, false]);
  assert.deepEqual([headers.get("x"), headers.get("x", null), headers.getAll("x")], [undefined, null, []]);
});

test("set replaces all fields of a name by one at the end; delete takes them all out and says whether there were any", () => {
  const headers = some();
  headers.set("SET-cookie", "c=3").set("X-New", "1");
  assert.deepEqual(headers.entries(), [
    ["Content-Type", "text/plain"],
    ["SET-cookie", "c=3"],
    ["X-New", "1"],
  ]);
  assert.deepEqual([headers.delete("set-cookie"), headers.delete("set-cookie")], [true, false]);
  assert.deepEqual(headers.keys(), ["Content-Type", "X-New"]);
});

test("setDefault adds what is missing, and answers with what is there", () => {
  const headers = some();
  assert.equal(headers.setDefault("content-type", "text/html"), "text/plain");
  assert.equal(headers.setDefault("X", "1"), "1");
  assert.deepEqual(headers.values(), ["text/plain", "a=1", "b=2", "1"]);
});

const parameters: readonly (readonly [value: string | null, params: Record<string, string | null>, line: string])[] = [
  ["attachment", { filename: "bud.gif" }, 'attachment; filename="bud.gif"'],
  ["attachment", { file_name: 'a "b" \\c' }, 'attachment; file-name="a \\"b\\" \\\\c"'],
  ["a", { secure: null, http_only: "" }, "a; secure; http-only"],
  [null, { max_age: "5", no_store: null }, 'max-age="5"; no-store'],
  ["plain", {}, "plain"],
];
for (const [value, params, line] of parameters) {
  test(`addHeader makes ${line}`, () => {
    const headers = new Headers([["X", "before"]]);
    headers.addHeader("X", value, params);
    assert.deepEqual(headers.getAll("x"), ["before", line]);
  });
}

test("the list that was given is the list that is worked on, and an application can hand it to startResponse", async () => {
  const list: HeaderPair[] = [["A", "1"]];
  const headers = new Headers(list);
  headers.addHeader("B", "2");
  assert.equal(headers.list, list);
  assert.deepEqual(list, [
    ["A", "1"],
    ["B", "2"],
  ]);
  const outcome = await drive((_environ, startResponse) => {
    startResponse("200 OK", headers.list);
    return [];
  });
  assert.deepEqual(outcome.fields, ["A", "1", "B", "2"]);
});

test("what is iterated are copies in their order, and there are as many as length says", () => {
  const headers = some();
  assert.deepEqual([...headers], headers.entries());
  assert.notEqual(headers.entries()[0], headers.list[0]);
  assert.deepEqual([headers.length, new Headers().length], [3, 0]);
});

test("as text it is a line each and an empty one; as bytes it is latin-1", () => {
  const headers = new Headers([
    ["A", "é"],
    ["B", ""],
  ]);
  assert.equal(headers.toString(), "A: é\r\nB: \r\n\r\n");
  assert.equal(String(new Headers()), "\r\n");
  assert.deepEqual(headers.toBytes(), Buffer.from("A: \xe9\r\nB: \r\n\r\n", "latin1"));
});

const refusals: readonly (readonly [title: string, act: () => unknown, said: RegExp])[] = [
  ["a dictionary", () => new Headers({ A: "1" } as never), /Headers: an object: expected an array/],
  ["a pair of three", () => new Headers([["A", "1", "2"]] as never), /header 0 is an array of 3/],
  ["a value in the list", () => new Headers([["A", 5]] as never), /header A is 5: expected a string/],
  ["a value that is a number", () => new Headers().set("A", 5 as never), /header A is 5: expected a string/],
  ["a value with a line end", () => new Headers().set("A", "1\r\nB: 2"), /header A has U\+000D at position 1/],
  ["a value beyond latin-1", () => new Headers().addHeader("A", "Ā"), /header A has U\+0100/],
  ["a name with a line end", () => new Headers().set("A\r\nB", "1"), /header name "A\\r\\nB"/],
  ["a name that is a number", () => new Headers().get(5 as never), /header name 5: expected a string/],
  ["a default that is a number", () => new Headers().setDefault("A", 5 as never), /header A is 5/],
  [
    "a value of addHeader that is a number",
    () => new Headers().addHeader("A", 5 as never, { b: "c" }),
    /header A is 5/,
  ],
  ["a parameter that is a number", () => new Headers().addHeader("A", "1", { b: 5 as never }), /parameter b of A is 5/],
  ["a parameter with a line end", () => new Headers().addHeader("A", "1", { b: "\n" }), /header A has U\+000A/],
  ["a parameter's name with a blank", () => new Headers().addHeader("A", "1", { "b c": "1" }), /parameter "b c" of A/],
];
for (const [title, act, said] of refusals) {
  test(`${title} is refused and named`, () => {
    assert.throws(act, (error) => error instanceof TypeError && said.test(error.message));
  });
}

test("what is refused changes nothing", () => {
  const headers = some();
  assert.throws(() => headers.set("Content-Type", "a\nb"), TypeError);
  assert.throws(() => headers.addHeader("X", "1", { a: 5 as never }), TypeError);
  assert.equal(headers.length, 3);
  assert.equal(headers.get("content-type"), "text/plain");
});
