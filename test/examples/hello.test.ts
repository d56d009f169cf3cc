// The smallest application.

import assert from "node:assert/strict";
import { test } from "node:test";
import { application } from "../../examples/hello/app.ts";
import { drive } from "../support/exchange.ts";
import { header } from "./paste-support.ts";

test("hello says which path was asked for, as plain text with its length", async () => {
  const answer = await drive(application, { target: "/a/b%20c?d" });
  assert.equal(answer.status, 200);
  assert.equal(answer.body, "Hello from tsgi! You asked for /a/b c\n");
  assert.equal(answer.length, answer.body.length);
  assert.equal(header(answer, "content-type"), "text/plain; charset=utf-8");
});
