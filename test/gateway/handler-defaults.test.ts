// What each value does when it is another one is base-handler.test.ts's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HandlerDefaults } from "../../src/gateway/handler-defaults.ts";

class Plain extends HandlerDefaults {}

test("no default tells a client or an environ of the process: no variables, no software, no error's own text", () => {
  const { osEnviron, serverSoftware, errorBody } = new Plain();
  assert.deepEqual([osEnviron, serverSoftware, errorBody], [{}, undefined, undefined]);
});

test("each handler has a request's id of its own", () => {
  assert.notEqual(new Plain().requestId, new Plain().requestId);
});
