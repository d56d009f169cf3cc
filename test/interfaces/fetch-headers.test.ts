// The light Headers beside Node's own: the same steps on the same fields end with the same answers and the same fields.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { fieldsFrom, flatOf, LightHeaders, nativeOf, shared } from "../../src/interfaces/fetch-headers.ts";
import { NativeHeaders } from "../../src/interfaces/fetch-native.ts";

const FIELDS = [
  "host",
  "a",
  "x-b",
  "1",
  "cookie",
  "a=1",
  "x-b",
  "2",
  "cookie",
  "b=2",
  "accept",
  "é",
  "set-cookie",
  "s=1",
  "set-cookie",
  "t=2",
];
const light = (fields = FIELDS) => new LightHeaders(fields) as unknown as Headers;

function deleting(headers: Headers): string[] {
  const seen: string[] = [];
  for (const [name] of headers) {
    seen.push(name);
    headers.delete(name);
  }
  return seen;
}

function visiting(headers: Headers): unknown[] {
  const seen: unknown[] = [];
  function visit(this: unknown, value: string, name: string, parent: Headers): void {
    seen.push(this, value, name, parent === headers);
  }
  headers.forEach(visit, "self");
  return seen;
}

function cookiesAfter(headers: Headers, method: "append" | "set"): string[] {
  headers[method]("Set-Cookie", "u=3");
  return headers.getSetCookie();
}

// biome-ignore lint/suspicious/noExplicitAny: wrong arguments are the point
const STEPS: readonly [what: string, step: (headers: any) => unknown][] = [
  ...[
    "host",
    "HOST",
    "x-b",
    "X-B",
    "cookie",
    "set-cookie",
    "accept",
    "none",
    "a b",
    "",
    "ü",
    1,
    null,
    undefined,
    {},
  ].flatMap((name): [string, (headers: Headers) => unknown][] => [
    [`get ${inspect(name)}`, (h) => h.get(name as string)],
    [`has ${inspect(name)}`, (h) => h.has(name as string)],
    [`delete ${inspect(name)}`, (h) => h.delete(name as string)],
    [`set ${inspect(name)}`, (h) => h.set(name as string, "v")],
    [`append ${inspect(name)}`, (h) => h.append(name as string, "v")],
  ]),
  ...["", " v ", "\tv", "v\n", "a\nb", "\0", "\x01", "\u0100", "é", 1, null, undefined, {}].flatMap(
    (value): [string, (headers: Headers) => unknown][] => [
      [`set to ${inspect(value)}`, (h) => h.set("X-B", value as string)],
      [`append ${inspect(value)} to it`, (h) => h.append("X-B", value as string)],
    ],
  ),
  ["get without a name", (h) => h.get()],
  ["has without a name", (h) => h.has()],
  ["delete without a name", (h) => h.delete()],
  ["set without a value", (h) => h.set("a")],
  ["append without anything", (h) => h.append()],
  ["get of a symbol", (h) => h.get(Symbol("x"))],
  ["getSetCookie", (h) => h.getSetCookie()],
  ["getSetCookie after an append", (h) => cookiesAfter(h, "append")],
  ["getSetCookie after a set", (h) => cookiesAfter(h, "set")],
  ["keys", (h) => [...h.keys()]],
  ["values", (h) => [...h.values()]],
  ["entries", (h) => [...h.entries()]],
  ["iterating", (h) => Object.fromEntries(h)],
  ["iterating while it is changed", deleting],
  ["forEach", visiting],
  ["forEach without a function", (h) => h.forEach("x")],
  ["an iterator's name", (h) => String(h.entries())],
  ["an iterator is iterable", (h) => h.keys()[Symbol.iterator]().next()],
  ["its name", (h) => String(h)],
  ["its class", (h) => h instanceof Headers && h.constructor === NativeHeaders],
  ["a copy", (h) => [...new NativeHeaders(h)]],
  ["what a Request makes of it", (h) => [...new Request("http://a/", { headers: h }).headers]],
  ["what a Response makes of it", (h) => [...new Response(null, { headers: h }).headers]],
  ["how it is shown", (h) => inspect(h)],
];

function outcome(headers: Headers, step: (headers: Headers) => unknown): unknown {
  try {
    return [step(headers), [...headers]];
  } catch (error) {
    return [(error as Error).name, (error as Error).message, [...headers]];
  }
}

for (const [what, step] of STEPS) {
  test(`headers: ${what}`, () => {
    assert.deepEqual(outcome(light(), step), outcome(nativeOf(FIELDS), step));
  });
}

test("it has every method of Node's own, in the same way", () => {
  for (const name of Object.getOwnPropertyNames(NativeHeaders.prototype)) {
    const [ours, theirs] = [LightHeaders.prototype, NativeHeaders.prototype].map(
      (from) => Object.getOwnPropertyDescriptor(from, name)?.enumerable,
    );
    assert.equal(ours, theirs, name);
  }
});

test("the list that was given is never changed", () => {
  const given = Object.freeze(["a", "1"]);
  const headers = light(given as string[]);
  headers.append("b", "2");
  headers.delete("a");
  assert.deepEqual([given, [...headers]], [["a", "1"], [["b", "2"]]]);
});

test("what an init says is taken as it is, and whatever is odd is left to Node's own class", () => {
  const own = { "X-A": "1", b: "2" };
  assert.deepEqual(fieldsFrom(own), ["x-a", "1", "b", "2"]);
  assert.deepEqual(fieldsFrom(Object.entries(own)), ["x-a", "1", "b", "2"]);
  assert.deepEqual(fieldsFrom(new NativeHeaders(own)), ["b", "2", "x-a", "1"]);
  assert.deepEqual(fieldsFrom(light(["a", "1"])), ["a", "1"]);
  for (const odd of [null, "x", new Map(), [["a"]], { "a b": "" }, { a: " x" }, { a: 1 }, ["ab"]]) {
    assert.equal(fieldsFrom(odd), undefined, inspect(odd));
  }
});

test("a list that says the same as the last one is the last one", () => {
  const first = shared(["a", "1"]);
  assert.equal(shared(["a", "1"]), first);
  assert.notEqual(shared(["a", "2"]), first);
  assert(Object.isFrozen(first));
  assert.deepEqual(flatOf(nativeOf(["b", "1", "a", "2"])), ["a", "2", "b", "1"]);
});
