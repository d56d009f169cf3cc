// Who the client is, behind a real nginx: the page's fields, a chain of proxies, RFC 7239, a script name, and a client that forges
// whatever it can.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { RawClient } from "../support/client.ts";
import { type Front, noNginx, type Site, startSite, swap } from "../support/nginx.ts";

const FOR = "proxy_set_header X-Forwarded-For $remote_addr;";

/** Everything that could pass for a proxy's word. */
const FORGED = [
  "X-Forwarded-For: 6.6.6.6",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Host: evil.example",
  "X-Forwarded-Port: 666",
  "X-Forwarded-Prefix: /evil",
  "Forwarded: for=6.6.6.6;proto=https;host=evil.example",
  "X_Forwarded_For: 6.6.6.6",
  "SCRIPT_NAME: /page",
  "Script-Name: /page",
];

interface Seen {
  readonly status: number;
  readonly environ: Readonly<Record<string, unknown>>;
}

async function ask({ port }: Site, fields: readonly string[], target = "/page"): Promise<Seen> {
  const client = await RawClient.connect(port);
  client.send(
    ["GET ", target, " HTTP/1.1\r\nHost: example.com\r\n", ...fields.map((f) => `${f}\r\n`), "\r\n"].join(""),
  );
  const { status, fields: answer } = await client.response();
  client.close();
  return { status, environ: JSON.parse(answer["x-environ"] ?? "{}") as Seen["environ"] };
}

const told = ({ environ }: Seen): readonly unknown[] => [
  environ["REMOTE_ADDR"],
  environ["tsgi.url_scheme"],
  environ["HTTP_HOST"],
  environ["SERVER_PORT"],
  environ["SCRIPT_NAME"],
];
const PLAIN = ["127.0.0.1", "http", "example.com", "80", ""];

const start = (t: TestContext, front: Front, args: readonly string[], change?: (site: string) => string) =>
  startSite(t, front, ["proxied:application", ...args], change);

for (const front of ["tcp", "unix"] as const) {
  test(`behind the page's nginx (${front}) a client that forges every field changes nothing`, {
    skip: noNginx,
  }, async (t) => {
    const site = await start(t, front, []);
    assert.deepEqual(told(await ask(site, [])), PLAIN);
    assert.deepEqual(told(await ask(site, FORGED)), PLAIN);
  });

  test(`X-Forwarded-For through a chain (${front}): the first address that is no trusted hop is the client`, {
    skip: noNginx,
  }, async (t) => {
    const appends = (site: string) => swap(site, FOR, "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;");
    const chain = ["X-Forwarded-For: 6.6.6.6, 203.0.113.9", "X-Forwarded-For: 10.1.2.3"];
    // nginx's client is 127.0.0.1: a hop of ours in one, a stranger in the other, where the socket alone is trusted.
    const site = await start(t, front, ["--forwarded-allow", "unix,127.0.0.1,10.0.0.0/8"], appends);
    assert.equal((await ask(site, chain)).environ["REMOTE_ADDR"], "203.0.113.9");
    assert.equal((await ask(site, ["X-Forwarded-For: 2001:DB8::9"])).environ["REMOTE_ADDR"], "2001:db8::9");
    assert.equal((await ask(site, ["X-Forwarded-For: unknown, 10.0.0.1"])).environ["REMOTE_ADDR"], "10.0.0.1");
    const anyPeer = await start(t, front, ["--forwarded-allow", "*"], appends);
    const seen = await ask(anyPeer, chain);
    assert.equal(seen.environ["REMOTE_ADDR"], "127.0.0.1");
    assert.equal(seen.environ["HTTP_X_FORWARDED_FOR"], "6.6.6.6, 203.0.113.9, 10.1.2.3, 127.0.0.1");
  });
}

test("X-Forwarded-Proto, -Host, -Port and -Prefix of nginx are the public URL", { skip: noNginx }, async (t) => {
  const site = await start(t, "tcp", [], (text) =>
    [
      ["X-Forwarded-Proto $scheme", "X-Forwarded-Proto https"],
      ["X-Forwarded-Host $host", "X-Forwarded-Host shop.example"],
      ['X-Forwarded-Port ""', "X-Forwarded-Port 8443"],
      ['X-Forwarded-Prefix ""', "X-Forwarded-Prefix /shop"],
    ].reduce((now, [from, to]) => swap(now, `proxy_set_header ${from};`, `proxy_set_header ${to};`), text),
  );
  const seen = await ask(site, FORGED);
  assert.deepEqual(told(seen), ["127.0.0.1", "https", "shop.example:8443", "8443", "/shop"]);
  assert.deepEqual([seen.environ["SERVER_NAME"], seen.environ["PATH_INFO"]], ["shop.example", "/page"]);
});

test("Forwarded of nginx: the client's own element is left of nginx's, and decides nothing", {
  skip: noNginx,
}, async (t) => {
  const element = "for=$remote_addr;proto=https;host=shop.example";
  const args = ["--forwarded-header", "forwarded", "--forwarded-allow", "*"];
  const replaces = await start(t, "tcp", args, (text) =>
    swap(text, 'proxy_set_header Forwarded "";', `proxy_set_header Forwarded "${element}";`),
  );
  assert.deepEqual(told(await ask(replaces, FORGED)), ["127.0.0.1", "https", "shop.example", "443", ""]);
  const appends = await start(t, "tcp", args, (text) =>
    swap(text, 'proxy_set_header Forwarded "";', `proxy_set_header Forwarded "$http_forwarded, ${element}";`),
  );
  assert.deepEqual(told(await ask(appends, FORGED)), ["127.0.0.1", "https", "shop.example", "443", ""]);
  // The quote that is left open would hide nginx's element.
  assert.equal((await ask(appends, ['Forwarded: for="'])).status, 400);
});

test("SCRIPT_NAME of nginx is taken off the path, and a path without it is refused", { skip: noNginx }, async (t) => {
  const site = await start(t, "tcp", [], (text) => swap(text, FOR, `${FOR}\n    proxy_set_header SCRIPT_NAME /shop;`));
  const { environ } = await ask(site, ["SCRIPT_NAME: /page"], "/shop/page");
  assert.deepEqual([environ["SCRIPT_NAME"], environ["PATH_INFO"]], ["/shop", "/page"]);
  assert.equal((await ask(site, [])).status, 400);
});
