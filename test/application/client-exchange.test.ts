// One call of an application by the test client: what comes out, that close is called once on every path, and which breaches are found.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ContractBreach } from "../../src/application/client-contract.ts";
import { Exchange, type ExchangeResult } from "../../src/application/client-exchange.ts";
import { ClientFile, ClientGone } from "../../src/application/client-streams.ts";
import type { Application, Body, Environ, HeaderList, StartResponse } from "../../src/gateway/types.ts";

interface Given {
  readonly method?: string;
  readonly leaveAfter?: number;
  readonly abort?: AbortController;
}

function run(application: Application, given: Given = {}): Promise<ExchangeResult> {
  const { method = "GET", leaveAfter = Number.POSITIVE_INFINITY, abort = new AbortController() } = given;
  const exchange = new Exchange({ method, leaveAfter, abort });
  const environ = {
    REQUEST_METHOD: method,
    "tsgi.signal": abort.signal,
    "tsgi.trailers": exchange.addTrailers,
    "tsgi.early_hints": exchange.earlyHints,
  } as unknown as Environ;
  return exchange.run(application, environ);
}

/** A body that counts its ends. */
function counted(chunks: readonly string[], ends: string[]): Body {
  return {
    *[Symbol.iterator]() {
      try {
        yield* chunks;
      } finally {
        ends.push("return");
      }
    },
    close: () => ends.push("close"),
  };
}

const ok = (start: StartResponse): unknown => start("200 OK", []);

const says =
  (status: string, headers: HeaderList, body: unknown): Application =>
  (_environ, start) => {
    start(status, headers);
    return body as Body;
  };

test("every shape of a body comes out as its chunks, empty ones left out", async () => {
  const bodies: readonly (readonly [() => Body | Promise<Body>, readonly string[]])[] = [
    [() => "text", ["text"]],
    [() => Buffer.from("bytes"), ["bytes"]],
    [() => ["a", "", Buffer.from("b")], ["a", "b"]],
    [() => [], []],
    [() => new Set(["a", "b"]), ["a", "b"]],
    [async () => ["a"], ["a"]],
    [
      async function* () {
        yield "a";
        yield "b";
      },
      ["a", "b"],
    ],
    [() => new Blob(["web"]).stream() as unknown as Body, ["web"]],
  ];
  for (const [body, chunks] of bodies) {
    const result = await run((_environ, start) => {
      ok(start);
      return body();
    });
    assert.deepEqual(result.chunks.map(String), chunks);
  }
});

test("status, reason, headers, hints, trailers and what was written are there", async () => {
  const result = await run(async (environ, start) => {
    environ["tsgi.early_hints"]([["Link", "</a.css>"]]);
    environ["tsgi.trailers"]([
      ["X-A", "1"],
      ["X-B", () => "2"],
    ]);
    const write = start("404 Not There", [
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ]);
    await write("written");
    environ["tsgi.early_hints"]([["Link", "too late"]]);
    return ["returned"];
  });
  assert.deepEqual([result.status, result.reason], [404, "Not There"]);
  assert.equal(result.headers.length, 2);
  assert.deepEqual(result.chunks.map(String), ["written", "returned"]);
  assert.deepEqual(result.earlyHints, [[["Link", "</a.css>"]]]);
  assert.deepEqual(result.trailers, [
    ["X-A", "1"],
    ["X-B", "2"],
  ]);
});

test("close and return are called once at the end, after an error, for HEAD, and when the client leaves", async () => {
  const rows: readonly (readonly [Given, readonly string[], readonly string[]])[] = [
    [{}, ["a", "b"], ["return", "close"]],
    [{ leaveAfter: 1 }, ["a", "b"], ["return", "close"]],
    // One chunk that is not empty, as a server asks for before it sends a head.
    [{ method: "HEAD" }, ["", "a", "b"], ["return", "close"]],
  ];
  for (const [given, chunks, expected] of rows) {
    const ends: string[] = [];
    await run((_environ, start) => {
      ok(start);
      return counted(chunks, ends);
    }, given);
    assert.deepEqual(ends, expected, JSON.stringify(given));
  }
  const ends: string[] = [];
  const failing: Body = {
    *[Symbol.iterator](): Generator<string> {
      yield "a";
      throw new Error("half way");
    },
    close: () => ends.push("close"),
  };
  await assert.rejects(
    run((_environ, start) => {
      ok(start);
      return failing;
    }),
    /half way/,
  );
  assert.deepEqual(ends, ["close"]);
});

test("an error of close is the test's, unless there was one before it", async () => {
  const body = (chunk: unknown): Body =>
    ({ [Symbol.iterator]: () => [chunk][Symbol.iterator](), close: () => Promise.reject(new Error("close")) }) as Body;
  const asked = (chunk: unknown): Promise<ExchangeResult> =>
    run((_environ, start) => {
      ok(start);
      return body(chunk);
    });
  await assert.rejects(asked("a"), /^Error: close$/);
  await assert.rejects(asked(1), ContractBreach);
});

test("a client that leaves rejects at once, aborts the signal, and what hangs is closed", async () => {
  const abort = new AbortController();
  const ends: string[] = [];
  const asking = run(
    (_environ, start) => {
      ok(start);
      const next = (): Promise<IteratorResult<string>> => {
        setImmediate(() => abort.abort());
        return new Promise(() => {});
      };
      return { [Symbol.asyncIterator]: () => ({ next }), close: () => ends.push("close") } as unknown as Body;
    },
    { abort },
  );
  await assert.rejects(asking, ClientGone);
  assert.deepEqual(ends, ["close"]);
});

test("what an application gives after its client left is closed", async () => {
  const abort = new AbortController();
  const ends: string[] = [];
  let answer = (_body: Body): void => {};
  const late = new Promise<Body>((resolve) => {
    answer = resolve;
  });
  const asking = run(() => late, { abort });
  abort.abort();
  await assert.rejects(asking, ClientGone);
  answer(counted([], ends));
  await new Promise(setImmediate);
  assert.deepEqual(ends, ["close"]);
});

test("HEAD has no body, and its Content-Length is what the application said", async () => {
  const result = await run(
    (_environ, start) => {
      start("200 OK", [["Content-Length", "5"]]);
      return ["hello"];
    },
    { method: "HEAD" },
  );
  assert.deepEqual(result.chunks, []);
});

test("what fails before its first chunk is an error under HEAD too; a file is not read for it", async () => {
  const head = { method: "HEAD" };
  const failing = run((_environ, start) => {
    ok(start);
    return (function* (): Generator<string> {
      yield "";
      throw new Error("no first chunk");
    })();
  }, head);
  await assert.rejects(failing, /no first chunk/);
  let closed = 0;
  await run((_environ, start) => {
    ok(start);
    return new ClientFile({ read: () => assert.fail("read"), close: () => (closed += 1) } as never);
  }, head);
  assert.equal(closed, 1);
});

test("an error handler may start the response again as long as nothing is out; then its error goes on", async () => {
  const replaced = await run((_environ, start) => {
    ok(start);
    start("500 Oops", [], new Error("x"));
    return ["sorry"];
  });
  assert.equal(replaced.status, 500);
  await assert.rejects(
    run(async (_environ, start) => {
      const write = start("200 OK", []);
      await write("out");
      start("500 Oops", [], new Error("the first one"));
      return [];
    }),
    /the first one/,
  );
});

test("each breach of the contract is found", async () => {
  const rows: readonly (readonly [Application, RegExp])[] = [
    [() => ["a"], /did not call startResponse before its first chunk/],
    [() => [], /did not call startResponse$/],
    [
      (_e, start) => {
        ok(start);
        ok(start);
        return [];
      },
      /called twice/,
    ],
    [says("200 OK", [], undefined as unknown as Body), /returned undefined/],
    [says("200 OK", [], [1] as unknown as Body), /chunk of the body is a number/],
    [says("200 OK", [["Content-Length", "3"]], "four"), /Content-Length is 3, but the body has 4 bytes/],
    [says("200 OK", [["Content-Length", "5"]], "four"), /but the body has 4 bytes/],
    [
      (_e, start) => {
        try {
          start("200", []);
        } catch (error) {
          start("500 Oops", [], error);
        }
        return [];
      },
      /status "200"/,
    ],
    [
      (environ, start) => {
        environ["tsgi.early_hints"]([["Link", "a\nb"]]);
        ok(start);
        return [];
      },
      /tsgi\.early_hints: header Link/,
    ],
    [
      (environ, start) => {
        environ["tsgi.trailers"]([["X A", "1"]]);
        ok(start);
        return [];
      },
      /tsgi\.trailers: header name "X A"/,
    ],
    [says("304 Not Modified", [], "x"), /304 Not Modified has no body/],
    [says("204 No Content", [], ["x"]), /204 No Content has no body/],
  ];
  for (const [application, message] of rows) {
    await assert.rejects(run(application), (error) => error instanceof ContractBreach && message.test(error.message));
  }
});
