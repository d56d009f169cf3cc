import assert from "node:assert/strict";
import { STATUS_CODES } from "node:http";
import { test } from "node:test";
import { handshakeRefusal, protocolsOf } from "../../src/interfaces/handshake.ts";
import { headOf } from "../support/exchange.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

function headWith(change: Readonly<Record<string, string | undefined>>, method = "GET") {
  const fields = {
    ...{ host: "example.com", upgrade: "websocket", connection: "Upgrade" },
    ...{ "sec-websocket-key": KEY, "sec-websocket-version": "13", ...change },
  };
  return headOf({
    method,
    fields: Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name, value])),
  });
}

test("the handshake of RFC 6455 section 1.2 is right, with and without subprotocols", () => {
  assert.equal(handshakeRefusal(headWith({})), undefined);
  assert.equal(handshakeRefusal(headWith({ "sec-websocket-protocol": "chat, superchat" })), undefined);
});

for (const [what, head, status] of [
  ["POST", headWith({}, "POST"), 405],
  ["version 8, which was a draft", headWith({ "sec-websocket-version": "8" }), 426],
  ["no version", headWith({ "sec-websocket-version": undefined }), 426],
  ["no key", headWith({ "sec-websocket-key": undefined }), 400],
  ["a short key", headWith({ "sec-websocket-key": "c2hvcnQ=" }), 400],
  ["a key with bits behind its 16 bytes", headWith({ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZR==" }), 400],
  ["an empty list of subprotocols", headWith({ "sec-websocket-protocol": "" }), 400],
  ["a subprotocol with a blank", headWith({ "sec-websocket-protocol": "a b" }), 400],
  ["a subprotocol twice", headWith({ "sec-websocket-protocol": "a, b, a" }), 400],
  ["two keys", headWith({ "sec-websocket-key": `${KEY}, ${KEY}` }), 400],
  ["two versions, of which one is right", headWith({ "sec-websocket-version": "13, 8" }), 426],
  ["extensions that are no list", headWith({ "sec-websocket-extensions": "a;;b" }), 400],
  ["an extension with half a quoted value", headWith({ "sec-websocket-extensions": 'a; b="c' }), 400],
  ["an extension with a value that is no token", headWith({ "sec-websocket-extensions": 'a; b="c d"' }), 400],
  ["an empty list of extensions", headWith({ "sec-websocket-extensions": "" }), 400],
  ["a subprotocol without a name", headWith({ "sec-websocket-protocol": "a,,b" }), 400],
] as const) {
  test(`${what} is refused with ${status}, and the connection closes`, () => {
    const refusal = handshakeRefusal(head);
    assert.deepEqual([refusal?.status, refusal?.close, refusal?.more], [status, true, false]);
    assert.equal(refusal?.reason, STATUS_CODES[status]);
    assert.equal(refusal?.length, String(refusal?.body).length);
  });
}

test("a refused version is told which one there is (RFC 6455 section 4.4), a refused method which one it is", () => {
  const fieldsOf = (head: Parameters<typeof handshakeRefusal>[0]) => handshakeRefusal(head)?.fields.join(" ");
  assert.match(fieldsOf(headWith({ "sec-websocket-version": "8" }))!, /Sec-WebSocket-Version 13/);
  assert.match(fieldsOf(headWith({}, "PUT"))!, /Allow GET/);
});

test("extensions may be many, with parameters, values and quotes (RFC 6455 section 9.1)", () => {
  for (const offer of [
    "permessage-deflate; client_max_window_bits",
    'permessage-deflate; client_max_window_bits="10" , permessage-deflate',
    "foo, bar; baz=2 ; x",
  ]) {
    assert.equal(handshakeRefusal(headWith({ "sec-websocket-extensions": offer })), undefined, offer);
  }
});

test("a long list of extensions is judged in a moment, right or wrong", () => {
  const long = "a; b=c".repeat(1).concat(", a; b=c".repeat(8_000));
  const startedAt = performance.now();
  assert.equal(handshakeRefusal(headWith({ "sec-websocket-extensions": long })), undefined);
  assert.equal(handshakeRefusal(headWith({ "sec-websocket-extensions": `${long},` }))?.status, 400);
  assert.equal(handshakeRefusal(headWith({ "sec-websocket-extensions": `${"a ".repeat(32_000)};` }))?.status, 400);
  assert.ok(performance.now() - startedAt < 1_000);
});

test("subprotocols come in the order of the client", () => {
  assert.deepEqual(protocolsOf(headWith({ "sec-websocket-protocol": "b , a" })), ["b", "a"]);
  assert.deepEqual(protocolsOf(headWith({})), []);
});
