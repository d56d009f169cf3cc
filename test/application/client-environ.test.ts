// The environ that the test client makes: the names and values of docs/gateway.md section 4.

import assert from "node:assert/strict";
import { test } from "node:test";
import { clientEnviron, decoded, type EnvironParts } from "../../src/application/client-environ.ts";

const NEVER = new AbortController().signal;
const make = (parts: Partial<EnvironParts> = {}) =>
  clientEnviron({
    method: "GET",
    target: "/",
    scriptName: "",
    headers: [],
    secure: false,
    host: "testserver",
    clientAddress: "127.0.0.1",
    source: [],
    trailers: [],
    length: 0,
    contentType: undefined,
    requestId: "id",
    signal: NEVER,
    draining: NEVER,
    earlyHints: () => {},
    addTrailers: () => {},
    ...parts,
  });

test("every required name is there, with strings under the names without a dot, and nothing is inherited", () => {
  const environ = make();
  for (const name of [
    "REQUEST_METHOD",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "GATEWAY_INTERFACE",
    "RAW_URI",
  ]) {
    assert.equal(typeof environ[name], "string", name);
    assert.notEqual(environ[name], "", name);
  }
  for (const name of "version url_scheme input input_terminated errors multithread multiprocess run_once".split(" ")) {
    assert.ok(`tsgi.${name}` in environ, name);
  }
  for (const name of "file_wrapper early_hints trailers request_id peer_addr draining signal".split(" ")) {
    assert.ok(`tsgi.${name}` in environ, name);
  }
  assert.equal("toString" in environ, false);
  assert.equal("CONTENT_LENGTH" in environ, false);
});

test("path and query are taken apart, the path decoded once", () => {
  const environ = make({ target: "/app/caf%C3%A9%2520?q=%20&r", scriptName: "/app" });
  assert.equal(environ.SCRIPT_NAME, "/app");
  assert.equal(environ.PATH_INFO, "/café%20");
  assert.equal(environ.QUERY_STRING, "q=%20&r");
  assert.equal(environ.REQUEST_URI, "/app/caf%C3%A9%2520?q=%20&r");
  assert.equal(decoded("/%zz%ff"), "/%zz\ufffd");
  assert.equal(make({ target: "*", method: "OPTIONS" }).PATH_INFO, "");
});

test("headers become CGI names; those that a server drops are dropped", () => {
  const environ = make({
    headers: [
      ["accept-language", "de"],
      ["x_forwarded_for", "1.2.3.4"],
      ["proxy", "evil"],
      ["content-type", "text/x"],
      ["x-name", "€"],
    ],
    contentType: "text/plain",
    length: 3,
  });
  assert.equal(environ["HTTP_ACCEPT_LANGUAGE"], "de");
  assert.equal("HTTP_X_FORWARDED_FOR" in environ, false);
  assert.equal("HTTP_PROXY" in environ, false);
  assert.equal("HTTP_CONTENT_TYPE" in environ, false);
  assert.equal(environ.CONTENT_TYPE, "text/x");
  assert.equal(environ.CONTENT_LENGTH, "3");
  assert.equal(environ["HTTP_X_NAME"], Buffer.from("€").toString("latin1"));
});

test("scheme, host and port agree; a body of unknown length is chunked", () => {
  const secure = make({ secure: true, host: "example.org" });
  assert.deepEqual(
    [secure["tsgi.url_scheme"], secure.SERVER_NAME, secure.SERVER_PORT],
    ["https", "example.org", "443"],
  );
  const local = make({ host: "[::1]:8000", length: undefined });
  assert.deepEqual([local.SERVER_NAME, local.SERVER_PORT, local["HTTP_HOST"]], ["[::1]", "8000", "[::1]:8000"]);
  assert.equal(local["HTTP_TRANSFER_ENCODING"], "chunked");
});

test("what no client could send is refused by name", () => {
  assert.throws(() => make({ method: "GET IT" }), /method "GET IT"/);
  assert.throws(() => make({ target: "page" }), /path "page"/);
  assert.throws(() => make({ target: "/b", scriptName: "/a" }), /"\/b" is not below/);
  assert.throws(() => make({ headers: [["a b", "c"]] }), /header name "a b"/);
  assert.throws(() => make({ headers: [["a", "b\r\nc"]] }), /header a has a control/);
});
