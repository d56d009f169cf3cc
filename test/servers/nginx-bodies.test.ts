// Bodies through nginx, both ways: large ones whole, streams as they come, and what is cut is seen to be cut.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { RawClient } from "../support/client.ts";
import { program } from "../support/compiled.ts";
import { FRONT_TITLES, FRONTS, type Front, noNginx, type Site, startSite, swap } from "../support/nginx.ts";

const SIZE = 50 * 1_048_576;

let folder = "";
let file = "";
let hash = "";
before(() => {
  const bytes = randomBytes(SIZE);
  folder = program({});
  file = join(folder, "large");
  writeFileSync(file, bytes);
  hash = createHash("sha256").update(bytes).digest("hex");
});
after(() => rmSync(folder, { recursive: true }));

const APP = ["proxied:application"];
const LENGTH = { "Content-Length": String(SIZE) };

for (const front of FRONTS) {
  const title = FRONT_TITLES[front];
  const start = (t: Parameters<typeof startSite>[0]): Promise<Site> =>
    startSite(t, front, [...APP, "--env", `PROXIED_FILE=${file}`]);

  test(`${title}: 50 MB go up whole, buffered by nginx or not, with a length or in chunks`, {
    skip: noNginx,
  }, async (t) => {
    const { port, nginx } = await start(t);
    for (const path of ["/hash", "/uploads/hash"]) {
      for (const headers of [LENGTH, {}]) assert.equal(await upload(port, path, headers), `${SIZE} ${hash}`, path);
    }
    assert.deepEqual((await nginx.quit()).errors, []);
  });

  test(`${title}: 50 MB come down whole from a generator and a file, buffered by nginx or not`, {
    skip: noNginx,
  }, async (t) => {
    const { port, nginx } = await start(t);
    for (const path of ["/generated", "/wrapped", "/events/generated", "/events/wrapped"]) {
      assert.deepEqual(await download(port, path), { size: SIZE, hash }, path);
    }
    assert.deepEqual((await nginx.quit()).errors, []);
  });

  test(`${title}: a client that leaves in the middle of a download ends the application's generator`, {
    skip: noNginx,
  }, async (t) => {
    const { port, server } = await start(t);
    for (const path of ["/endless", "/events/endless"]) {
      const seen = server.records.length;
      const response = await get(port, path);
      for await (const _chunk of response) break;
      response.destroy();
      const { msg } = await server.says(/^endless is over/, seen);
      assert.equal(msg, "endless is over, aborted: true");
    }
  });

  test(`${title}: an application that fails after its head gives the client a response that is not whole`, {
    skip: noNginx,
  }, async (t) => {
    const { port, nginx } = await start(t);
    for (const path of ["/cut", "/cut?length", "/events/cut", "/events/cut?length"]) {
      const client = await RawClient.connect(port);
      client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await assert.rejects(client.response(), /the connection ended early/, path);
      client.close();
    }
    const { errors } = await nginx.quit();
    assert.equal(errors.length, 4);
    for (const line of errors) assert.match(line, /upstream prematurely closed|reset by peer/);
  });
}

test("an upload that nginx does not buffer reaches the application while the client still sends", {
  skip: noNginx,
}, async (t) => {
  for (const front of ["tcp", "unix"] satisfies Front[]) {
    const { port, server } = await startSite(t, front, APP);
    const client = await RawClient.connect(port);
    client.send("POST /uploads/hash HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    await server.says(/^the first bytes came/);
    client.send("7\r\n, world\r\n0\r\n\r\n");
    const { body } = await client.response();
    client.close();
    assert.equal(body, `12 ${createHash("sha256").update("hello, world").digest("hex")}`);
  }
});

test("each event reaches the client before the next one is made, by nginx's setting and by the application's header", {
  skip: noNginx,
}, async (t) => {
  for (const front of FRONTS) {
    const { port } = await startSite(t, front, [...APP, "--workers", "1"]);
    for (const path of ["/events/sse", "/sse?ask"]) {
      const client = await RawClient.connect(port);
      client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await client.until((text) => text.includes("data: 1\n\n"));
      assert.ok(!client.received.includes("data: 2"));
      (await get(port, "/go")).resume();
      const { body } = await client.response();
      client.close();
      assert.equal(body, "data: 1\n\ndata: 2\n\n");
    }
  }
});

test("an application that thinks too long for nginx, or for its client, is told by its signal", {
  skip: noNginx,
}, async (t) => {
  const hasty = (site: string) => swap(site, "proxy_read_timeout 60s;", "proxy_read_timeout 100ms;");
  for (const front of FRONTS) {
    const slow = await startSite(t, front, APP, hasty);
    assert.equal((await get(slow.port, "/wait")).statusCode, 504);
    await slow.server.says(/^the wait is over/);

    const left = await startSite(t, front, APP);
    const client = await RawClient.connect(left.port);
    client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    await left.server.says(/^waiting/);
    client.close();
    await left.server.says(/^the wait is over/);
    assert.deepEqual((await left.nginx.quit()).statuses, ["499 -"]);
    assert.ok(!left.server.records.some(({ msg }) => msg.startsWith("the application failed")));
  }
});

test("a body above --limit-body gets tsgi's 413 through nginx, however much of it is still under way", {
  skip: noNginx,
}, async (t) => {
  for (const front of FRONTS) {
    const { port, nginx } = await startSite(t, front, [...APP, "--limit-body", "64K"]);
    for (const path of ["/hash", "/uploads/hash"]) {
      const { status, text } = await uploadUntilAnswered(port, path);
      assert.deepEqual([status, text.split(":")[0]], [413, "413 Content Too Large"], path);
    }
    assert.deepEqual((await nginx.quit()).statuses, ["413 413", "413 413"]);
  }
});

test("a body above client_max_body_size gets nginx's 413, and the application is not asked", {
  skip: noNginx,
}, async (t) => {
  const { port, nginx } = await startSite(t, "tcp", APP);
  const client = await RawClient.connect(port);
  client.send(`POST /hash HTTP/1.1\r\nHost: x\r\nContent-Length: ${1_073_741_825}\r\n\r\n`);
  assert.equal((await client.response()).status, 413);
  client.close();
  assert.deepEqual((await nginx.quit()).statuses, ["413 -"]);
});

const get = (port: number, path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request({ port, path, host: "127.0.0.1", agent: false }, resolve).on("error", reject).end();
  });

async function download(port: number, path: string): Promise<{ size: number; hash: string }> {
  const sum = createHash("sha256");
  let size = 0;
  for await (const chunk of await get(port, path)) {
    size += (chunk as Buffer).length;
    sum.update(chunk as Buffer);
  }
  return { size, hash: sum.digest("hex") };
}

/** Sends the file, by its length or, without one, in chunks. */
async function upload(port: number, path: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const { text } = await send(port, path, headers);
  return text;
}

const uploadUntilAnswered = (port: number, path: string) => send(port, path, LENGTH);

function send(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const posted = request({ port, path, host: "127.0.0.1", method: "POST", headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => {
        posted.destroy();
        resolve({ status: response.statusCode, text });
      });
      response.on("error", reject);
    });
    posted.on("error", reject);
    createReadStream(file).pipe(posted);
  });
}
