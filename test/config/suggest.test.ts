import assert from "node:assert/strict";
import { test } from "node:test";
import { didYouMean } from "../../src/config/suggest.ts";

const KEYS = ["workers", "maxRequests", "maxRequestsJitter", "keepAlive", "bind"];

test("a near word is suggested in its right spelling, whatever the dashes and capitals of the one given", () => {
  assert.equal(didYouMean("wrokers", KEYS), " (did you mean workers?)");
  assert.equal(didYouMean("max_requests", KEYS), " (did you mean maxRequests?)");
  assert.equal(didYouMean("keepalive", KEYS), " (did you mean keepAlive?)");
  assert.equal(didYouMean("BIND", KEYS, "TSGI_"), " (did you mean TSGI_bind?)");
});

test("nothing is suggested for a word that is near none", () => {
  for (const word of ["", "x", "colour", "threads"]) assert.equal(didYouMean(word, KEYS), "");
});
