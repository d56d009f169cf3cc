import assert from "node:assert/strict";
import { test } from "node:test";
import { fullPathOf, quotePath, quoteQuery } from "../../src/application/uri.ts";

test("a path is quoted so that it is decoded to itself", () => {
  for (const path of [
    "/",
    "/a-b_c.d~e",
    "/a b",
    "/é/日本",
    "/100%",
    "/?#",
    '/"<>\\^`{|}',
    "/a;b=c,d@e:f&g+h$i!j'k(l)*m",
  ]) {
    const quoted = quotePath(path);
    assert.match(quoted, /^[\w\-.~:/@!$&'()*+,;=%]*$/, path);
    assert.equal(decodeURIComponent(quoted), path);
  }
  assert.equal(quotePath("/\ud800"), "/%EF%BF%BD");
});

test("a query keeps what is quoted, and has the rest quoted", () => {
  assert.equal(quoteQuery("a=%20&b=é&c=[x]&d= \\"), "a=%20&b=%C3%A9&c=[x]&d=%20%5C");
});

test("a full path never begins like another host", () => {
  assert.equal(fullPathOf("//evil.example", ""), "/%2Fevil.example");
  assert.equal(fullPathOf("/a", "b=c"), "/a?b=c");
});
