import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorStream } from "../../src/gateway/errors.ts";
import { ServerHandler, type ServerHandlerClass } from "../../src/gateway/handlers.ts";
import type { Trouble } from "../../src/gateway/host.ts";
import { InputStream } from "../../src/gateway/input.ts";
import type { Application, Environ } from "../../src/gateway/types.ts";
import { type PartialEnviron, setupTestingDefaults } from "../../src/gateway/util.ts";
import type { SendEvent } from "../../src/protocol/events.ts";

async function run(application: Application, handlerClass: ServerHandlerClass = ServerHandler) {
  const environ: PartialEnviron = { SERVER_PROTOCOL: "HTTP/1.1", "tsgi.peer_addr": "10.0.0.1", HTTP_X: "y" };
  setupTestingDefaults(environ);
  const events: SendEvent[] = [];
  const troubles: Trouble[] = [];
  const handler = new handlerClass({
    ...{ requestId: "id-1", environ: environ satisfies Environ },
    input: new InputStream({ read: () => null }),
    errors: new ErrorStream(() => {}, "id-1"),
    put: (event) => void events.push(event),
    handedOver() {},
    report: (trouble) => void troubles.push(trouble),
  });
  await handler.run(application);
  return { handler, events, troubles };
}

test("a response is the events of an exchange, its length apart from its fields", async () => {
  const { events } = await run((_environ, startResponse) => {
    startResponse("201 Made", [["X", "1"]]);
    return ["abc"];
  });
  const [head, data, end] = events;
  assert.deepEqual(head, {
    ...{ type: "response", status: 201, reason: "Made", fields: ["X", "1"], length: 3, announces: undefined },
    ...{ date: "", close: false, body: undefined, more: true },
  });
  assert.deepEqual([data, end], [{ type: "data", bytes: "abc" }, { type: "end" }]);
});

test("trailers are announced and sent, early hints go ahead", async () => {
  const { events } = await run((environ, startResponse) => {
    environ["tsgi.early_hints"]([["Link", "</a>"]]);
    environ["tsgi.trailers"]([["X-Sum", () => "7"]]);
    startResponse("200 OK", []);
    return ["abc"];
  });
  assert.deepEqual(events[0], { type: "information", status: 103, fields: ["Link", "</a>"] });
  assert.deepEqual(events[1]?.type === "response" && [events[1].announces, events[1].length], [["X-Sum"], undefined]);
  assert.deepEqual(events.at(-1), { type: "end", trailers: ["X-Sum", "7"] });
});

test("the environ is the server's in an object of the handler's, with its own keys of the contract", async () => {
  let seen: Environ | undefined;
  const { handler } = await run((environ, startResponse) => {
    seen = environ;
    startResponse("204 No Content", []);
    return [];
  });
  assert.deepEqual([seen?.["HTTP_X"], seen?.["tsgi.peer_addr"], seen?.["tsgi.request_id"]], ["y", "10.0.0.1", "id-1"]);
  assert.notEqual(seen, handler.request.environ);
  assert.equal(Object.getPrototypeOf(seen), null);
});

test("an error goes to the server's log with the request", async () => {
  const { troubles } = await run(() => {
    throw new Error("x");
  });
  assert.deepEqual(
    troubles.map(({ error, ...rest }) => [(error as Error).message, rest]),
    [["x", { requestId: "id-1", method: "GET", target: "/", answer: 500 }]],
  );
});

test("a header that belongs to the connection cannot be slipped in by a subclass", async () => {
  class Slipping extends ServerHandler {
    override cleanupHeaders(): void {
      super.cleanupHeaders();
      if (this.error === undefined) this.headers!.set("Connection", "close");
    }
  }
  const { events, troubles } = await run((_environ, startResponse) => {
    startResponse("200 OK", []);
    return [];
  }, Slipping);
  assert.equal(events[0]?.type === "response" && events[0].status, 500);
  assert.match(String(troubles[0]?.error), /sendHeaders: header Connection belongs to the connection/);
});

test("serverSoftware is the Server field and a name in the environ, where a subclass says one", async () => {
  class Named extends ServerHandler {
    override serverSoftware = "mine/1";
  }
  const shows: Application = (environ, startResponse) => {
    startResponse("200 OK", []);
    return [environ.SERVER_SOFTWARE];
  };
  const [head, data] = (await run(shows, Named)).events;
  assert.deepEqual(head?.type === "response" && head.fields, ["Server", "mine/1"]);
  assert.equal(data?.type === "data" && data.bytes, "mine/1");
});
