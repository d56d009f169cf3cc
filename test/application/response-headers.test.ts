import assert from "node:assert/strict";
import { test } from "node:test";
import { headerPair, ResponseHeaders } from "../../src/application/response-headers.ts";

const of = (...pairs: readonly (readonly [string, string])[]): ResponseHeaders => {
  const headers = new ResponseHeaders();
  for (const [name, value] of pairs) headers.append(name, value);
  return headers;
};

test("names in any case; the order and the writing of the first setting stay", () => {
  const headers = of(["X-One", "1"], ["X-Two", "2"]).set("x-one", "3");
  assert.deepEqual(
    [...headers],
    [
      ["x-one", "3"],
      ["X-Two", "2"],
    ],
  );
  assert.equal(headers.get("X-ONE"), "3");
  assert.equal(headers.has("x-two"), true);
  assert.equal(headers.size, 2);
});

test("append adds, set replaces all, delete removes all", () => {
  const headers = of(["Link", "a"], ["X", "1"], ["Link", "b"]);
  assert.deepEqual(headers.getAll("link"), ["a", "b"]);
  headers.set("Link", "c");
  assert.deepEqual(
    [...headers],
    [
      ["Link", "c"],
      ["X", "1"],
    ],
  );
  assert.equal(headers.append("link", "d").delete("LINK"), true);
  assert.equal(headers.delete("Link"), false);
  assert.deepEqual([...headers], [["X", "1"]]);
});

test("setDefault leaves what is there", () => {
  assert.equal(of(["A", "1"]).setDefault("a", "2").get("A"), "1");
  assert.equal(of().setDefault("a", "2").get("A"), "2");
});

test("Vary has each name once, and a star says everything", () => {
  assert.equal(of().vary("Cookie", "Accept").vary("cookie").get("Vary"), "Cookie, Accept");
  // Where it stands in several fields nothing of it is lost.
  const twice = of(["Vary", "Cookie"]).append("Vary", "Accept");
  assert.equal(twice.joined("vary"), "Cookie, Accept");
  assert.deepEqual(twice.vary("Origin").getAll("Vary"), ["Cookie, Accept, Origin"]);
  assert.equal(of().joined("Vary"), "");
  assert.equal(of(["Vary", "*"]).vary("Cookie").get("Vary"), "*");
});

test("a list sets the first of each name and appends the others", () => {
  const headers = of(["Content-Type", "text/html"], ["X", "old"]).setAll([
    ["content-type", "text/css"],
    ["X", "1"],
    ["x", "2"],
  ]);
  assert.deepEqual(
    [...headers],
    [
      ["content-type", "text/css"],
      ["X", "1"],
      ["x", "2"],
    ],
  );
  assert.deepEqual(
    [...of().setAll({ A: "1", B: "2" })],
    [
      ["A", "1"],
      ["B", "2"],
    ],
  );
});

test("what a response has once is not appended a second time", () => {
  const headers = of(["Content-Type", "a/b"]);
  assert.throws(() => headers.append("content-type", "c/d"), /Content-Type|content-type.*set/);
  assert.equal(of().append("ETag", '"a"').get("etag"), '"a"');
});

test("a pair that was checked once is the same object in every list", () => {
  const pair = headerPair("X-Shared", "1");
  assert.equal(new ResponseHeaders(pair).pairs()[0], pair);
  assert.equal(new ResponseHeaders().setPair(pair).pairs()[0], pair);
});

test("what may not be sent is refused when it is set, by name", () => {
  const headers = new ResponseHeaders();
  const rows = [
    ["X\r\nY", "1", /X\\r\\nY/],
    ["", "1", /header name/],
    ["X Y", "1", /X Y/],
    ["é", "1", /é/],
    ["X", "a\r\nSet-Cookie: b=c", /X/],
    ["X", "a\0", /X/],
    ["X", "€", /€/],
    ["X", 5 as unknown as string, /X is 5/],
    ["X", undefined as unknown as string, /X is undefined/],
    ["Content-Length", "-1", /digits/],
    ["content-length", "1, 1", /digits/],
    ["Connection", "close", /server/],
    ["transfer-encoding", "chunked", /server/],
    ["Status", "200 OK", /response\.status/],
  ] as const;
  for (const [name, value, message] of rows) {
    assert.throws(
      () => headers.set(name, value),
      (e) => e instanceof TypeError && message.test(e.message),
      `${name}: ${value}`,
    );
    assert.throws(() => headers.append(name, value), TypeError);
    assert.throws(() => headerPair(name, value), TypeError);
  }
  assert.equal(headers.size, 0);
});
