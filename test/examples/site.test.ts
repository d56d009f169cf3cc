// The example site, asked in process over a fresh folder: what a visitor is promised, and what a stranger is refused.

import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Client } from "tsgi/application";
import { validator } from "tsgi/validate";
import { start } from "../support/exchange.ts";
import { FIELDS, GIF, openSite, tokenIn, visitor, write } from "./site-support.ts";

const { application, folder } = await openSite(after);
const HERON = "0mmpyhiio2ec539f520";
const temporary = (): string[] => readdirSync(folder).filter((name) => name.startsWith(".") && name !== ".secret");

test("the notebook begins with a few notes, the newest first, six on a page", async () => {
  const client = visitor(application);
  const first = await client.get("/");
  assert.equal(first.status, 200);
  assert.equal(first.headers.get("content-type"), "text/html; charset=utf-8");
  assert.ok(first.text().indexOf("A heron, perfectly still") < first.text().indexOf("Two red caps"));
  assert.match(first.text(), /7 notes so far[\s\S]*Page 1 of 2/);
  const second = (await client.get("/?page=2")).text();
  assert.match(second, /The last hornet/);
  assert.doesNotMatch(second, /A heron/);
  assert.match(second, /<a class="button plain" href="\/">← Newer<\/a>/);
});

for (const target of [
  "/?page=3",
  "/?page=0",
  "/?page=-1",
  "/?page=x",
  "/?page=9999999",
  "/nowhere",
  "/notes/nowhere/",
  "/notes/..%2f..%2fsecret/",
  "/notes/x/picture",
]) {
  test(`GET ${target} is a page of the site that says 404`, async () => {
    const { status, text } = await visitor(application)
      .get(target)
      .then((r) => ({ status: r.status, text: r.text() }));
    assert.equal(status, 404);
    assert.match(text, /The trail ends here/);
    assert.match(text, /<link rel="stylesheet"/);
  });
}

test("a path without its last slash leads to the one with it", async () => {
  const answer = await visitor(application).get("/write?x=1");
  assert.deepEqual([answer.status, answer.headers.get("location")], [301, "/write/?x=1"]);
});

test("a note that is right is kept, with its picture, and thanked for once", async () => {
  const client = visitor(application);
  const picture = { filename: "C:\\Users\\ada\\dipper one.gif", content: GIF, contentType: "image/gif" };
  const sent = await write(client, { picture, alt: "A dipper <3" });
  assert.equal(sent.status, 302);
  const address = sent.headers.get("location")!;
  const page = (await client.get(address)).text();
  assert.match(page, /“A dipper under the bridge” is in the notebook\./);
  assert.match(page, /<p>It walked into the water\.<\/p><p>And out again\.<\/p>/);
  assert.match(page, /alt="A dipper &lt;3"/);
  assert.doesNotMatch((await client.get(address)).text(), /is in the notebook/);

  const download = await client.get(`${address}download`);
  assert.deepEqual(Buffer.from(download.body), GIF);
  assert.equal(download.headers.get("content-type"), "image/gif");
  assert.match(download.headers.get("content-disposition")!, /^attachment; filename="dipper one\.gif"/);
  assert.match((await client.get("/write/")).text(), /name="author" value="Ada"/);
  assert.deepEqual(temporary(), []);
});

const WRONG: readonly (readonly [what: string, change: Parameters<typeof write>[1], says: RegExp])[] = [
  ["no title", { title: "  " }, /id="title-mistake">.*Say in a few words/],
  ["no text", { text: "" }, /id="text-mistake">.*Tell a little/],
  ["no name", { author: "" }, /id="author-mistake">.*Put your name/],
  ["no kind", { kind: "" }, /id="kind-mistake">.*Choose what it was/],
  ["a kind that is not offered", { kind: "dragon" }, /id="kind-mistake">/],
  ["a title of 91 characters", { title: "ä".repeat(91) }, /This has 91 characters\. There is room for 90\./],
  [
    "a file that is no picture",
    { picture: { filename: "a.png", content: "<script>", contentType: "image/png" } },
    /id="picture-mistake">/,
  ],
  [
    "an SVG",
    { picture: { filename: "a.svg", content: "<svg/>", contentType: "image/svg+xml" } },
    /id="picture-mistake">/,
  ],
];
for (const [what, change, says] of WRONG) {
  test(`a note with ${what} comes back with the mistake beside its field, and everything else as it was typed`, async () => {
    const before = readdirSync(folder);
    const answer = await write(visitor(application), { place: `"><i>`, ...change });
    assert.equal(answer.status, 422);
    assert.match(answer.text(), says);
    assert.match(answer.text(), /role="alert"/);
    assert.match(answer.text(), /name="place" value="&quot;&gt;&lt;i&gt;"/);
    assert.deepEqual(readdirSync(folder), before);
  });
}

test("a title of 90 characters is taken, and what is written is text, never HTML", async () => {
  const title = `<b>${"é".repeat(87)}`;
  const page = await write(visitor(application), { title, text: "<script>alert(1)</script>" }, true);
  assert.equal(page.status, 200);
  assert.ok(page.text().includes(`<h1>&lt;b&gt;${"é".repeat(87)}</h1>`));
  assert.doesNotMatch(page.text(), /<script/);
});

test("a picture over the limit is 413, in a page that says the limit, and nothing is left of it", async () => {
  const before = readdirSync(folder);
  const picture = { filename: "large.gif", content: Buffer.concat([GIF, Buffer.alloc(5 * 1024 * 1024)]) };
  const answer = await write(visitor(application), { picture });
  assert.equal(answer.status, 413);
  assert.match(answer.text(), /Too large for the notebook[\s\S]*up to 5\.0 MB/);
  assert.deepEqual(readdirSync(folder), before);
});

test("a form without its token, or with that of another visitor, is refused with 403", async () => {
  const client = visitor(application);
  const other = tokenIn((await visitor(application).get("/write/")).text());
  await client.get("/write/");
  for (const csrfToken of [undefined, "", other]) {
    const answer = await client.post("/write/", { form: { ...FIELDS, ...(csrfToken !== undefined && { csrfToken }) } });
    assert.equal(answer.status, 403);
    assert.match(answer.text(), /That was not taken/);
  }
});

test("only who wrote a note may remove it", async () => {
  const [author, stranger] = [visitor(application), visitor(application)];
  const address = (await write(author)).headers.get("location")!;
  assert.doesNotMatch((await stranger.get(address)).text(), /Remove this note/);
  const page = (await author.get(address)).text();
  assert.match(page, /Remove this note/);
  const strange = { csrfToken: tokenIn((await stranger.get("/write/")).text()) };
  assert.equal((await stranger.post(`${address}remove`, { form: strange })).status, 403);
  assert.equal((await author.get(`${address}remove`)).status, 405);
  const gone = await author.post(`${address}remove`, { form: { csrfToken: tokenIn(page) }, follow: true });
  assert.match(gone.text(), /was taken out/);
  assert.equal((await author.get(address)).status, 404);
});

test("a picture is sent in parts, with validators, and may be kept for ever; as a page it can do nothing", async () => {
  const client = visitor(application);
  const address = `/notes/${HERON}/picture`;
  const whole = await client.get(address);
  assert.equal(whole.status, 200);
  assert.equal(whole.headers.get("content-type"), "image/svg+xml");
  assert.match(whole.headers.get("cache-control")!, /immutable/);
  assert.match(whole.headers.get("content-security-policy")!, /default-src 'none'.*sandbox/);
  assert.equal(whole.headers.get("x-content-type-options"), "nosniff");
  const part = await client.get(address, { headers: { Range: "bytes=4-9" } });
  assert.equal(part.status, 206);
  assert.deepEqual(Buffer.from(part.body), Buffer.from(whole.body).subarray(4, 10));
  assert.equal(part.headers.get("content-range"), `bytes 4-9/${whole.body.length}`);
  assert.equal((await client.get(address, { headers: { Range: "bytes=999999-" } })).status, 416);
  const known = { "If-None-Match": whole.headers.get("etag")! };
  assert.equal((await client.get(address, { headers: known })).status, 304);
  const head = await client.head(address);
  assert.deepEqual(
    [head.status, head.body.length, head.headers.get("content-length")],
    [200, 0, String(whole.body.length)],
  );
});

test("a style sheet comes with its type and validators; what is not in the folder is 404, however it is spelled", async () => {
  const client = visitor(application);
  const css = await client.get("/static/site.css");
  assert.equal(css.status, 200);
  assert.match(css.headers.get("content-type")!, /^text\/css/);
  const again = await client.get("/static/site.css", {
    headers: { "If-Modified-Since": css.headers.get("last-modified")! },
  });
  assert.equal(again.status, 304);
  for (const path of [
    "/static/../app.ts",
    "/static/..%2fapp.ts",
    "/static/%2e%2e/app.ts",
    "/static/",
    "/static/x.css",
  ]) {
    const { status } = await client.get(path);
    assert.ok(status === 404 || status === 400, `${path}: ${status}`);
  }
});

test("the feed has whole addresses of the host that was asked, and is 304 for who has it", async () => {
  const client = visitor(application);
  const feed = await client.get("/feed.json", { host: "notes.example.org", secure: true });
  assert.equal(feed.headers.get("content-type"), "application/feed+json");
  const { items, feed_url } = feed.json<{ items: { id: string; url: string; image?: string }[]; feed_url: string }>();
  assert.equal(feed_url, "https://notes.example.org/feed.json");
  const heron = items.find(({ id }) => id === HERON);
  assert.equal(heron?.url, `https://notes.example.org/notes/${HERON}/`);
  assert.equal(heron?.image, `https://notes.example.org/notes/${HERON}/picture`);
  const options = { headers: { "If-None-Match": feed.headers.get("etag")! }, host: "notes.example.org", secure: true };
  assert.equal((await client.get("/feed.json", options)).status, 304);
});

test("a theme is kept in a signed cookie, and leads back to where it was chosen, and nowhere else", async () => {
  const client = visitor(application);
  const choose = async (next: string, theme = "dark") => {
    const csrfToken = tokenIn((await client.get("/")).text());
    return (await client.post("/theme", { form: { csrfToken, theme, next } })).headers.get("location");
  };
  assert.equal(await choose("/?page=2"), "/?page=2");
  assert.match((await client.get("/")).text(), /data-theme="dark"/);
  for (const next of ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", ""])
    assert.equal(await choose(next), "/", next);
  await choose("/", "pink");
  assert.match((await client.get("/")).text(), /data-theme="auto"/);
  const forged = await client.get("/", { headers: { Cookie: "theme=dark" } });
  assert.match(forged.text(), /data-theme="auto"/);
});

test("under a prefix every link of a page is under it", async () => {
  const client = new Client(application, { scriptName: "/fieldnotes" });
  const page = (await client.get("/fieldnotes/")).text();
  const links = [...page.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, link]) => link!);
  assert.ok(links.length > 10);
  for (const link of links) assert.ok(link.startsWith("/fieldnotes/") || link.startsWith("#"), link);
});

test("HEAD has the head of GET and no body; a method that is not there is 405", async () => {
  const client = visitor(application);
  const head = await client.head("/");
  assert.deepEqual([head.status, head.body.length], [200, 0]);
  assert.equal((await client.head("/live/")).status, 200);
  const wrong = await client.get(`/notes/${HERON}/remove`);
  assert.deepEqual([wrong.status, wrong.headers.get("allow")], [405, "POST, OPTIONS"]);
});

test("each page has the policy that lets no script run, and the middleware's timing", async () => {
  const { headers } = await visitor(application).get("/");
  assert.match(headers.get("content-security-policy")!, /^default-src 'none'; style-src 'self'/);
  assert.equal(headers.get("x-frame-options"), "DENY");
  assert.match(headers.get("server-timing")!, /^view;dur=\d/);
});

test("the live page is sent in parts: its first at once, a note as soon as somebody writes it", async () => {
  const page = start(application, { target: "/live/" });
  const shows = async (text: string): Promise<void> => {
    while (!page.outcome.body.includes(text)) {
      assert.equal(page.outcome.end, "waiting", page.outcome.body);
      await setImmediate();
    }
  };
  await shows("Watching from now on.");
  assert.doesNotMatch(page.outcome.body, /<\/html>/);
  await write(visitor(application), { title: "Seen live" });
  await shows("<strong>Seen live</strong>");
  assert.ok(page.outcome.fields.includes("X-Accel-Buffering"));
  page.outcome.exchange.abort(new Error("the visitor left"));
});

test("the live page ends whole when the server begins to leave", async () => {
  const { text, left } = await visitor(application)
    .get("/live/", { draining: AbortSignal.abort() })
    .then((answer) => ({ text: answer.text(), left: answer.left }));
  assert.equal(left, false);
  assert.match(text, /As it is written[\s\S]*This is the end of the page[\s\S]*<\/html>\n$/);
});

test("the live page is a page like the others: a message is shown on it for the last time, and its form can be sent", async () => {
  const client = visitor(application);
  const draining = AbortSignal.abort();
  await write(client, { title: "Flashed" });
  const page = (await client.get("/live/", { draining })).text();
  assert.match(page, /“Flashed” is in the notebook/);
  assert.doesNotMatch((await client.get("/")).text(), /is in the notebook/);
  const fresh = visitor(application);
  const csrfToken = tokenIn((await fresh.get("/live/", { draining })).text());
  assert.equal((await fresh.post("/theme", { form: { csrfToken, theme: "dark", next: "/live/" } })).status, 302);
});

test("what breaks inside is a page that tells nothing of it, and a trace in the log", async () => {
  const id = "0zzzzzzzz0123456789";
  const path = join(folder, `${id}.json`);
  writeFileSync(path, "{ no JSON");
  const answer = await visitor(application).get(`/notes/${id}/`);
  const list = await visitor(application).get("/");
  rmSync(path);
  assert.equal(list.status, 200, "the list does without it");
  assert.equal(answer.status, 500);
  assert.match(answer.text(), /Something broke/);
  assert.doesNotMatch(answer.text(), /JSON|notebook\.ts/);
  assert.match(answer.errors.join("\n"), /SyntaxError[\s\S]*notebook\.ts/);
});

test("the site keeps the contract in every kind of answer, by the validator's word", async () => {
  const said: string[] = [];
  const listen = (found: Error) => said.push(found.message);
  const checked = validator(application, { warn: listen, report: listen });
  const client = new Client(checked, { raiseExceptions: true });
  for (const path of [
    "/",
    "/?page=2",
    "/write/",
    `/notes/${HERON}/`,
    `/notes/${HERON}/picture`,
    "/feed.json",
    "/static/site.css",
    "/nowhere",
  ])
    for (const method of ["GET", "HEAD"]) await client.request(method, path);
  await client.get(`/notes/${HERON}/picture`, { headers: { Range: "bytes=0-3" } });
  await client.get(`/notes/${HERON}/download`, { headers: { Range: "bytes=0-3,8-9" } });
  assert.equal((await client.get("/live/", { leaveAfter: 1 })).left, true);
  const picture = { filename: "a.gif", content: GIF };
  assert.equal((await write(client, { picture }, true)).status, 200);
  assert.equal((await write(client, { title: "" })).status, 422);
  assert.deepEqual(said, []);
});
