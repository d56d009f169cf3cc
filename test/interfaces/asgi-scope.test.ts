// What an ASGI application is told of a request. The numbers are those of the check-list in docs/asgi.md, section 12.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Forwarders } from "../../src/gateway/forwarders.ts";
import { httpScope, webSocketScope } from "../../src/interfaces/asgi-scope.ts";
import type { AsgiState, HttpScope, TsgiExtension } from "../../src/interfaces/asgi-types.ts";
import { headOf, INFO, type RequestLike } from "../support/exchange.ts";

const extension = { request_id: "id-1" } as TsgiExtension;
const believing = (allow: readonly string[], fields: readonly string[] = []): Forwarders =>
  new Forwarders({ allow, header: "x-forwarded", underscores: "drop", fields });
const TRUSTING = believing(["192.0.2.7"]);

function scopeOf(request: RequestLike = {}, forwarders = TRUSTING, state: AsgiState = {}): HttpScope {
  const facts = { software: "tsgi/test", multiprocess: false, forwarders };
  const scope = httpScope(headOf(request), { info: request.info ?? INFO, facts, state, extension });
  if (typeof scope === "string") assert.fail(scope);
  return scope;
}

test("A1: the scope is a fresh plain object, of type http, with the versions of the specification", () => {
  const scope = scopeOf();
  assert.equal(Object.getPrototypeOf(scope), Object.prototype);
  assert.notEqual(scope, scopeOf());
  assert.deepEqual([scope.type, scope.asgi], ["http", { version: "3.0", spec_version: "2.5" }]);
});

test("A2: version, method, scheme, path, query and addresses are those of the request", () => {
  const { http_version, method, scheme, path, raw_path, query_string, root_path, client, server } = scopeOf({
    method: "get",
    target: "/caf%C3%A9/a%2Fb?x=%20&y",
  });
  assert.deepEqual(
    [http_version, method, scheme, path, raw_path, query_string, root_path],
    ["1.1", "GET", "http", "/café/a/b", "/caf%C3%A9/a%2Fb", "x=%20&y", ""],
  );
  assert.deepEqual(
    [client, server],
    [
      ["192.0.2.7", 50123],
      ["127.0.0.1", 8000],
    ],
  );
});

test("A2: on a Unix socket nobody has an address; an absolute target and * have the path that they name", () => {
  const info = { ...INFO, remoteAddress: "", remotePort: "", localAddress: "", localPort: "" };
  const { client, server } = scopeOf({ info });
  assert.deepEqual([client, server], [null, null]);
  const absolute = scopeOf({ target: "http://b.example?q" });
  assert.deepEqual([absolute.path, absolute.query_string], ["/", "q"]);
  assert.equal(scopeOf({ method: "OPTIONS", target: "*" }).path, "");
});

test("A2: client, scheme and root path are what a trusted proxy says, and nobody else", () => {
  const fields = [
    "host",
    "x",
    "x-forwarded-for",
    "203.0.113.9",
    "x-forwarded-proto",
    "https",
    "x-forwarded-prefix",
    "/app",
  ];
  const trusted = scopeOf({ fields, target: "/a" });
  assert.deepEqual([trusted.client, trusted.scheme, trusted.root_path], [["203.0.113.9", 0], "https", "/app"]);
  assert.deepEqual([trusted.path, trusted.raw_path], ["/app/a", "/a"]);
  const stranger = scopeOf({ fields, target: "/a" }, believing([]));
  assert.deepEqual([stranger.client, stranger.scheme, stranger.root_path], [["192.0.2.7", 50123], "http", ""]);
});

test("A2: a path that does not begin with the script name of a trusted proxy makes no scope", () => {
  const forwarders = believing(["192.0.2.7"], ["SCRIPT_NAME"]);
  const scope = (target: string) =>
    httpScope(headOf({ target, fields: ["host", "x", "script_name", "/app"] }), {
      ...{ info: INFO, facts: { software: "t", multiprocess: false, forwarders }, state: {}, extension },
    });
  assert.equal(scope("/other"), "edge.script-name-mismatch");
  const fine = scope("/app/a");
  if (typeof fine === "string") assert.fail(fine);
  assert.deepEqual([fine.root_path, fine.path], ["/app", "/app/a"]);
});

test("A3: headers are pairs in their order, with duplicates; an authority comes first in place of Host", () => {
  const { headers } = scopeOf({ fields: ["cookie", "a", "host", "h", "cookie", "b"] });
  assert.deepEqual(headers, [
    ["cookie", "a"],
    ["host", "h"],
    ["cookie", "b"],
  ]);
  const absolute = scopeOf({ target: "http://other.example/", fields: ["accept", "*/*", "host", "h"] });
  assert.deepEqual(absolute.headers, [
    ["host", "other.example"],
    ["accept", "*/*"],
  ]);
});

test("A3: a list of fields that comes again is the same list of headers, which nobody can change for the next request", () => {
  const fields = Object.freeze(["host", "h"]);
  const { headers } = scopeOf({ fields });
  assert.equal(headers, scopeOf({ fields }).headers);
  assert.throws(() => (headers as unknown[]).push(["x", "y"]), TypeError);
  assert.throws(() => {
    (headers[0] as unknown as string[])[1] = "other";
  }, TypeError);
  const loose = ["host", "one"];
  scopeOf({ fields: loose });
  loose[1] = "two";
  assert.deepEqual(scopeOf({ fields: loose }).headers, [["host", "two"]]);
});

test("A4: each request has a shallow copy of the state, and extensions", () => {
  const pool = {};
  const state: AsgiState = { pool };
  const scope = scopeOf({}, TRUSTING, state);
  scope.state["mine"] = 1;
  assert.deepEqual([scope.state["pool"] === pool, Object.keys(state)], [true, ["pool"]]);
  assert.equal(scope.extensions.tsgi, extension);
});

test("A35: an extension is listed only where it works: no hints and trailers for 1.0, trailers for whom they reach", () => {
  const names = (request: RequestLike) => Object.keys(scopeOf(request).extensions).sort();
  assert.deepEqual(names({ version: "1.0" }), ["http.response.pathsend", "tsgi"]);
  assert.deepEqual(names({}), ["http.response.early_hint", "http.response.pathsend", "tsgi"]);
  assert.deepEqual(names({ fields: ["host", "h", "te", "trailers", "connection", "TE"] }), [
    ...["http.response.early_hint", "http.response.pathsend", "http.response.trailers", "tsgi"],
  ]);
});

test("A16: the scope of a websocket has ws or wss, and the subprotocols that the client offers in their order", () => {
  const facts = { software: "tsgi/test", multiprocess: false };
  const head = headOf({ fields: ["host", "h", "sec-websocket-protocol", "b, a"] });
  for (const [given, scheme] of [
    ["http", "ws"],
    ["https", "wss"],
  ] as const) {
    const scope = webSocketScope(head, { info: { ...INFO, scheme: given }, facts, state: {}, extension });
    if (typeof scope === "string") assert.fail(scope);
    assert.deepEqual([scope.type, scope.scheme, scope.subprotocols], ["websocket", scheme, ["b", "a"]]);
    assert.deepEqual(Object.keys(scope.extensions), ["websocket.http.response", "tsgi"]);
    assert.equal("method" in scope, false);
  }
});
