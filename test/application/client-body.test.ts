// What the test client sends: one body, of the type that it says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type BodyOptions, outgoingBody, searchParams } from "../../src/application/client-body.ts";

const text = (options: BodyOptions): string => {
  const { source, length } = outgoingBody(options);
  const all = [...(source as Iterable<Uint8Array>)].map((part) => String(part)).join("");
  assert.equal(length, Buffer.byteLength(all));
  return all;
};

test("each kind of body has its bytes and its type", () => {
  assert.equal(text({}), "");
  assert.equal(outgoingBody({}).contentType, undefined);
  for (const [options, bytes, type] of [
    [{ json: { a: [1] } }, '{"a":[1]}', "application/json"],
    [{ json: null }, "null", "application/json"],
    [{ form: { a: "x y", b: [1, true] } }, "a=x+y&b=1&b=true", "application/x-www-form-urlencoded"],
    [{ body: "é" }, "é", "text/plain; charset=utf-8"],
    [{ body: Buffer.from("b") }, "b", "application/octet-stream"],
  ] as const) {
    assert.equal(text(options), bytes);
    assert.equal(outgoingBody(options).contentType, type);
  }
});

test("a multipart form has a part for each value, with names that cannot end their quotes", () => {
  const { contentType } = outgoingBody({ multipart: { a: 1 } });
  assert.match(contentType!, /^multipart\/form-data; boundary=tsgi-[\w-]+$/);
  const parts = text({
    multipart: { 'a"\r\nb': ["x", "y"], file: { filename: 'q".txt', content: "data", contentType: "text/plain" } },
  });
  assert.match(parts, /name="a%22%0D%0Ab"\r\n\r\nx\r\n--.*name="a%22%0D%0Ab"\r\n\r\ny\r\n/s);
  assert.match(
    parts,
    /name="file"; filename="q%22.txt"\r\nContent-Type: text\/plain\r\n\r\ndata\r\n--tsgi-[\w-]+--\r\n$/,
  );
});

test("a stream has no length", () => {
  async function* stream(): AsyncGenerator<string> {
    yield "a";
  }
  assert.equal(outgoingBody({ body: stream() }).length, undefined);
});

test("two bodies, and what JSON cannot say, are refused", () => {
  assert.throws(() => outgoingBody({ json: 1, form: {} }), /json and form were given/);
  assert.throws(() => outgoingBody({ json: () => 1 }), /function cannot be written as JSON/);
});

test("parameters are taken as they are, or made of an object", () => {
  const given = new URLSearchParams("a=1");
  assert.equal(searchParams(given), given);
  assert.equal(searchParams({ a: [1, 2], b: "" }).toString(), "a=1&a=2&b=");
});
