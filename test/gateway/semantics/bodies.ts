// What may be returned, and what each kind is to the client.

import { answers, type Case, FAILED, PLAIN } from "./case.ts";

function* chunksOf(...chunks: unknown[]): Generator<unknown> {
  yield* chunks;
}
async function* slowly(...chunks: unknown[]): AsyncGenerator<unknown> {
  for (const chunk of chunks) {
    await new Promise(setImmediate);
    yield chunk;
  }
}

/** A class application: what is made for a request is its body. */
class Greeting {
  *[Symbol.iterator](): Generator<string> {
    yield "from ";
    yield "a class";
  }
}

const kinds: readonly (readonly [kind: string, body: () => unknown, text: string, length?: number])[] = [
  ["a string", () => "text", "text", 4],
  ["an empty string", () => "", "", 0],
  ["bytes", () => new Uint8Array([104, 105]), "hi", 2],
  ["a Buffer", () => Buffer.from("buffer"), "buffer", 6],
  ["an array of one", () => ["one"], "one", 1 + 2],
  ["an array of none", () => [], "", 0],
  ["an array of one that is empty", () => [""], "", 0],
  ["an array of many", () => ["a", Buffer.from("b"), "c"], "abc"],
  ["an array of many that are empty", () => ["", ""], "", 0],
  ["a set", () => new Set(["x", "y"]), "xy"],
  ["a set of one, whose length nobody asks", () => new Set(["x"]), "x"],
  ["a generator", () => chunksOf("a", "b"), "ab"],
  ["a generator of nothing", () => chunksOf(), "", 0],
  ["a generator of empty chunks", () => chunksOf("", ""), "", 0],
  ["an iterator of a map's values", () => new Map([[1, "v"]]).values(), "v"],
  ["an async generator", () => slowly("a", "", "b"), "ab"],
  ["an async generator of nothing", () => slowly(), "", 0],
  ["a promise of a string", async () => "later", "later", 5],
  ["a promise of an array of one", async () => ["later"], "later", 5],
  ["a promise of a generator", async () => chunksOf("x", "y"), "xy"],
  // biome-ignore lint/suspicious/noThenProperty: what is tested
  ["a thenable that is no Promise", () => ({ then: (done: (v: unknown) => void) => done(["th", "en"]) }), "then"],
  ["a web stream", () => new Blob(["web"]).stream(), "web"],
  ["an object of a class that can be iterated", () => new Greeting(), "from a class"],
  ["text beyond ASCII, as UTF-8, counted in bytes", () => ["ü€"], "\xc3\xbc\xe2\x82\xac", 5],
];

const wrong: readonly (readonly [kind: string, body: () => unknown, said: RegExp])[] = [
  ["nothing", () => undefined, /returned undefined \(is a return missing\?\)/],
  ["null", () => null, /returned null/],
  ["a number", () => 7, /returned 7/],
  ["an object", () => ({}), /returned an object/],
  ["a promise of nothing", async () => undefined, /returned undefined/],
  [
    "a function",
    () => () => "x",
    /returned a function \(a factory is named with parentheses: app:create\(\)\): expected a string, bytes/,
  ],
];

const wrongChunks: readonly (readonly [kind: string, body: () => unknown, said: RegExp])[] = [
  ["a number as its only chunk", () => [5], /gave 5 as a chunk/],
  ["null as a chunk", () => [null, "x"], /gave null as a chunk/],
  ["an array as a chunk", () => chunksOf(["x"]), /gave an array of 1 as a chunk/],
];

export const BODIES: readonly Case[] = [
  ...kinds.map(
    ([kind, body, text, length]): Case => ({
      title: `${kind} is a body`,
      app: answers(body),
      body: text,
      ...(length === undefined ? {} : { length }),
    }),
  ),
  ...[...wrong, ...wrongChunks].map(
    ([kind, body, said]): Case => ({
      title: `${kind} is a mistake of the application`,
      app: answers(body),
      ...FAILED,
      logs: [[said, 500]],
    }),
  ),
  {
    title: "a wrong chunk behind one that was sent cuts the response",
    app: answers(() => chunksOf("sent", 5)),
    body: "sent",
    end: "cut",
    logs: [[/gave 5 as a chunk/, "cut"]],
  },
  {
    title: "a class can be the application, where its call makes the body",
    app: () => (_e, start) => {
      start("200 OK", PLAIN);
      return new Greeting();
    },
    body: "from a class",
  },
  {
    title: "an empty first chunk does not send the headers",
    app: () =>
      function* (_e, start) {
        start("200 OK", PLAIN);
        yield "";
        start("410 Gone", PLAIN, new Error("still time"));
        yield "gone";
      },
    status: 410,
    reason: "Gone",
    body: "gone",
  },
  {
    title: "a chunk is handed over before the next is asked for",
    app: (probe) =>
      async function* (_e, start) {
        start("200 OK", PLAIN);
        probe.note("1");
        yield "a";
        probe.note("2");
        yield "b";
        probe.note("3");
      },
    body: "ab",
    notes: ["1", "2", "3"],
  },
  {
    title: "a client of HTTP/1.0 gets the same body",
    app: answers(() => ["a", "b"]),
    request: { version: "1.0" },
    body: "ab",
  },
  {
    title: "a client of HTTP/1.0 gets the length of a body in one chunk",
    app: answers(() => ["abc"]),
    request: { version: "1.0" },
    body: "abc",
    length: 3,
  },
];
