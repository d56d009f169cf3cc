// The light Response beside Node's own: every property and method gives the same for the same arguments, so that nobody notices.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { inspect } from "node:util";
import { NativeResponse } from "../../src/interfaces/fetch-native.ts";
import { LightResponse } from "../../src/interfaces/fetch-response.ts";

type Class = typeof Response;
const LIGHT = LightResponse as unknown as Class;

const bytes = (text: string) => new TextEncoder().encode(text);
const streamed = (...parts: readonly string[]) => Readable.toWeb(Readable.from(parts.map(bytes))) as ReadableStream;
function form(): FormData {
  const data = new FormData();
  data.set("a", "1");
  data.set("f", new Blob(["file"], { type: "text/x" }), "f.txt");
  return data;
}

/** Each makes the arguments anew, since a body can be used once. */
const ARGUMENTS: readonly [what: string, make: () => readonly unknown[]][] = [
  ["nothing", () => []],
  ["null", () => [null]],
  ["undefined and a status", () => [undefined, { status: 201 }]],
  ["an empty text", () => [""]],
  ["a text", () => ["hello"]],
  ["a text beyond ASCII", () => ["grüße 🎉"]],
  ["a text with a lone surrogate", () => ["a\ud800b"]],
  ["a text with a byte order mark", () => ["\ufeffx"]],
  ["JSON", () => ['{"a":1}', { headers: { "Content-Type": "application/json" } }]],
  ["bytes", () => [bytes("bytes")]],
  ["a Buffer of a pool", () => [Buffer.from("pooled")]],
  ["a part of bytes", () => [bytes("0123456789").subarray(2, 5)]],
  ["an ArrayBuffer", () => [bytes("buffer").buffer]],
  ["a DataView", () => [new DataView(bytes("0123456789").buffer, 3, 4)]],
  ["a Uint16Array", () => [new Uint16Array([0x4142, 0x4344])]],
  ["a Blob", () => [new Blob(["blob"])]],
  ["a Blob with a type", () => [new Blob(["blob"], { type: "text/x" })]],
  [
    "a Blob with a type and another",
    () => [new Blob(["b"], { type: "text/x" }), { headers: { "content-type": "a/b" } }],
  ],
  ["URLSearchParams", () => [new URLSearchParams({ a: "1 2", b: "ü" })]],
  ["a form", () => [form()]],
  ["a stream", () => [streamed("one", "two")]],
  ["a stream and fields", () => [streamed("x"), { headers: { "content-type": "text/event-stream" }, status: 206 }]],
  ["an async iterable", () => [Readable.from([bytes("a"), bytes("b")])]],
  ["a number", () => [42]],
  ["an object", () => [{}]],
  ["an array", () => [[1, 2]]],
  ["a boolean", () => [true]],
  ["a symbol", () => [Symbol("x")]],
  ["an empty init", () => ["x", {}]],
  ["a null init", () => ["x", null]],
  ["an init that is a text", () => ["x", "y"]],
  ["an init that is a function", () => ["x", () => {}]],
  ["another Response for init", () => ["x", new NativeResponse("y", { status: 202, headers: { a: "b" } })]],
  ["a light Response for init", () => ["x", new LightResponse("y", { status: 202, headers: { a: "b" } })]],
  ...[199, 200, 299, 300, 404, 599, 600, 0, -1, 101, 1e9, 200.5, Number.NaN].map(
    (status) => [`status ${status}`, () => ["x", { status }]] as [string, () => readonly unknown[]],
  ),
  ...["201", "x", null, undefined, true, {}].map(
    (status) => [`status ${inspect(status)}`, () => ["x", { status }]] as [string, () => readonly unknown[]],
  ),
  ...[101, 204, 205, 304].flatMap((status): [string, () => readonly unknown[]][] => [
    [`status ${status} without a body`, () => [null, { status }]],
    [`status ${status} with a body`, () => ["", { status }]],
  ]),
  ...["OK", "", "Ünïcode", "a\nb", "a\u0100", "tab\there", 1, null].map(
    (statusText) =>
      [`statusText ${inspect(statusText)}`, () => ["x", { statusText }]] as [string, () => readonly unknown[]],
  ),
  ...(
    [
      ["an object", { "X-One": "1", "x-two": "2" }],
      ["two spellings of a name", { "X-A": "1", "x-a": "2" }],
      [
        "pairs",
        [
          ["A", "1"],
          ["b", "2"],
          ["a", "3"],
        ],
      ],
      [
        "cookies",
        [
          ["Set-Cookie", "a=1"],
          ["set-cookie", "b=2"],
          ["x", "y"],
        ],
      ],
      ["a Headers", new Headers({ a: "1" })],
      ["a Map", new Map([["a", "1"]])],
      ["no values", {}],
      ["null", null],
      ["a text", "a: b"],
      ["a pair of three", [["a", "b", "c"]]],
      ["a name with a space", { "a b": "1" }],
      ["an empty name", { "": "1" }],
      ["white space around", { a: " \t1 2\t " }],
      ["a line feed within", { a: "1\n2" }],
      ["a line feed at the end", { a: "1\r\n" }],
      ["a NUL", { a: "\0" }],
      ["another control character", { a: "\x01" }],
      ["latin-1", { a: "é" }],
      ["beyond latin-1", { a: "\u0100" }],
      ["a number", { a: 1 }],
      ["undefined", { a: undefined }],
      ["a list of values", { a: ["1", "2"] }],
      ["an empty value", { a: "" }],
      ["a length", { "Content-Length": "1" }],
    ] as const
  ).map(([what, headers]) => [`headers: ${what}`, () => ["x", { headers }]] as [string, () => readonly unknown[]]),
  [
    "headers of a class",
    () => ["x", { headers: Object.create({ inherited: "1" }, { own: { value: "2", enumerable: true } }) }],
  ],
];

const PROPERTIES = ["status", "statusText", "ok", "type", "url", "redirected", "bodyUsed"] as const;
const READS = ["text", "json", "arrayBuffer", "bytes", "blob", "formData"] as const;

/** What is thrown, or given, as something that can be compared. A form's boundary is another each time. */
async function outcome(act: () => unknown): Promise<unknown> {
  try {
    const value = await act();
    if (value instanceof Blob) return { type: plain(value.type), text: plain(await value.text()) };
    if (value instanceof FormData)
      return [...value].map(([name, part]) => [name, typeof part === "string" ? part : part.name]);
    if (value instanceof ArrayBuffer || value instanceof Uint8Array) {
      return [value.constructor.name, plain(Buffer.from(value as Uint8Array).toString("latin1"))];
    }
    return typeof value === "string" ? plain(value) : value;
  } catch (error) {
    return `${(error as Error).name}: ${plain((error as Error).message)}`;
  }
}
const plain = (text: string): string => text.replaceAll(/-+form[a-z]*-(?:undici-)?[0-9]+/g, "BOUNDARY");

/** Everything that can be seen of a response; `make` is called for each reading. */
async function seen(make: () => Response): Promise<unknown> {
  const first = await outcome(make);
  if (typeof first === "string") return first;
  const response = make();
  const shown: Record<string, unknown> = {};
  for (const name of PROPERTIES) shown[name] = response[name];
  shown["headers"] = [...response.headers].map(([name, value]) => [name, plain(value)]);
  shown["body"] = make().body?.constructor.name;
  for (const read of READS) {
    const one = make() as Response & { bytes(): unknown };
    shown[read] = await outcome(() => one[read]());
    shown[`${read} used`] = [one.bodyUsed, one.body?.locked];
    shown[`${read} again`] = await outcome(() => one[read]());
    shown[`clone after ${read}`] = await outcome(() => one.clone().status);
  }
  const original = make();
  const copy = original.clone();
  shown["clone"] = [
    await outcome(() => copy.text()),
    await outcome(() => original.text()),
    copy.status,
    [...copy.headers].length,
  ];
  return shown;
}

for (const [what, make] of ARGUMENTS) {
  test(`new Response: ${what}`, async () => {
    const light = await seen(() => Reflect.construct(LIGHT, make()) as Response);
    assert.deepEqual(light, await seen(() => Reflect.construct(NativeResponse, make()) as Response));
  });
}

const STATICS: readonly [what: string, act: (of: Class) => Response][] = [
  ["json of an object", (of) => of.json({ a: 1 })],
  ["json with a status", (of) => of.json([1], { status: 201, statusText: "Made" })],
  ["json with a type", (of) => of.json("x", { headers: { "Content-Type": "a/b", "X-Y": "1" } })],
  ["json with pairs", (of) => of.json(null, { headers: [["a", "1"]] })],
  ["json of nothing", (of) => of.json(undefined)],
  ["json of a function", (of) => of.json(() => {})],
  ["json with a status that has no body", (of) => of.json({}, { status: 204 })],
  ["json with a wrong header", (of) => of.json({}, { headers: { "a b": "" } })],
  ["redirect", (of) => of.redirect("http://a/b", undefined as unknown as 302)],
  ["redirect with a status", (of) => of.redirect("http://a/b", 307)],
  ["redirect with a wrong status", (of) => of.redirect("http://a/b", 200 as 301)],
  ["error", (of) => of.error()],
];
for (const [what, act] of STATICS) {
  test(`Response.${what}`, async () => {
    assert.deepEqual(await seen(() => act(LIGHT)), await seen(() => act(NativeResponse)));
  });
}

test("the two are instances of each other, and a subclass has its own", () => {
  class Mine extends LIGHT {}
  Object.defineProperty(Mine.prototype, "status", { value: 299 });
  const light = new LIGHT("x");
  assert(light instanceof NativeResponse && light instanceof LIGHT && new NativeResponse("x") instanceof LIGHT);
  const mine = new Mine("x");
  assert(mine instanceof Mine && mine instanceof LIGHT && mine instanceof NativeResponse && !(light instanceof Mine));
  assert(!({} instanceof LIGHT) && !((null as unknown) instanceof LIGHT));
  assert.deepEqual(
    [mine.status, light.status, LightResponse.is(mine), LightResponse.is(light)],
    [299, 200, false, true],
  );
});

test("it has every property of Node's own, in the same way", () => {
  for (const name of Reflect.ownKeys(NativeResponse.prototype)) {
    const [light, native] = [LightResponse.prototype, NativeResponse.prototype].map((from) =>
      Object.getOwnPropertyDescriptor(from, name),
    );
    if (typeof name === "symbol") continue;
    assert.deepEqual([typeof light?.get, light?.enumerable], [typeof native?.get, native?.enumerable], name);
  }
  assert.deepEqual([LIGHT.name, LIGHT.length, `${new LIGHT()}`], ["Response", 0, "[object Response]"]);
  assert.match(inspect(new LIGHT("x", { status: 201 })), /Response \{\s+status: 201/);
});

test("what is written into a buffer, or a headers object, afterwards is not the response's", async () => {
  const buffer = bytes("before");
  const headers = new Headers({ a: "before" });
  const response = new LIGHT(buffer, { headers });
  buffer.fill(0);
  headers.set("a", "after");
  assert.deepEqual([await response.clone().text(), response.headers.get("a")], ["before", "before"]);
  response.headers.set("a", "own");
  const copy = response.clone();
  copy.headers.set("a", "copy's");
  assert.equal(response.headers, response.headers);
  assert.deepEqual([response.headers.get("a"), copy.headers.get("a")], ["own", "copy's"]);
});

test("a type that is set later is a blob's", async () => {
  for (const of of [LIGHT, NativeResponse]) {
    const response = new of("x");
    response.headers.set("content-type", "a/b");
    assert.equal((await response.blob()).type, "a/b");
  }
});
