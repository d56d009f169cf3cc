import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BadRequest,
  RawStreamRead,
  RequestDataTooBig,
  TooManyFields,
  UnsupportedMediaType,
} from "../../src/application/exceptions.ts";
import { RequestError } from "../../src/gateway/exchange.ts";
import { requestOf, settingsOf } from "../support/application.ts";

const post = (type: string, ...body: readonly (string | Error)[]) =>
  requestOf({ method: "POST", headers: type === "" ? {} : { "content-type": type }, body });
const latin1 = (text: string): string => Buffer.from(text).toString("latin1");

test("a body is read once and given as bytes, text and JSON", async () => {
  const request = post("application/json", '{"a":', "1}");
  assert.equal(await request.body(), await request.body());
  assert.equal(String(await request.body()), '{"a":1}');
  assert.equal(await request.text(), '{"a":1}');
  assert.deepEqual(await request.json<{ a: number }>(), { a: 1 });
  assert.equal(await request.json(), await request.json());
  assert.equal((await requestOf().body()).length, 0);
});

test("text is UTF-8, or what the charset says; what is not of it is 400, and a charset nobody knows 415", async () => {
  assert.equal(await post("text/plain", latin1("é€")).text(), "é€");
  assert.equal(await post("text/plain", latin1("\ufeffa")).text(), "a");
  assert.equal(await post("text/plain; charset=iso-8859-1", "\xe9").text(), "é");
  await assert.rejects(post("text/plain", "\xe9").text(), BadRequest);
  await assert.rejects(post("text/plain; charset=klingon", "a").text(), UnsupportedMediaType);
});

test("what is not JSON is 400, whatever it is", async () => {
  for (const body of ["", "{", "{'a':1}", "NaN", "[1,]", "\xff", "[".repeat(100_000)]) {
    await assert.rejects(post("application/json", body).json(), BadRequest, body.slice(0, 9));
  }
});

test("JSON with the names of built-in things is data like any other", async () => {
  const data = await post("application/json", '{"__proto__":{"admin":true}}').json<object>();
  assert.equal((data as { admin?: boolean }).admin, undefined);
  assert.equal(Object.getPrototypeOf(data), Object.prototype);
});

test("a body over the limit is 413: by its length before it is read, chunked when it goes over", async () => {
  const settings = settingsOf({ dataUploadMaxMemorySize: 5 });
  const ask = (headers: Record<string, string>, body: readonly string[]) =>
    requestOf({ method: "POST", headers, body, settings });
  assert.equal(String(await ask({}, ["abc", "de"]).body()), "abcde");
  await assert.rejects(ask({}, ["abc", "def"]).body(), RequestDataTooBig);
  const unread = ask({ "content-length": "6" }, ["abcdef"]);
  await assert.rejects(unread.body(), RequestDataTooBig);
  assert.equal(String(await unread.environ["tsgi.input"].read()), "abcdef");
  const free = requestOf({ body: ["x".repeat(100)], settings: settingsOf({ dataUploadMaxMemorySize: null }) });
  assert.equal((await free.body()).length, 100);
});

test("an urlencoded form has fields, and no files", async () => {
  const request = post("application/x-www-form-urlencoded; charset=UTF-8", "a=1&b=%C3%A9+x&a=2&c&", latin1("d=é"));
  const { fields, files } = await request.form();
  assert.deepEqual(
    [...fields],
    [
      ["a", "1"],
      ["b", "é x"],
      ["a", "2"],
      ["c", ""],
      ["d", "é"],
    ],
  );
  assert.equal(files.size, 0);
  assert.equal(await request.form(), await request.form());
  assert.equal((await request.body()).length, 25);
});

test("a form that is none, or of another charset, is 415; none at all is empty; too many fields are refused", async () => {
  await assert.rejects(post("application/json", "{}").form(), UnsupportedMediaType);
  await assert.rejects(post("", "a=1").form(), UnsupportedMediaType);
  await assert.rejects(post("application/x-www-form-urlencoded; charset=latin1", "a=1").form(), UnsupportedMediaType);
  assert.equal((await requestOf().form()).fields.size, 0);
  await assert.rejects(post("application/x-www-form-urlencoded", "a&".repeat(1001)).form(), TooManyFields);
});

test("the stream and the whole body exclude each other, and both say so", async () => {
  const streamed = post("text/plain", "abc");
  assert.equal(String(await streamed.stream.read()), "abc");
  assert.equal(streamed.stream, streamed.stream);
  await assert.rejects(streamed.body(), RawStreamRead);
  const whole = post("text/plain", "abc");
  const body = whole.body();
  assert.throws(() => whole.stream, RawStreamRead);
  assert.equal(String(await body), "abc");
});

test("a form with files can be read after the bytes, but not the bytes after it", async () => {
  const form = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n';
  const first = post("multipart/form-data; boundary=B", form);
  assert.equal((await first.body()).length, form.length);
  assert.equal((await first.form()).fields.get("a"), "1");
  const second = post("multipart/form-data; boundary=B", form);
  assert.equal((await second.form()).fields.get("a"), "1");
  await assert.rejects(second.body(), RawStreamRead);
  assert.throws(() => second.stream, RawStreamRead);
});

test("what the server says of a body that is cut goes on as it is", async () => {
  for (const status of [400, 408, 413, 499]) {
    const error = new RequestError(status, "said by the server");
    for (const read of ["body", "text", "json", "form"] as const) {
      const request = post("application/x-www-form-urlencoded", "a=", error);
      await assert.rejects(request[read](), (caught) => caught === error);
    }
  }
});

test("what nobody waits for does not end the process when the client leaves", async () => {
  const unheard: unknown[] = [];
  const hear = (error: unknown): void => void unheard.push(error);
  process.on("unhandledRejection", hear);
  for (const read of ["body", "text", "json", "form"] as const) {
    for (const type of ["application/x-www-form-urlencoded", "multipart/form-data; boundary=B"]) {
      post(type, "a=", new RequestError(499, "gone"))[read]();
    }
  }
  // The event comes after a turn of the event loop.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  process.off("unhandledRejection", hear);
  assert.deepEqual(unheard, []);
});

test("a request whose body nobody asked for has nothing to close", () => {
  assert.equal(requestOf().close(), undefined);
});
