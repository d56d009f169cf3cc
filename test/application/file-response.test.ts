// Files through the real gateway loop and its file wrapper, and through a server without one.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readlinkSync, statSync, truncateSync, utimesSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { NotFound, PermissionDenied } from "../../src/application/exceptions.ts";
import { FileResponse, type FileResponseInit } from "../../src/application/response.ts";
import { type AskedFor, answer, environOf, fieldOf, requestOf } from "../support/application.ts";
import type { Outcome } from "../support/exchange.ts";
import { tempFolder } from "../support/temp-folder.ts";

const TIME = new Date("2020-01-01T12:00:00Z");
const DATE = "Wed, 01 Jan 2020 12:00:00 GMT";
const CONTENT = "0123456789";

function fileOf(t: TestContext, name = "a.txt", content = CONTENT): string {
  const path = join(tempFolder(t, { [name]: content }), name);
  utimesSync(path, TIME, TIME);
  return path;
}

const ask = (path: string, asked: AskedFor = {}, init: FileResponseInit = {}): Promise<Outcome> =>
  answer((request) => new FileResponse(path, { request, ...init }), asked);

const shown = (outcome: Outcome): readonly [status: number, body: string] => [outcome.status, outcome.body];

/** Descriptors of this process that lead to the file. */
const openOn = (path: string): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;

test("a file comes whole, with type, length, validators, and is closed", async (t) => {
  const path = fileOf(t);
  const outcome = await ask(path);
  assert.deepEqual([...shown(outcome), outcome.end, outcome.length], [200, CONTENT, "whole", 10]);
  assert.equal(fieldOf(outcome, "content-type"), "text/plain; charset=utf-8");
  assert.equal(fieldOf(outcome, "last-modified"), DATE);
  assert.equal(fieldOf(outcome, "accept-ranges"), "bytes");
  assert.match(fieldOf(outcome, "etag")!, /^"[0-9a-z]+-a"$/);
  assert.equal(fieldOf(outcome, "content-disposition"), undefined);
  assert.equal(openOn(path), 0);
  assert.deepEqual(shown(await ask(fileOf(t, "empty.txt", ""))), [200, ""]);
});

test("HEAD has the headers of GET, ignores ranges, and never opens the file", async (t) => {
  const path = fileOf(t);
  const outcome = await ask(path, { method: "HEAD", headers: { range: "bytes=0-1" } });
  assert.deepEqual([...shown(outcome), outcome.length], [200, "", 10]);
  const response = new FileResponse(path, { request: requestOf({ method: "HEAD" }) });
  const body = response.body(environOf());
  assert.equal(openOn(path), 0);
  await body.close?.();
});

test("ranges: one is 206, several are multipart/byteranges, none that fits is 416", async (t) => {
  const path = fileOf(t);
  const range = (value: string, more: Record<string, string> = {}) => ask(path, { headers: { range: value, ...more } });
  const one = await range("bytes=2-4");
  assert.deepEqual([...shown(one), fieldOf(one, "content-range"), one.length], [206, "234", "bytes 2-4/10", 3]);
  assert.deepEqual(shown(await range("bytes=-3")), [206, "789"]);
  assert.deepEqual(shown(await range("bytes=8-100")), [206, "89"]);
  assert.deepEqual(shown(await range("bytes=5-3")), [200, CONTENT]);
  const outside = await range("bytes=10-");
  assert.deepEqual([...shown(outside), fieldOf(outside, "content-range"), outside.length], [416, "", "bytes */10", 0]);
  const several = await range("bytes=0-1,5-6,-1");
  assert.equal(several.status, 206);
  assert.equal(several.end, "whole");
  assert.equal(several.length, several.body.length);
  assert.equal(fieldOf(several, "content-range"), undefined);
  const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(fieldOf(several, "content-type")!)![1]!;
  const head = (at: string) =>
    `\r\n--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${at}/10\r\n\r\n`;
  assert.equal(several.body, `${head("0-1")}01${head("5-6")}56${head("9-9")}9\r\n--${boundary}--\r\n`);
  assert.equal(openOn(path), 0);
});

test("If-Range, and the conditions before it", async (t) => {
  const path = fileOf(t);
  const etag = fieldOf(await ask(path), "etag")!;
  const rows: readonly (readonly [headers: Record<string, string>, status: number, body: string, method?: string])[] = [
    [{ range: "bytes=0-0", "if-range": etag }, 206, "0"],
    [{ range: "bytes=0-0", "if-range": DATE }, 206, "0"],
    [{ range: "bytes=0-0", "if-range": '"other"' }, 200, CONTENT],
    [{ range: "bytes=99-", "if-range": '"other"' }, 200, CONTENT],
    [{ "if-none-match": etag }, 304, ""],
    [{ "if-none-match": `W/${etag}`, range: "bytes=0-0" }, 304, ""],
    [{ "if-modified-since": DATE }, 304, ""],
    [{ "if-none-match": '"other"', "if-modified-since": DATE }, 200, CONTENT],
    [{ "if-match": '"other"' }, 412, ""],
    [{ "if-match": '"other"', range: "bytes=99-" }, 412, ""],
    [{ "if-match": etag, range: "bytes=99-" }, 416, ""],
    [{ "if-unmodified-since": "Wed, 01 Jan 2020 11:59:59 GMT" }, 412, ""],
    [{ "if-none-match": etag, range: "bytes=0-0" }, 200, CONTENT, "POST"],
  ];
  for (const [headers, status, body, method = "GET"] of rows) {
    const outcome = await ask(path, { method, headers });
    assert.deepEqual(shown(outcome), [status, body], `${method} ${JSON.stringify(headers)}`);
    assert.equal(fieldOf(outcome, "etag"), etag);
    if (status === 304) assert.equal(fieldOf(outcome, "content-type"), undefined);
  }
});

test("without the request there are neither ranges nor conditions; a status of its own switches them off too", async (t) => {
  const path = fileOf(t);
  const headers = { range: "bytes=0-0", "if-none-match": "*" };
  assert.deepEqual(shown(await ask(path, { headers }, { request: undefined })), [200, CONTENT]);
  assert.deepEqual(shown(await ask(path, { headers }, { status: 404 })), [404, CONTENT]);
});

test("names, types and tags can be said", async (t) => {
  const path = fileOf(t);
  const outcome = await ask(
    path,
    {},
    { asAttachment: true, contentType: "image/png", etag: '"mine"', headers: { "Last-Modified": "x" } },
  );
  assert.equal(fieldOf(outcome, "content-disposition"), 'attachment; filename="a.txt"');
  assert.equal(fieldOf(outcome, "content-type"), "image/png");
  assert.equal(fieldOf(outcome, "etag"), '"mine"');
  assert.equal(fieldOf(outcome, "last-modified"), "x");
  const other = await ask(path, {}, { filename: "ä.csv", etag: false });
  assert.match(fieldOf(other, "content-disposition")!, /^inline; filename="_\.csv"; filename\*=/);
  assert.equal(fieldOf(other, "content-type"), "text/csv; charset=utf-8");
  assert.equal(fieldOf(other, "etag"), undefined);
  for (const etag of ["bare", "", '"a", "b"']) {
    assert.throws(() => new FileResponse(path, { etag }), /the etag .*: expected one with its quotes/);
  }
});

test("what is no file is not found, and what may not be read is forbidden", async (t) => {
  const folder = tempFolder(t, { "a.txt": "" });
  mkdirSync(join(folder, "sub"));
  for (const path of ["missing", "sub", "a.txt/x", "a\0b", "n".repeat(300)]) {
    const full = `${folder}/${path}`;
    assert.throws(() => new FileResponse(full), NotFound, path.slice(0, 9));
    await assert.rejects(FileResponse.from(full), NotFound);
  }
  for (const source of [undefined, null, 5] as never[]) {
    assert.throws(
      () => new FileResponse(source),
      /^TypeError: FileResponse: .*: expected a path, an open file or a stream$/,
    );
  }
  chmodSync(join(folder, "a.txt"), 0);
  // Nothing is hidden from root.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    assert.throws(() => new FileResponse(join(folder, "a.txt")), PermissionDenied);
    await assert.rejects(FileResponse.from(join(folder, "a.txt")), PermissionDenied);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test("a file that became shorter is no whole response", async (t) => {
  const path = fileOf(t, "a.bin", "x".repeat(100_000));
  const before = await answer((request) => {
    const response = new FileResponse(path, { request });
    truncateSync(path, 0);
    return response;
  });
  assert.equal(before.status, 500);
  assert.equal(openOn(path), 0);
});

test("an address, a promise, an open file and a stream do as well", async (t) => {
  const path = fileOf(t);
  assert.deepEqual(shown(await answer((request) => new FileResponse(pathToFileURL(path), { request }))), [
    200,
    CONTENT,
  ]);
  assert.deepEqual(
    shown(await answer((request) => FileResponse.from(path, { request }), { headers: { range: "bytes=1-1" } })),
    [206, "1"],
  );
  const handle = await open(path);
  const outcome = await answer((request) => new FileResponse(handle, { request, filename: "b.html" }), {
    headers: { range: "bytes=1-2" },
  });
  assert.deepEqual([...shown(outcome), fieldOf(outcome, "content-type")], [206, "12", "text/html; charset=utf-8"]);
  assert.equal(handle.fd, -1);
  const stream = Readable.from([Buffer.from("ab"), Buffer.from("cd")]);
  const streamed = await answer(
    (request) => new FileResponse(stream, { request, filename: "c.txt", asAttachment: true }),
  );
  assert.deepEqual(
    [...shown(streamed), fieldOf(streamed, "content-disposition")],
    [200, "abcd", 'attachment; filename="c.txt"'],
  );
  assert.equal(stream.destroyed, true);
});

test("an open file is closed also where nothing of it is sent", async (t) => {
  const path = fileOf(t);
  for (const asked of [
    { headers: { "if-none-match": "*" } },
    { method: "HEAD" },
    { headers: { range: "bytes=99-" } },
  ]) {
    const handle = await open(path);
    await answer((request) => new FileResponse(handle, { request }), asked);
    assert.equal(handle.fd, -1, JSON.stringify(asked));
  }
});

test("what is added to be closed is closed once, also through the file wrapper", async (t) => {
  let closed = 0;
  await answer((request) =>
    new FileResponse(fileOf(t), { request }).closeWith(() => {
      closed += 1;
    }),
  );
  assert.equal(closed, 1);
});

test("a server without a file wrapper gets an iterable; one that a middleware put around the file is what is sent", async (t) => {
  const path = fileOf(t);
  const environ = environOf();
  delete (environ as Record<string, unknown>)["tsgi.file_wrapper"];
  const body = new FileResponse(path).body(environ) as AsyncIterable<Buffer> & { close(): Promise<void> };
  let text = "";
  for await (const block of body) text += String(block);
  await body.close();
  assert.equal(text, CONTENT);
  assert.equal(openOn(path), 0);
  const wrapped = await answer((request) => {
    const response = new FileResponse(path, { request });
    const before = response.streamingContent as AsyncIterable<Buffer>;
    response.streamingContent = (async function* () {
      for await (const block of before) yield String(block).replaceAll("1", "i");
    })();
    assert.equal(response.contentLength, undefined);
    return response;
  });
  assert.deepEqual(shown(wrapped), [200, CONTENT.replaceAll("1", "i")]);
  assert.equal(openOn(path), 0);
  assert.equal(statSync(path).size, 10);
});

test("its content is not asked for whole", (t) => {
  const response = new FileResponse(fileOf(t));
  assert.deepEqual([response.streaming, response.contentLength], [true, 10]);
  assert.throws(() => response.content, /FileResponse has no content/);
});
