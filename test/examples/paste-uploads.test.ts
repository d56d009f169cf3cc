// The ways into the paste service: forms, files and bare bytes, whole, cut, too large, malformed, and left in the middle.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type BodySource, CUT, RequestError, WAIT } from "../../src/gateway/exchange.ts";
import { gatewayFor } from "../../src/gateway/run.ts";
import type { Application } from "../../src/gateway/types.ts";
import { headOf, INFO } from "../support/exchange.ts";
import { BOUNDARY, header, multipart, openService, START, URLENCODED } from "./paste-support.ts";

test("a text sent by the form becomes a page, with its line ends as they were typed", async (t) => {
  const { ask, store } = openService(t);
  const created = await ask("POST", "/", {
    headers: URLENCODED,
    body: ["title=Two+li", "nes&text=a%0D%0Ab%0D%0A%C3%BC&expires=1d"],
  });
  assert.equal(created.status, 303);
  const id = header(created, "location") ?? "";
  assert.equal(created.body, `http://paste.example/${id}\n`);
  const page = await ask("GET", `/${id}`);
  assert.equal(page.status, 200);
  assert.match(page.body, /<h1>Two lines<\/h1>/);
  assert.match(page.body, /<pre>\na\nb\n\xc3\xbc<\/pre>/);
  assert.match(page.body, /in 1 day/);
  assert.match(page.body, new RegExp(`action="${id}/delete"`));
  assert.equal((await store.find(id))?.expiresAt, START + 86_400_000);
  const raw = await ask("GET", `/${id}/raw`);
  assert.equal(raw.body, "a\nb\n\xc3\xbc");
  assert.equal(header(raw, "content-type"), "text/plain; charset=utf-8");
  assert.equal(header(raw, "content-disposition"), undefined);
});

test("a file sent by the form becomes the same bytes under its name, whether fields come before or after it", async (t) => {
  const { ask } = openService(t);
  const value = Array.from({ length: 256 }, (_x, i) => String.fromCharCode(i)).join("");
  const filename = Buffer.from("räksmörgås '\u201c'.bin").toString("latin1");
  const file = { name: "file", value, filename, type: "application/x-thing" };
  const fields = [
    { name: "title", value: "A thing" },
    { name: "expires", value: "1w" },
  ];
  for (const parts of [
    [...fields, file],
    [file, ...fields],
  ]) {
    const { headers, body } = multipart(parts);
    const created = await ask("POST", "/", { headers, body: [body] });
    assert.equal(created.status, 303, created.body);
    const id = header(created, "location") ?? "";
    const page = await ask("GET", `/${id}`);
    assert.match(page.body, /<h1>A thing<\/h1>/);
    assert.match(page.body, /in 7 days/);
    assert.match(page.body, /application\/x-thing/);
    const raw = await ask("GET", `/${id}/raw`);
    assert.equal(raw.body, value);
    assert.equal(raw.length, 256);
    assert.equal(header(raw, "content-type"), "application/x-thing");
    assert.equal(
      header(raw, "content-disposition"),
      `attachment; filename="r_ksm_rg_s '_'.bin"; filename*=UTF-8''r%C3%A4ksm%C3%B6rg%C3%A5s%20%27%E2%80%9C%27.bin`,
    );
  }
});

test("an upload comes out the same cut at every position of the form", async (t) => {
  const { ask, entries } = openService(t);
  const value = `\r\n--${BOUNDARY.slice(0, 5)}\r\n\r`;
  const { headers, body } = multipart([{ name: "file", value, filename: "x", type: "text/plain" }]);
  for (let cut = 1; cut < body.length; cut += 1) {
    const created = await ask("POST", "/", { headers, body: [body.slice(0, cut), body.slice(cut)] });
    assert.equal(created.status, 303, `cut at ${cut}: ${created.body}`);
    const id = header(created, "location") ?? "";
    assert.equal((await ask("GET", `/${id}/raw`)).body, value, `cut at ${cut}`);
    await ask("DELETE", `/${id}`);
  }
  assert.deepEqual(entries(), []);
});

test("bare bytes become an item by PUT and by POST, and the answer is its address in one line", async (t) => {
  const { ask, store } = openService(t);
  const cases: readonly [method: string, target: string, type: string | undefined, name: string, kind: string][] = [
    ["PUT", "/notes.md", undefined, "notes.md", "text/plain; charset=utf-8"],
    ["PUT", "/cat.PNG", undefined, "cat.PNG", "image/png"],
    ["PUT", "/a%20b.json", "application/json", "a b.json", "application/json"],
    ["PUT", "/", undefined, "", "text/plain; charset=utf-8"],
    ["POST", "/raw-upload?name=x.log", URLENCODED["content-type"], "x.log", "text/plain; charset=utf-8"],
    ["POST", "/raw-upload", URLENCODED["content-type"], "", "text/plain; charset=utf-8"],
    ["POST", "/?name=y", "application/octet-stream", "y", "text/plain; charset=utf-8"],
  ];
  for (const [method, target, type, name, kind] of cases) {
    const created = await ask(method, target, {
      headers: type === undefined ? {} : { "content-type": type },
      body: ["a=%", "&b"],
    });
    assert.equal(created.status, 201, target);
    const id = header(created, "location") ?? "";
    assert.equal(created.body, `http://paste.example/${id}\n`);
    const item = await store.find(id);
    assert.deepEqual([item?.name, item?.type, item?.size], [name, kind, 5], target);
    const raw = await ask("GET", `/${id}/raw`);
    assert.equal(raw.body, "a=%&b");
    assert.equal(
      header(raw, "content-disposition")?.startsWith("attachment; "),
      name === "" ? undefined : true,
      target,
    );
  }
});

test("a bare upload takes its title and expiry from the query", async (t) => {
  const { put, store } = openService(t);
  const item = await store.find(await put("x.txt", "x", "?title=Gr%C3%BC%C3%9Fe&expires=1h"));
  assert.deepEqual([item?.title, item?.expiresAt], ["Grüße", START + 3_600_000]);
});

test("a PUT whose name climbs is kept under an id, with the last part as its name", async (t) => {
  const { ask, store, entries } = openService(t);
  const created = await ask("PUT", "/..%5c..%5cpasswd", { body: ["x"] });
  const id = header(created, "location") ?? "";
  assert.deepEqual(entries(), [id]);
  assert.equal((await store.find(id))?.name, "passwd");
  assert.equal((await ask("PUT", "/../../passwd", { body: ["x"] })).status, 404);
});

test("a form that is malformed, or says what cannot be, is answered with 400 and keeps nothing", async (t) => {
  const { ask, entries } = openService(t);
  const file = { name: "file", value: "x", filename: "x" };
  const whole = multipart([file]);
  const refused = async (headers: Record<string, string>, body: string) => {
    const answer = await ask("POST", "/", { headers, body: [body] });
    assert.equal(answer.status, 400, body);
    assert.deepEqual(entries(), [], body);
  };
  for (const body of [
    "",
    "title=x",
    "text=",
    "text=%",
    "text=%zz",
    "text=%ff",
    "text=x&expires=tomorrow",
    `text=x&title=${"x".repeat(201)}`,
  ]) {
    await refused(URLENCODED, body);
  }
  for (const parts of [
    [],
    [{ ...file, value: "", filename: "" }],
    [file, file],
    [file, { name: "expires", value: "?" }],
    Array(21).fill({ name: "a", value: "" }),
  ]) {
    await refused(whole.headers, multipart(parts).body);
  }
  await refused({ "content-type": "multipart/form-data" }, whole.body);
  await refused(whole.headers, whole.body.slice(0, -10));
  await refused({ "content-type": "text/plain" }, "");
});

test("more than the limit is answered with 413 and keeps nothing, whether it is announced or not", async (t) => {
  const { ask, entries } = openService(t, 1_000);
  const { headers } = multipart([]);
  const form = (size: number) => multipart([{ name: "file", value: "x".repeat(size), filename: "x" }]).body;
  assert.equal((await ask("PUT", "/x", { body: ["x".repeat(1_000)] })).status, 201);
  assert.equal((await ask("POST", "/", { headers, body: [form(1_000)] })).status, 303);
  const kept = entries();
  assert.equal(kept.length, 2);
  assert.equal((await ask("PUT", "/x", { body: ["x".repeat(600), "x".repeat(401)] })).status, 413);
  assert.equal((await ask("POST", "/", { headers, body: [form(1_001)] })).status, 413);
  assert.equal((await ask("POST", "/", { headers: URLENCODED, body: [`text=${"x".repeat(1_001)}`] })).status, 413);
  assert.equal(
    (await ask("POST", "/", { headers, body: [multipart([{ name: "title", value: "x".repeat(1_001) }]).body] })).status,
    413,
  );
  const neverBegins = [
    "x".repeat(40_000),
    "x".repeat(40_000),
    new Error("a form that never begins must not be read on"),
  ];
  assert.equal((await ask("POST", "/", { headers, body: neverBegins })).status, 413);
  const unread = new Error("an announced body that is too large must not be read");
  assert.equal((await ask("PUT", "/x", { headers: { "content-length": "1001" }, body: [unread] })).status, 413);
  assert.deepEqual(entries(), kept);
});

test("a pasted text of a megabyte is kept, one byte more is answered with 413 and the way out", async (t) => {
  const { ask } = openService(t, 5_000_000);
  const text = "x".repeat(1_048_576);
  assert.equal((await ask("POST", "/", { headers: URLENCODED, body: ["text=", text] })).status, 303);
  const refused = await ask("POST", "/", { headers: URLENCODED, body: ["text=", text, "x"] });
  assert.deepEqual(
    [refused.status, refused.body],
    [413, "A pasted text may have at most 1 MB. Upload it as a file.\n"],
  );
});

test("a client that leaves in the middle of an upload leaves no file behind", async (t) => {
  const { ask, entries } = openService(t);
  const { headers, body } = multipart([{ name: "file", value: "x".repeat(1_000), filename: "x" }]);
  const cases: readonly [method: string, target: string, headers: Record<string, string>, sent: string][] = [
    ["PUT", "/x", {}, "half"],
    ["PUT", "/x", {}, ""],
    ["POST", "/", headers, body.slice(0, 500)],
    ["POST", "/", headers, body.slice(0, -4)],
    ["POST", "/", URLENCODED, "text=ha"],
  ];
  for (const [method, target, fields, sent] of cases) {
    const gone = new RequestError(499, "the client closed the connection");
    const outcome = await ask(method, target, { headers: fields, body: [sent, gone] });
    assert.equal(outcome.status, 499);
    assert.deepEqual(outcome.troubles, [], "nobody here did wrong");
    assert.deepEqual(entries(), [], `${method} ${sent.slice(0, 10)}`);
  }
});

test("an upload of 5 MB in 64 KB chunks goes to the disk as it comes, and comes out the same in blocks", async (t) => {
  const { application, directory, store, entries } = openService(t, 10_000_000);
  const CHUNK = 65_536;
  const COUNT = 80;
  const chunk = (i: number) => Buffer.alloc(CHUNK, i);
  const { headers, body } = multipart([{ name: "file", value: "\x01SPLIT\x01", filename: "big.bin" }]);
  const [opening = "", ending = ""] = body.split("\x01SPLIT\x01");
  const sent = createHash("sha256");
  let given = 0;
  let behind = 0;
  const source: BodySource = {
    read() {
      // The application asks for the next chunk: by now, what it was given before must be on the disk.
      if (given > 1) {
        const [upload = ""] = entries();
        behind = Math.max(behind, (given - 1) * CHUNK - statSync(join(directory, upload, "data")).size);
      }
      given += 1;
      if (given === 1) return Buffer.from(opening);
      if (given > COUNT + 2) return null;
      if (given === COUNT + 2) return Buffer.from(ending);
      sent.update(chunk(given));
      return chunk(given);
    },
  };
  const created = await exchange(application, "POST", "/", ["content-type", headers["content-type"] ?? ""], source);
  assert.equal(created.status, 303);
  assert.ok(behind <= CHUNK, `${behind} bytes were held in memory`);
  const [item] = await store.list(1);
  assert.equal(item?.size, COUNT * CHUNK);
  const read = await exchange(application, "GET", `/${item?.id}/raw`, [], { read: () => null });
  const received = createHash("sha256");
  for (const piece of read.pieces) received.update(piece);
  assert.equal(received.digest("hex"), sent.digest("hex"));
  assert.ok(Math.max(...read.pieces.map((piece) => piece.length)) <= 4 * CHUNK);
});

interface Exchanged {
  readonly status: number;
  readonly pieces: readonly Uint8Array[];
}

/** One request with a body source of the test's own, and the response in the pieces in which it came. */
function exchange(
  application: Application,
  method: string,
  target: string,
  fields: string[],
  body: BodySource,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    let status = 0;
    const pieces: Uint8Array[] = [];
    const serve = gatewayFor(application, {
      facts: { software: "tsgi/test", multiprocess: false },
      nextRequestId: () => "id-1",
      writeError: () => {},
      report: (trouble) => reject(trouble.error),
      refused: (what) => reject(new Error(what.code)),
    });
    const pump = () => {
      for (;;) {
        const event = running.next();
        if (event === WAIT) return;
        if (event === CUT) return reject(new Error("the response was cut"));
        const piece = event.type === "response" ? event.body : event.type === "data" ? event.bytes : undefined;
        if (piece !== undefined) pieces.push(Buffer.from(piece as string, "latin1"));
        if (event.type === "response") status = event.status;
        if (event.type === "end" || (event.type === "response" && !event.more)) return resolve({ status, pieces });
      }
    };
    const running = serve({
      head: headOf({ method, target, fields: ["host", "h", ...fields], body: [] }),
      info: INFO,
      body,
      wake: pump,
    });
    pump();
  });
}
