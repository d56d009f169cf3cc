import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientDisconnectedError } from "../../src/interfaces/asgi-errors.ts";

test("the error of a client that is gone says why, and carries the reason", () => {
  const cause = new Error("the client closed the connection");
  const error = new ClientDisconnectedError(cause);
  assert.deepEqual(
    [error.name, error.message, error.cause],
    ["ClientDisconnectedError", "nothing more can be sent: the client closed the connection", cause],
  );
});
