// The paste service's pages and addresses: what a browser and what curl get.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import type { FileWrapper } from "../../src/gateway/file-wrapper.ts";
import { deferred } from "../support/deferred.ts";
import { drive, INFO, start } from "../support/exchange.ts";
import { header, multipart, openService, URLENCODED } from "./paste-support.ts";

const HTML = { accept: "text/html,*/*" };

test("the list shows titles, sizes and ages, newest first, fifty at a time", async (t) => {
  const { ask, put, clock } = openService(t);
  for (let i = 1; i <= 51; i += 1) {
    clock.now += 60_000;
    await put(`file-${String(i).padStart(2, "0")}`, "x".repeat(i * 100));
  }
  const names = (body: string) => [...body.matchAll(/>file-(\d\d)</g)].map((match) => Number(match[1]));
  const first = await ask("GET", "/");
  assert.equal(header(first, "content-type"), "text/html; charset=utf-8");
  assert.deepEqual(
    names(first.body),
    Array.from({ length: 50 }, (_x, i) => 51 - i),
  );
  assert.match(
    first.body,
    />file-51<\/a><\/span>\s*<span class="fact size">5 kB<\/span>\s*<span class="fact age"><time[^>]*>just now</,
  );
  assert.match(first.body, />file-49<\/a>.*\n.*\n.*>2 minutes ago</);
  const older = /href="\.\/(\?before=[^"]+)"/.exec(first.body)?.[1] ?? "";
  const second = await ask("GET", `/${older}`);
  assert.deepEqual(names(second.body), [1]);
  assert.doesNotMatch(second.body, /before=|<textarea/);
});

test("nothing that somebody pastes, names or asks for becomes markup", async (t) => {
  const { ask } = openService(t);
  const evil = `"'><script>alert(1)</script>&`;
  const form = `title=${encodeURIComponent(evil)}&text=${encodeURIComponent(`</pre>${evil}`)}`;
  const pasted = header(await ask("POST", "/", { headers: URLENCODED, body: [form] }), "location") ?? "";
  const { headers, body } = multipart([{ name: "file", value: evil, filename: "%22><script>.png", type: "image/png" }]);
  const uploaded = header(await ask("POST", "/", { headers, body: [body] }), "location") ?? "";
  const pages = [
    await ask("GET", "/", { headers: { host: evil } }),
    await ask("GET", `/${pasted}`),
    await ask("GET", `/${uploaded}`),
    await ask("GET", `/${encodeURIComponent(evil)}`, { headers: HTML }),
    await ask("GET", `/?before=${encodeURIComponent(evil)}`),
  ];
  for (const page of pages) {
    assert.equal(header(page, "content-type"), "text/html; charset=utf-8");
    assert.doesNotMatch(page.body, /<script/);
    assert.equal([...page.body.matchAll(/<\/pre>/g)].length, [...page.body.matchAll(/<pre>/g)].length);
  }
  assert.ok(pages[1]?.body.includes("&#60;/pre&#62;&#34;&#39;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#38;"));
});

test("each page carries a policy that lets its own style through and nothing else", async (t) => {
  const { ask, put } = openService(t);
  const id = await put("a", "x");
  for (const page of [
    await ask("GET", "/"),
    await ask("GET", `/${id}`),
    await ask("GET", "/none", { headers: HTML }),
  ]) {
    const style = /<style>(.*)<\/style>/s.exec(page.body)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    const policy = header(page, "content-security-policy") ?? "";
    assert.ok(policy.startsWith(`default-src 'none'; style-src 'sha256-${hash}'; `), policy);
    assert.doesNotMatch(policy, /unsafe/);
    assert.doesNotMatch(page.body, / style=| on[a-z]+=|(?:href|src|action)="(?:\/|https?:)/);
    assert.equal(header(page, "x-content-type-options"), "nosniff");
  }
});

test("uploaded HTML never runs as a page of this site", async (t) => {
  const { ask } = openService(t);
  const page = "<script>alert(1)</script>";
  const { headers, body } = multipart([{ name: "file", value: page, filename: "x.html", type: "text/html" }]);
  const file = await ask("POST", "/", { headers, body: [body] });
  const bare = await ask("POST", "/", { headers: { "content-type": "text/html" }, body: [page] });
  const asFile = await ask("GET", `/${header(file, "location")}/raw`);
  assert.match(header(asFile, "content-disposition") ?? "", /^attachment; /);
  assert.equal(header(asFile, "content-security-policy"), "default-src 'none'; sandbox");
  assert.equal(header(asFile, "x-content-type-options"), "nosniff");
  const asText = await ask("GET", `/${header(bare, "location")}/raw`);
  assert.equal(header(asText, "content-type"), "text/plain; charset=utf-8");
  assert.equal(header(asText, "x-content-type-options"), "nosniff");
});

test("a media type or file name that would break a header is replaced", async (t) => {
  const { ask } = openService(t);
  const { headers, body } = multipart([
    { name: "file", value: "x\x00", filename: "..\\..\\a\tb\xe2\x80\xaegnp.exe", type: "text/html, evil\x01" },
  ]);
  const id = header(await ask("POST", "/", { headers, body: [body] }), "location");
  const raw = await ask("GET", `/${id}/raw`);
  assert.equal(header(raw, "content-type"), "application/octet-stream");
  assert.equal(header(raw, "content-disposition"), `attachment; filename="abgnp.exe"; filename*=UTF-8''abgnp.exe`);
});

test("HEAD has the headers of GET, its length included, and no body", async (t) => {
  const { ask, put } = openService(t);
  const id = await put("x.txt", "twelve bytes");
  for (const target of ["/", `/${id}`, `/${id}/raw`, "/none"]) {
    const get = await ask("GET", target);
    const head = await ask("HEAD", target);
    assert.equal(head.body, "");
    assert.equal(head.end, "whole");
    assert.deepEqual([head.status, head.fields, head.length], [get.status, get.fields, get.length], target);
  }
});

test("no file stays open after a response, however it ended", { skip: process.platform !== "linux" }, async (t) => {
  const { application, ask, put, directory } = openService(t);
  const openFiles = () =>
    readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory);
      } catch {
        return false; // the one that listed them
      }
    });
  const id = await put("x.txt", "x".repeat(200_000));
  for (const target of [`/${id}`, `/${id}/raw`]) {
    for (const method of ["GET", "HEAD"]) {
      await ask(method, target);
      // Closing takes a turn of the thread pool after the response is over; a file that stays open runs into the time limit.
      while (openFiles().length > 0) await new Promise(setImmediate);
    }
  }
  const started = deferred();
  const closed = deferred();
  const observed: typeof application = async (environ, startResponse) => {
    const body = (await application(environ, startResponse)) as FileWrapper;
    started.resolve();
    return {
      [Symbol.asyncIterator]: () => body[Symbol.asyncIterator](),
      close: () => body.close().then(closed.resolve),
    };
  };
  const leaving = start(observed, { target: `/${id}/raw` });
  await started.promise;
  assert.equal(openFiles().length, 1);
  leaving.outcome.exchange.abort(new Error("the client left"));
  await closed.promise;
  assert.deepEqual(openFiles(), []);
});

test("an item that the client has is not sent again", async (t) => {
  const { ask, put } = openService(t);
  const id = await put("x.txt", "x");
  const etag = header(await ask("GET", `/${id}/raw`), "etag") ?? "";
  assert.match(etag, /^"[^"]+"$/);
  for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const again = await ask("GET", `/${id}/raw`, { headers: { "if-none-match": condition } });
    assert.deepEqual([again.status, again.body, header(again, "etag")], [304, "", etag], condition);
  }
  for (const condition of ['"other"', id, ""]) {
    assert.equal((await ask("GET", `/${id}/raw`, { headers: { "if-none-match": condition } })).status, 200, condition);
  }
  await ask("DELETE", `/${id}`);
  assert.equal((await ask("GET", `/${id}/raw`, { headers: { "if-none-match": etag } })).status, 404);
});

test("an item is deleted by the form and by DELETE, once", async (t) => {
  const { ask, put, entries } = openService(t);
  const first = await put("a", "x");
  const byForm = await ask("POST", `/${first}/delete`, { headers: URLENCODED, body: [] });
  assert.deepEqual([byForm.status, header(byForm, "location")], [303, "../"]);
  const second = await put("b", "x");
  assert.equal((await ask("DELETE", `/${second}`)).status, 204);
  assert.equal((await ask("DELETE", `/${second}`)).status, 404);
  assert.equal((await ask("GET", `/${first}`)).status, 404);
  assert.equal((await ask("GET", `/${second}/raw`)).status, 404);
  assert.deepEqual(entries(), []);
});

test("a form on another site cannot create or delete, one on this site and curl can", async (t) => {
  const { ask, put, entries } = openService(t);
  const id = await put("a", "x");
  for (const site of ["cross-site", "same-site"]) {
    const headers = { ...URLENCODED, "sec-fetch-site": site };
    assert.equal((await ask("POST", "/", { headers, body: ["text=x"] })).status, 403);
    assert.equal((await ask("POST", `/${id}/delete`, { headers, body: [] })).status, 403);
    assert.equal((await ask("GET", `/${id}`, { headers })).status, 200, "a link on another site leads here");
  }
  assert.deepEqual(entries(), [id]);
  const own = { ...URLENCODED, "sec-fetch-site": "same-origin" };
  assert.equal((await ask("POST", `/${id}/delete`, { headers: own, body: [] })).status, 303);
});

test("an expired item is gone from every address", async (t) => {
  const { ask, put, clock } = openService(t);
  const id = await put("x.txt", "x", "?expires=1h");
  clock.now += 3_600_000;
  assert.equal((await ask("GET", `/${id}`)).status, 404);
  assert.equal((await ask("GET", `/${id}/raw`)).status, 404);
  assert.doesNotMatch((await ask("GET", "/")).body, /x\.txt/);
});

test("a method that a path does not have is answered with 405 and those it has", async (t) => {
  const { ask, put } = openService(t);
  const id = await put("a", "x");
  const cases: readonly [method: string, target: string, allow: string][] = [
    ["DELETE", "/", "GET, HEAD, POST, PUT"],
    ["POST", `/${id}`, "GET, HEAD, PUT, DELETE"],
    ["GET", "/raw-upload", "POST, PUT"],
    ["POST", `/${id}/raw`, "GET, HEAD"],
    ["GET", `/${id}/delete`, "POST"],
    ["OPTIONS", "/", "GET, HEAD, POST, PUT"],
  ];
  for (const [method, target, allow] of cases) {
    const answer = await ask(method, target);
    assert.deepEqual([answer.status, header(answer, "allow")], [405, allow], `${method} ${target}`);
  }
});

test("no path leads out of the folder, and what is not there is 404: a page for browsers, a line for curl", async (t) => {
  const { ask, put } = openService(t);
  const id = await put("a", "x");
  for (const path of [
    "/../package.json",
    "/..%2f..%2fetc%2fpasswd",
    `/${id}/data`,
    `/${id}/../raw`,
    "/../raw",
    "/%2e%2e/raw",
    `/${id}%00/raw`,
    `/.incoming-${id}`,
    `/${id}/`,
  ]) {
    assert.equal((await ask("GET", path)).status, 404, path);
  }
  const curl = await ask("GET", "/none");
  assert.deepEqual(
    [header(curl, "content-type"), curl.body],
    ["text/plain; charset=utf-8", "There is nothing here. It may have expired.\n"],
  );
  const browser = await ask("GET", "/a/b/none", { headers: HTML });
  assert.equal(header(browser, "content-type"), "text/html; charset=utf-8");
  assert.match(browser.body, /<a href="\.\.\/\.\.\/">To the list/);
});

test("links and redirects hold under a prefix, and the prefix without its slash leads to the one with it", async (t) => {
  const { application, store } = openService(t);
  const mounted: typeof application = (environ, startResponse) => {
    environ.SCRIPT_NAME = "/my tools";
    environ.PATH_INFO = environ.PATH_INFO.replace(/^\/my tools/, "");
    return application(environ, startResponse);
  };
  const bare = await drive(mounted, { target: "/my%20tools" });
  assert.deepEqual([bare.status, header(bare, "location")], [308, "/my%20tools/"]);
  const created = await drive(mounted, { method: "PUT", target: "/my%20tools/x", body: ["x"] });
  const [item] = await store.list(1);
  assert.equal(created.body, `http://example.com/my%20tools/${item?.id}\n`);
  assert.equal(header(created, "location"), item?.id, "relative to the address that was asked for");
});

test("without a Host the address is the server's own", async (t) => {
  const { application } = openService(t);
  const info = { ...INFO, localAddress: "::1" };
  const created = await drive(application, {
    method: "PUT",
    target: "/x",
    version: "1.0",
    fields: [],
    body: ["x"],
    info,
  });
  assert.match(created.body, /^http:\/\/\[::1\]:8000\/[0-9a-z]{29}\n$/);
});
