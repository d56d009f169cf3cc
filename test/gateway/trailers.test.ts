import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTrailers, NO_TRAILERS, trailerFields, trailerNames } from "../../src/gateway/trailers.ts";
import type { Application, TrailerList } from "../../src/gateway/types.ts";
import { drive, start } from "../support/exchange.ts";

test("trailers are copied, in order, and functions are asked when the fields are wanted", () => {
  let sum = "not yet";
  const given: [string, string | (() => string)][] = [
    ["X-One", "1"],
    ["X-Sum", () => sum],
  ];
  const checked = checkTrailers(given);
  given[0]![1] = "changed";
  sum = "abc";
  assert.deepEqual(trailerNames(checked), ["X-One", "X-Sum"]);
  assert.deepEqual(trailerFields(checked), ["X-One", "1", "X-Sum", "abc"]);
  assert.deepEqual(trailerFields(NO_TRAILERS), []);
});

const refused: [trailers: unknown, message: RegExp][] = [
  [undefined, /tsgi\.trailers: undefined: expected an array/],
  [{ "X-A": "1" }, /expected an array of \[name, value\] pairs/],
  [["X-A"], /trailer 0 is "X-A": expected a \[name, value\] pair/],
  [[["X-A"]], /trailer 0 is an array of 1/],
  [[["X A", "1"]], /"X A" may not be a trailer/],
  [[[5, "1"]], /5 may not be a trailer/],
  [[["Content-Length", "1"]], /"Content-Length" may not be a trailer/],
  [[["Set-Cookie", "a=b"]], /"Set-Cookie" may not be a trailer/],
  [[["Transfer-Encoding", "gzip"]], /may not be a trailer/],
  [[["Trailers", "x"]], /may not be a trailer/],
  [[["X-A", "a\r\nb"]], /trailer X-A is "a\\r\\nb": expected a string of latin-1/],
  [[["X-A", "\u010a"]], /trailer X-A is/],
  [[["X-A", 5]], /trailer X-A is 5/],
];
for (const [trailers, message] of refused) {
  test(`trailers are refused in the call: ${message.source}`, () => {
    assert.throws(() => checkTrailers(trailers), { name: "TypeError", message });
  });
}

test("a function's value is judged when it is there", () => {
  const trailers = checkTrailers([["X-A", () => "a\nb"]]);
  assert.throws(() => trailerFields(trailers), /trailer X-A is "a\\nb"/);
});

/** Streams two chunks and says these trailers at once. */
const streams =
  (trailers: TrailerList, headers: [string, string][] = []): Application =>
  (environ, startResponse) => {
    environ["tsgi.trailers"](trailers);
    startResponse("200 OK", headers);
    return ["a", "b"];
  };

test("trailers go out with the end, those said before the head are announced, later ones come too", async () => {
  const seen: string[] = [];
  const outcome = await drive(async function* (environ, startResponse) {
    environ["tsgi.trailers"]([["X-Count", () => String(seen.length)]]);
    startResponse("200 OK", []);
    for (const chunk of ["a", "b"]) {
      seen.push(chunk);
      yield chunk;
    }
    environ["tsgi.trailers"]([["X-Late", "yes"]]);
  });
  assert.deepEqual(
    outcome.events.map((event) => (event.type === "response" ? event.announces : event.type)),
    [["X-Count"], "data", "end"],
  );
  assert.deepEqual(outcome.events.at(-1), { type: "end", trailers: ["X-Count", "2", "X-Late", "yes"] });
});

for (const [name, body] of [
  ["one chunk", "whole"],
  ["no chunk", ""],
] as const) {
  test(`a body of ${name} gets no length when trailers are to come`, async () => {
    const outcome = await drive((environ, startResponse) => {
      environ["tsgi.trailers"]([["X-A", "1"]]);
      startResponse("200 OK", []);
      return [body];
    });
    assert.deepEqual([outcome.length, outcome.body, outcome.end], [undefined, body, "whole"]);
    assert.deepEqual(outcome.events.at(-1), { type: "end", trailers: ["X-A", "1"] });
  });
}

test("HEAD, and a response without a body, have no trailers", async () => {
  for (const [method, status] of [
    ["HEAD", "200 OK"],
    ["GET", "204 No Content"],
  ] as const) {
    const outcome = await drive(
      (environ, startResponse) => {
        environ["tsgi.trailers"]([["X-A", "1"]]);
        startResponse(status, []);
        return [];
      },
      { method },
    );
    assert.deepEqual(
      outcome.events.map((event) => event.type),
      ["response"],
    );
  }
});

test("a bad trailer throws in the application, which is then answered 500", async () => {
  const outcome = await drive(streams([["Content-Length", "5"]]));
  assert.deepEqual([outcome.status, outcome.troubles.length], [500, 1]);
});

test("a trailer whose function throws cuts the response: the body may be whole, the promise of its trailers is not kept", async () => {
  const outcome = await drive(
    streams([
      [
        "X-A",
        () => {
          throw new Error("no sum");
        },
      ],
    ]),
  );
  assert.deepEqual([outcome.end, outcome.body, outcome.troubles[0]!.answer], ["cut", "ab", "cut"]);
});

test("trailers said after the body was over do nothing", async () => {
  const driven = start((environ, startResponse) => {
    const body = streams([["X-A", "1"]])(environ, startResponse);
    setImmediate(() => environ["tsgi.trailers"]([["X-B", "2"]]));
    return body;
  });
  await driven.done;
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.deepEqual(driven.outcome.events.at(-1), { type: "end", trailers: ["X-A", "1"] });
});
