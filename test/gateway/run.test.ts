import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestError } from "../../src/gateway/exchange.ts";
import { Forwarders } from "../../src/gateway/forwarders.ts";
import type { Application, Body, Chunk, Environ, StartResponse } from "../../src/gateway/types.ts";
import { deferred } from "../support/deferred.ts";
import { drive, start } from "../support/exchange.ts";

const OK = [["Content-Type", "text/plain"]] as const;

/** An application that answers 200 with this body. */
const answers =
  (body: () => unknown, headers: readonly (readonly [string, string])[] = OK): Application =>
  (_environ, startResponse) => {
    startResponse("200 OK", headers);
    return body() as Body;
  };

/** A body that counts how often it was closed. */
function closable(chunks: () => Iterable<unknown> | AsyncIterable<unknown>) {
  const body = {
    closed: 0,
    close() {
      body.closed += 1;
    },
    [Symbol.asyncIterator]: async function* () {
      yield* chunks() as AsyncIterable<Chunk>;
    },
  };
  return body;
}

test("a sync application with one chunk is answered in one event, with its length, before anything is awaited", () => {
  const { outcome } = start(answers(() => ["Hello, world!"]));
  assert.equal(outcome.end, "whole");
  assert.equal(outcome.events.length, 1);
  assert.deepEqual([outcome.status, outcome.body, outcome.length], [200, "Hello, world!", 13]);
});

const bodies: [name: string, body: () => unknown, text: string, length: number | undefined][] = [
  ["a bare string", () => "abc", "abc", 3],
  ["bare bytes", () => new Uint8Array([97, 98]), "ab", 2],
  ["a string beyond ASCII, counted in UTF-8 bytes", () => ["é€"], "\xc3\xa9\xe2\x82\xac", 5],
  ["an empty list", () => [], "", 0],
  ["a list of one empty chunk", () => [""], "", 0],
  ["a list of many", () => ["a", "b", Buffer.from("c")], "abc", undefined],
  ["a set", () => new Set(["a", "b"]), "ab", undefined],
  [
    "a generator",
    function* () {
      yield "a";
      yield "";
      yield "b";
    },
    "ab",
    undefined,
  ],
  [
    "an async generator",
    async function* () {
      yield "a";
      yield "b";
    },
    "ab",
    undefined,
  ],
  ["a promise of a list", async () => ["abc"], "abc", 3],
  [
    "a promise of an async generator",
    async () =>
      (async function* () {
        yield "x";
      })(),
    "x",
    undefined,
  ],
  ["a web stream", () => new Blob(["web"]).stream(), "web", undefined],
  ["an iterator that gives nothing", () => new Set(), "", 0],
];
for (const [name, body, text, length] of bodies) {
  test(`an application may return ${name}`, async () => {
    const outcome = await drive(answers(body));
    assert.deepEqual([outcome.end, outcome.body, outcome.length, outcome.troubles.length], ["whole", text, length, 0]);
  });
}

test("a generator application may call startResponse as late as its first chunk", async () => {
  const outcome = await drive(function* (_environ: Environ, startResponse: StartResponse) {
    yield "";
    startResponse("201 Created", []);
    yield "made";
  });
  assert.deepEqual([outcome.status, outcome.body], [201, "made"]);
});

test("no head goes out before the first chunk that is not empty", async () => {
  const { promise, resolve } = deferred<void>();
  const driven = start(
    answers(async function* () {
      yield "";
      await promise;
      yield "now";
    }),
  );
  await new Promise(setImmediate);
  assert.equal(driven.outcome.events.length, 0);
  resolve();
  assert.equal((await driven.done).body, "now");
});

test("the next chunk is asked for only after the one before was handed over", async () => {
  const asked: string[] = [];
  const driven = start(
    answers(function* () {
      asked.push("first");
      yield "1";
      asked.push("second");
      yield "2";
    }),
  );
  await driven.done;
  assert.deepEqual(
    driven.outcome.events.map((e) => e.type),
    ["response", "data", "end"],
  );
  assert.deepEqual(asked, ["first", "second"]);
});

const misbehaving: [name: string, application: unknown, log: RegExp][] = [
  ["returns nothing", answers(() => undefined), /returned undefined \(is a return missing\?\)/],
  ["returns null", answers(() => null), /returned null/],
  ["returns a number", answers(() => 5), /returned 5/],
  ["returns a plain object", answers(() => ({ a: 1 })), /returned an object/],
  ["promises nothing", answers(async () => undefined), /returned undefined/],
  ["yields a number", answers(() => [5, 6]), /gave 5 as a chunk/],
  ["has a number as its only chunk", answers(() => [5]), /gave 5 as a chunk/],
  ["never calls startResponse", () => ["x"], /did not call startResponse/],
  ["never calls startResponse and gives nothing", () => [], /did not call startResponse/],
  [
    "throws",
    () => {
      throw new Error("boom");
    },
    /boom/,
  ],
  ["rejects", async () => Promise.reject(new Error("late boom")), /late boom/],
  [
    "throws in its generator before a chunk",
    answers(() => ({
      *[Symbol.iterator]() {
        yield "";
        throw new Error("in the generator");
      },
    })),
    /in the generator/,
  ],
  [
    "says more bytes than it gives in one chunk",
    answers(() => ["abc"], [["Content-Length", "5"]]),
    /said Content-Length 5 and gave 3/,
  ],
  [
    "says fewer bytes than it gives in one chunk",
    answers(() => ["abc"], [["Content-Length", "1"]]),
    /said Content-Length 1 and gave 3/,
  ],
  [
    "says bytes and gives none",
    answers(() => new Set(), [["Content-Length", "1"]]),
    /said Content-Length 1 and gave 0/,
  ],
  [
    "calls startResponse twice without an error",
    (_e: Environ, startResponse: StartResponse) => {
      startResponse("200 OK", []);
      startResponse("200 OK", []);
      return [];
    },
    /called twice/,
  ],
  [
    "sends a header that splits the response",
    answers(() => ["x"], [["X-Bad", "a\r\nSet-Cookie: x"]]),
    /header X-Bad has U\+000D at position 1/,
  ],
];
for (const [name, application, log] of misbehaving) {
  test(`an application that ${name} is answered 500 with the request id, and the log says why`, async () => {
    const outcome = await drive(application as Application);
    assert.equal(outcome.status, 500);
    assert.match(outcome.body, /request id-1/);
    assert.doesNotMatch(outcome.body, /boom|generator|Content-Length/);
    assert.equal(outcome.troubles.length, 1);
    assert.match(String((outcome.troubles[0]!.error as Error).message), log);
    assert.equal(outcome.troubles[0]!.answer, 500);
  });
}

test("an error after the head went out cuts the response, so that the client can see it", async () => {
  const outcome = await drive(
    answers(function* () {
      yield "part";
      throw new Error("too late");
    }),
  );
  assert.deepEqual(
    [outcome.end, outcome.status, outcome.body, outcome.troubles[0]!.answer],
    ["cut", 200, "part", "cut"],
  );
});

test("a body longer than its Content-Length is sent up to it, logged, and cut", async () => {
  const outcome = await drive(answers(() => ["abc", "defg"], [["Content-Length", "5"]]));
  assert.deepEqual([outcome.end, outcome.body], ["cut", "abcde"]);
  assert.match(String(outcome.troubles[0]!.error), /said Content-Length 5 and gave at least 7/);
});

test("a body shorter than its Content-Length is logged and cut", async () => {
  const outcome = await drive(answers(() => ["a", "b"], [["Content-Length", "5"]]));
  assert.deepEqual([outcome.end, outcome.body], ["cut", "ab"]);
  assert.match(String(outcome.troubles[0]!.error), /said Content-Length 5 and gave 2/);
});

test("startResponse with an error replaces headers that did not go out", async () => {
  const outcome = await drive((_environ, startResponse) => {
    startResponse("200 OK", [["X-First", "1"]]);
    startResponse("503 Busy", [["X-Second", "2"]], new Error("why"));
    return ["sorry"];
  });
  assert.deepEqual([outcome.status, outcome.fields, outcome.body], [503, ["X-Second", "2"], "sorry"]);
});

test("startResponse with an error throws that very error when the head went out", async () => {
  const why = new Error("why");
  let thrown: unknown;
  await drive((_environ, startResponse) =>
    (function* () {
      startResponse("200 OK", []);
      yield "x";
      try {
        startResponse("500 Oops", [], why);
      } catch (error) {
        thrown = error;
      }
    })(),
  );
  assert.equal(thrown, why);
});

test("a startResponse that threw counts as called: a handler must give the error", async () => {
  const outcome = await drive((_environ, startResponse) => {
    try {
      startResponse("nonsense", []);
    } catch (error) {
      startResponse("500 Oops", [], error);
    }
    return ["handled"];
  });
  assert.deepEqual([outcome.status, outcome.body], [500, "handled"]);
});

test("write() goes ahead of what is returned, in order, and each promise is kept once its chunk is handed over", async () => {
  const order: string[] = [];
  const outcome = await drive(async (_environ, startResponse) => {
    const write = startResponse("200 OK", []);
    await write("1");
    order.push("after 1");
    await write("2");
    order.push("after 2");
    return ["3"];
  });
  assert.deepEqual([outcome.body, outcome.length, order], ["123", undefined, ["after 1", "after 2"]]);
});

test("write() of an empty chunk sends nothing and is kept at once", async () => {
  const outcome = await drive(async (_environ, startResponse) => {
    const write = startResponse("200 OK", []);
    await write("");
    await write(new Uint8Array());
    await write("a");
    await write("");
    return ["b"];
  });
  assert.deepEqual([outcome.end, outcome.body], ["whole", "ab"]);
});

test("write() in a sync application precedes the chunk it returns", async () => {
  const outcome = await drive((_environ, startResponse) => {
    const write = startResponse("200 OK", []);
    write("a");
    write("b");
    return ["c"];
  });
  assert.equal(outcome.body, "abc");
});

test("write() with something that is no chunk throws in the application", async () => {
  let message = "";
  await drive((_environ, startResponse) => {
    const write = startResponse("200 OK", []);
    try {
      write(5 as unknown as string);
    } catch (error) {
      message = (error as Error).message;
    }
    return [];
  });
  assert.match(message, /gave 5 as a chunk/);
});

test("write() after the response is over rejects", async () => {
  let write: ((chunk: string) => Promise<void>) | undefined;
  await drive((_environ, startResponse) => {
    write = startResponse("200 OK", []);
    return ["x"];
  });
  await assert.rejects(write!("y"), /after the response was over/);
});

for (const [name, status, method, troubles] of [
  ["HEAD", "200 OK", "HEAD", []],
  ["204", "204 No Content", "GET", [/gave a body with status 204, which has none/]],
  ["205", "205 Reset Content", "GET", [/gave a body with status 205/]],
  ["304", "304 Not Modified", "GET", [/gave a body with status 304/]],
  ["HEAD for a 204", "204 No Content", "HEAD", []],
] as const) {
  test(`a response to ${name} has no body, ends at once, its iterable is closed, and a dropped body is logged`, async () => {
    const body = closable(() => ["x".repeat(5)]);
    const outcome = await drive(
      (_environ, startResponse) => {
        startResponse(status, []);
        return body as unknown as Body;
      },
      { method },
    );
    assert.deepEqual(
      [outcome.end, outcome.status, outcome.body, body.closed],
      ["whole", Number(status.slice(0, 3)), "", 1],
    );
    assert.equal(outcome.troubles.length, troubles.length);
    for (const [i, { error, answer }] of outcome.troubles.entries()) {
      assert.match(String(error), troubles[i]!);
      assert.equal(answer, "none");
    }
  });
}

test("HEAD keeps the Content-Length that the application said, and gets the one of a single chunk", async () => {
  assert.equal(
    (
      await drive(
        answers(() => [], [["Content-Length", "42"]]),
        { method: "HEAD" },
      )
    ).length,
    42,
  );
  assert.equal(
    (
      await drive(
        answers(() => ["abc"]),
        { method: "HEAD" },
      )
    ).length,
    3,
  );
});

test("HEAD and 304 have no length where the application showed none, and an empty body shows none", async () => {
  assert.equal(
    (
      await drive(
        answers(() => []),
        { method: "HEAD" },
      )
    ).length,
    undefined,
  );
  assert.equal(
    (
      await drive(
        answers(() => new Set()),
        { method: "HEAD" },
      )
    ).length,
    undefined,
  );
  const notModified = (headers: [string, string][]) => (_environ: Environ, startResponse: StartResponse) => {
    startResponse("304 Not Modified", headers);
    return [];
  };
  assert.equal((await drive(notModified([]))).length, undefined);
  assert.equal((await drive(notModified([["Content-Length", "42"]]))).length, 42);
});

test("write() beyond the Content-Length rejects, with the first byte too many and after", async () => {
  const seen: unknown[] = [];
  const outcome = await drive(async (_environ, startResponse) => {
    const write = startResponse("200 OK", [["Content-Length", "3"]]);
    await write("ab");
    for (const chunk of ["cd", "e"]) await write(chunk).catch((error: unknown) => seen.push(String(error)));
    return [];
  });
  assert.deepEqual([outcome.end, outcome.body], ["cut", "abc"]);
  await new Promise(setImmediate);
  assert.equal(seen.length, 2);
  assert.match(seen.join("|"), /^ContractError: .*gave at least 4 bytes\|ContractError: .*gave at least 4 bytes$/);
});

test("a file longer than the Content-Length is sent up to it, and that is no mistake", async () => {
  let closed = 0;
  const file = {
    read: () => "0123456789",
    close() {
      closed += 1;
    },
  };
  const outcome = await drive((environ, startResponse) => {
    startResponse("200 OK", [["Content-Length", "15"]]);
    return environ["tsgi.file_wrapper"](file);
  });
  assert.deepEqual([outcome.end, outcome.body, outcome.troubles.length], ["whole", "012345678901234", 0]);
  assert.equal(closed, 1);
});

test("a file shorter than the Content-Length is logged and cut", async () => {
  const parts = ["012", ""];
  const outcome = await drive((environ, startResponse) => {
    startResponse("200 OK", [["Content-Length", "15"]]);
    return environ["tsgi.file_wrapper"]({ read: () => parts.shift()! });
  });
  assert.deepEqual([outcome.end, outcome.body], ["cut", "012"]);
  assert.match(String(outcome.troubles[0]!.error), /said Content-Length 15 and gave 3/);
});

test("what was written counts against the Content-Length of a file that follows", async () => {
  const outcome = await drive((environ, startResponse) => {
    const write = startResponse("200 OK", [["Content-Length", "5"]]);
    write("abc");
    return environ["tsgi.file_wrapper"]({ read: () => "0123456789" });
  });
  assert.deepEqual([outcome.end, outcome.body], ["whole", "abc01"]);
});

test("a file under HEAD, 204 and 304 is closed and never read", async () => {
  for (const [method, status, length] of [
    ["HEAD", "200 OK", 10],
    ["GET", "204 No Content", undefined],
    ["GET", "304 Not Modified", 10],
  ] as const) {
    const calls: string[] = [];
    const file = {
      read() {
        calls.push("read");
        return "";
      },
      close: () => void calls.push("close"),
    };
    const outcome = await drive(
      (environ, startResponse) => {
        startResponse(status, length === undefined ? [] : [["Content-Length", String(length)]]);
        return environ["tsgi.file_wrapper"](file);
      },
      { method },
    );
    assert.deepEqual([outcome.end, outcome.body, outcome.length, calls], ["whole", "", length, ["close"]]);
  }
});

test("a file that fails in the middle cuts the response and is closed", async () => {
  const calls: string[] = [];
  const outcome = await drive((environ, startResponse) => {
    startResponse("200 OK", []);
    return environ["tsgi.file_wrapper"]({
      read: () => (calls.push("read") > 1 ? Promise.reject(new Error("EIO")) : "first"),
      close: () => void calls.push("close"),
    });
  });
  assert.deepEqual([outcome.end, outcome.body, calls], ["cut", "first", ["read", "read", "close"]]);
  assert.match(String(outcome.troubles[0]!.error), /EIO/);
});

test("a bad early hint throws in the application, at its line, and names what was called", async () => {
  let thrown: unknown;
  await drive((environ, startResponse) => {
    try {
      environ["tsgi.early_hints"]([["Link", "a\r\nX: y"]]);
    } catch (error) {
      thrown = error;
    }
    startResponse("200 OK", []);
    return [];
  });
  assert.match(String(thrown), /^TypeError: tsgi\.early_hints: header Link has U\+000D/);
});

test("write() under HEAD is kept without sending anything", async () => {
  const outcome = await drive(
    async (_environ, startResponse) => {
      const write = startResponse("200 OK", []);
      await write("a");
      await write("b");
      return [];
    },
    { method: "HEAD" },
  );
  assert.deepEqual([outcome.body, outcome.troubles.length], ["", 0]);
});

const closings: [name: string, chunks: () => Iterable<unknown>, headers?: [string, string][]][] = [
  ["its end", () => ["a", "b"]],
  [
    "an error in the middle",
    function* () {
      yield "a";
      throw new Error("x");
    },
  ],
  ["a chunk that is none", () => ["a", 5]],
  ["too many bytes", () => ["aaa", "b"], [["Content-Length", "3"]]],
  ["too few bytes", () => ["a"], [["Content-Length", "3"]]],
];
for (const [name, chunks, headers] of closings) {
  test(`close() is called exactly once after ${name}`, async () => {
    const body = closable(chunks);
    await drive(answers(() => body, headers));
    assert.equal(body.closed, 1);
  });
}

test("close() is called exactly once when startResponse was never called", async () => {
  const body = closable(() => ["a"]);
  await drive(() => body as unknown as Body);
  assert.equal(body.closed, 1);
});

test("a client that leaves aborts the signal with the reason, closes the body once, and rejects what is being written", async () => {
  const gone = new RequestError(499, "gone");
  let signal: AbortSignal | undefined;
  const body = closable(async function* () {
    yield "first";
    await new Promise(() => {});
  });
  const driven = start((environ, startResponse) => {
    signal = environ["tsgi.signal"];
    startResponse("200 OK", []);
    return body as unknown as Body;
  });
  await new Promise(setImmediate);
  driven.outcome.exchange.abort(gone);
  driven.outcome.exchange.abort(new Error("again"));
  assert.deepEqual([signal!.aborted, signal!.reason, body.closed], [true, gone, 1]);
});

test("a client that leaves while the application thinks: what it returns at last is closed, and nothing is reported", async () => {
  const body = closable(() => ["a"]);
  const { promise, resolve } = deferred<Body>();
  const driven = start(() => promise);
  driven.outcome.exchange.abort(new RequestError(499, "gone"));
  resolve(body as unknown as Body);
  await new Promise(setImmediate);
  assert.deepEqual([body.closed, driven.outcome.troubles.length], [1, 0]);
});

test("an application that ends with the signal's reason after its client left is no trouble; another error is", async () => {
  const gone = new RequestError(499, "gone");
  for (const [error, count] of [
    [gone, 0],
    [new DOMException("stop", "AbortError"), 0],
    [new Error("own"), 1],
  ] as const) {
    const { promise, reject } = deferred<Body>();
    const driven = start(() => promise);
    driven.outcome.exchange.abort(gone);
    reject(error);
    await new Promise(setImmediate);
    assert.equal(driven.outcome.troubles.length, count);
  }
});

test("the signal of a request whose client already left is aborted when it is first touched", async () => {
  let environ: Environ | undefined;
  const driven = start((e) => {
    environ = e;
    return new Promise<Body>(() => {});
  });
  driven.outcome.exchange.abort(new RequestError(499, "gone"));
  assert.equal(environ!["tsgi.signal"].aborted, true);
});

test("the signal is aborted when the body is closed for a client that left, and not when the body has ended", async () => {
  for (const leaves of [true, false]) {
    let aborted: boolean | undefined;
    const driven = start((environ, startResponse) => {
      const signal = environ["tsgi.signal"];
      startResponse("200 OK", []);
      const chunks = (async function* () {
        yield "a";
        if (leaves) await new Promise(() => {});
      })();
      return Object.assign(chunks, {
        close: () => {
          aborted = signal.aborted;
        },
      });
    });
    await new Promise(setImmediate);
    if (leaves) driven.outcome.exchange.abort(new RequestError(499, "gone"));
    else await driven.done;
    assert.equal(aborted, leaves);
  }
});

test("an error in close() is reported and changes nothing for the client", async () => {
  const outcome = await drive(
    answers(() => ({
      *[Symbol.iterator]() {
        yield "a";
      },
      close() {
        throw new Error("in close");
      },
    })),
  );
  assert.deepEqual([outcome.end, outcome.body, outcome.troubles[0]!.answer], ["whole", "a", "none"]);
});

test("a body that the client did not finish gives the client's status, and no trouble of the application", async () => {
  const outcome = await drive(
    async (environ, startResponse) => {
      await environ["tsgi.input"].read();
      startResponse("200 OK", []);
      return ["never"];
    },
    { method: "POST", body: ["par", new RequestError(408, "too slow")] },
  );
  assert.deepEqual([outcome.status, outcome.troubles.length], [408, 0]);
});

test("early hints go out at once and only before the head", async () => {
  const outcome = await drive(async (environ, startResponse) => {
    environ["tsgi.early_hints"]([["Link", "</a.css>; rel=preload"]]);
    await null;
    const write = startResponse("200 OK", []);
    await write("x");
    environ["tsgi.early_hints"]([["Link", "</late.css>; rel=preload"]]);
    return [];
  });
  assert.deepEqual(
    outcome.events.map((e) => e.type),
    ["information", "response", "end"],
  );
});

test("early hints are not sent to HTTP/1.0 clients", async () => {
  const outcome = await drive(
    (environ, startResponse) => {
      environ["tsgi.early_hints"]([["Link", "</a.css>"]]);
      startResponse("200 OK", []);
      return ["x"];
    },
    { version: "1.0" },
  );
  assert.deepEqual(
    outcome.events.map((e) => e.type),
    ["response"],
  );
});

test("what a generator writes while it runs goes out before the chunk it yields", async () => {
  const outcome = await drive((_environ, startResponse) =>
    (function* () {
      const write = startResponse("200 OK", []);
      write("1");
      yield "2";
      write("3");
    })(),
  );
  assert.deepEqual([outcome.body, outcome.end], ["123", "whole"]);
});

test("lines written to tsgi.errors go out with the request, the last one without its line end too", async () => {
  const outcome = await drive((environ, startResponse) => {
    environ["tsgi.errors"].write("one\ntw");
    environ["tsgi.errors"].writelines(["o\n", "three"]);
    startResponse("200 OK", []);
    return [];
  });
  assert.deepEqual(outcome.errorLines, ["one", "two", "three"]);
});

test("what close() writes to tsgi.errors is not lost, even without a line end", async () => {
  const outcome = await drive((environ, startResponse) => {
    startResponse("200 OK", []);
    return {
      *[Symbol.iterator]() {
        yield "x";
      },
      close: () => environ["tsgi.errors"].write("closing"),
    };
  });
  assert.deepEqual(outcome.errorLines, ["closing"]);
});

test("a request that a trusted proxy contradicts itself about reaches no application, and is a fault, not a trouble", () => {
  const forwarders = new Forwarders({ allow: ["192.0.2.7"], header: "x-forwarded", underscores: "drop", fields: [] });
  const application: Application = () => assert.fail("called");
  const fields = ["host", "h", "x-forwarded-proto", "http", "x-forwarded-proto", "https"];
  const { outcome } = start(application, { fields, body: ["unread"] }, forwarders);
  const [event] = outcome.events;
  assert.deepEqual([outcome.status, outcome.end, outcome.events.length], [400, "whole", 1]);
  assert.ok(event?.type === "response" && event.close);
  assert.deepEqual([outcome.refused, outcome.troubles], [["edge.forwarded-conflict"], []]);
  assert.equal(outcome.exchange.lookup("REMOTE_ADDR"), undefined);
  outcome.exchange.abort(new Error("the client left"));
  assert.deepEqual(outcome.troubles, []);
});
