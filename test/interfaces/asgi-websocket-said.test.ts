// What may be said on a websocket. The numbers are those of the check-list in docs/asgi.md.

import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptFields, closeOf, messageOf, protocolOf } from "../../src/interfaces/asgi-websocket-said.ts";

test("A21: a message is exactly one of text and bytes, and null is none", () => {
  const type = "websocket.send";
  const bytes = new Uint8Array([1]);
  assert.equal(messageOf({ type, text: "", bytes: null }), "");
  assert.equal(messageOf({ type, bytes }), bytes);
  for (const [event, message] of [
    [{ type }, /neither of text and bytes given: expected one/],
    [{ type, text: "a", bytes }, /both of text and bytes given: expected one/],
    [{ type, text: bytes }, /text is a Uint8Array: expected a string/],
    [{ type, bytes: "a" }, /bytes is "a": expected a Uint8Array/],
  ] as const) {
    assert.throws(() => messageOf(event), message);
  }
});

test("A22: a close has 1000 and no reason by default, a code that may be sent, and at most 123 bytes of reason", () => {
  const type = "websocket.close";
  assert.deepEqual(closeOf({ type }), { code: 1000, reason: "" });
  assert.deepEqual(closeOf({ type, code: 4999, reason: "é".repeat(61) }), { code: 4999, reason: "é".repeat(61) });
  for (const code of [999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, "1000"]) {
    assert.throws(() => closeOf({ type, code }), /code is .*: expected 1000 to 1003, 1007 to 1014, or 3000 to 4999/);
  }
  assert.throws(() => closeOf({ type, reason: "é".repeat(62) }), /expected a string of at most 123 bytes/);
});

test("A18: a subprotocol is one that the client offered, and Sec-WebSocket-* is the server's", () => {
  const type = "websocket.accept";
  assert.deepEqual([protocolOf({ type }, ["a"]), protocolOf({ type, subprotocol: "b" }, ["a", "b"])], [undefined, "b"]);
  assert.throws(() => protocolOf({ type, subprotocol: "c" }, ["a", "b"]), /subprotocol is "c": expected one of a, b/);
  assert.throws(() => protocolOf({ type, subprotocol: "c" }, []), /expected none, since the client offers none/);
  assert.deepEqual(acceptFields({ type, headers: [["X", "1"]] }), ["x", "1"]);
  assert.throws(() => acceptFields({ type, headers: [["Sec-WebSocket-Protocol", "a"]] }), /say subprotocol/);
});
