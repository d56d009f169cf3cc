import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { inWords, notCallable } from "../../src/worker/not-callable.ts";

const WHERE = { target: "app:site", file: "/srv/app.js" };

test("an object is named by its class and what can be called", () => {
  class Site { render() {} close() {} } // biome-ignore format: one line
  assert.equal(inWords(new Site()), "an object of class Site with render(), close()");
  assert.equal(inWords({ a: 1 }), "an object");
  assert.equal(inWords([1]), "an object of class Array");
  assert.equal(inWords("text"), 'the string "text"');
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`m${n}`, () => {}]));
  assert.match(inWords(many), /^an object with m0\(\), .*m7\(\), \.\.\.$/);
});

test("the message has the place, what was found, and what would have been served", () => {
  const error = notCallable(5, "site", WHERE);
  assert.equal(error.code, "not-callable");
  assert.match(
    error.message,
    /^cannot load app:site: site of \/srv\/app\.js is not a function but 5\nit is no application of any kind/,
  );
  assert.match(
    notCallable(undefined, "create()", WHERE).message,
    /but undefined\nDoes the factory return what it made\?\n/,
  );
  const why = "it is an http.Server that nobody listens to";
  assert.equal(
    notCallable(http.createServer(), "site", { ...WHERE, why }).message,
    `cannot load app:site: site of /srv/app.js cannot be served\n${why}`,
  );
});
