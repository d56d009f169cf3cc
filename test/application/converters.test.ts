import assert from "node:assert/strict";
import { test } from "node:test";
import { converterNamed, registerConverter } from "../../src/application/converters.ts";
import { ImproperlyConfigured } from "../../src/application/exceptions.ts";

test("int takes what a number can hold exactly", () => {
  const int = converterNamed("int", "x");
  assert.equal(int.toValue?.("007"), 7);
  assert.equal(int.toValue?.("9007199254740993"), undefined);
  assert.equal(int.toUrl?.(12), "12");
  for (const value of [-1, 1.5, "1"]) assert.throws(() => int.toUrl?.(value), /whole number from 0/);
});

test("an unknown converter is named, with those there are and the one that was meant", () => {
  assert.throws(
    () => converterNamed("itn", "articles/<itn:year>/"),
    /route "articles\/<itn:year>\/": there is no converter "itn", only int, str, slug, uuid, path.*Did you mean "int"\?/,
  );
});

test("a converter that does not fit is refused when it is registered", () => {
  for (const [name, pattern, message] of [
    ["int", "x", /there is a converter named "int" already/],
    ["1x", "x", /is no name for a converter/],
    ["a", "(x)", /captures/],
    ["a", "x(", /is no regular expression/],
    ["a", "^x$", /has \^ or \$/],
    ["a", "", /must be the source/],
    ["a", "(?:x+)+", /is not safe/],
    ["a", "(?:[a-z]|[a-f0-9])+", /is not safe .* two of its alternatives/],
    ["a", "(?:\\w|-|_)+", /is not safe .* two of its alternatives/],
    ["a", "(?:x|xx)+", /is not safe .* two of its alternatives/],
  ] as const) {
    assert.throws(
      () => registerConverter(name, { pattern }),
      (error) => error instanceof ImproperlyConfigured && message.test(error.message),
      `${name} ${pattern}`,
    );
  }
});

test("patterns whose alternatives are apart are taken, and so are those that cost a square", () => {
  for (const [at, pattern] of ["(?:[a-z]|[0-9])+", "[a-z]*[a-z0-9]*", "(?:en|de)-[A-Z]{2}", "[^/]+"].entries()) {
    registerConverter(`apart${at}`, { pattern });
  }
});

test("an async function is refused: a path is found at once", () => {
  const async = { toValue: async () => 1, toUrl: async () => "1" };
  for (const name of ["toValue", "toUrl"] as const) {
    assert.throws(
      () => registerConverter("waits", { pattern: "x", [name]: async[name] } as never),
      /"waits" has an async function/,
    );
  }
});
