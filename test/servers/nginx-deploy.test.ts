// What docs/deploy/nginx.md tells people to write, taken from the page and run: the settings, the unit, the permissions of the socket.

import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { OPTIONS } from "../../src/config/options.ts";
import { RawClient, type RawResponse } from "../support/client.ts";
import { block, noNginx, siteFor, startNginx, swap } from "../support/nginx.ts";
import { APPS, Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Files as the page lays them out, in a folder in place of /srv/app, and the path in place of /run/app/app.sock. */
function layOut(t: TestContext): { folder: string; socket: string } {
  const folder = tempFolder(t);
  const socket = join(folder, "app.sock");
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "tsgi.config.ts"), swap(block("config"), "/run/app/app.sock", socket));
  copyFileSync(join(APPS, "proxied.js"), join(folder, "app.mjs"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules/tsgi"));
  return { folder, socket };
}

/** The arguments of the unit's ExecStart, without the program. */
function execStart(): readonly string[] {
  const words = /^ExecStart=(.*)$/m.exec(block("unit"))?.[1]?.split(" ") ?? [];
  assert.match(words[0] ?? "", /^\/srv\/app\/node_modules\/\.bin\/tsgi$/);
  return words.slice(1);
}

async function ask(port: number): Promise<RawResponse> {
  const client = await RawClient.connect(port);
  client.send("GET /page?x=1 HTTP/1.1\r\nHost: example.com\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n");
  const response = await client.response();
  client.close();
  return response;
}

test("the settings of the page serve with the unit's command, and the access log has the client and nginx's request id", {
  skip: noNginx,
}, async (t) => {
  const { folder, socket } = layOut(t);
  const server = Server.run(t, execStart(), { cwd: folder });
  await server.says(/\bready in \d+ ms$/);
  assert.equal(statSync(socket).mode & 0o777, 0o660);
  const nginx = await startNginx(t, siteFor("unix", `unix:${socket}`), "nobody root");
  const { status, fields } = await ask(nginx.port);
  assert.equal(status, 200);
  const environ = JSON.parse(fields["x-environ"]!) as Record<string, string>;
  await server.until(() => server.stdout.endsWith("\n"));
  const line = /^(\S+) - - \[[^\]]+\] "GET \/page\?x=1 HTTP\/1\.1" 200 \d+ \d+ (\S+) (\S+)\n$/.exec(server.stdout);
  assert.deepEqual([...(line ?? [server.stdout])].slice(1), [
    "127.0.0.1",
    environ["HTTP_X_REQUEST_ID"],
    environ["tsgi.request_id"],
  ]);
  assert.equal((await server.stop()).code, 0);
});

test("a socket of --user, --group and mode 660 is open to nginx in that group, and to no other nginx", {
  skip: noNginx || (process.getuid?.() !== 0 && "needs root"),
}, async (t) => {
  const { folder, socket } = layOut(t);
  const server = Server.run(t, [...execStart(), "--user", "daemon", "--group", "daemon"], { cwd: folder });
  await server.says(/\bready in \d+ ms$/);
  const site = siteFor("unix", `unix:${socket}`);
  const member = await startNginx(t, site, "nobody daemon");
  assert.equal((await ask(member.port)).status, 200);
  const stranger = await startNginx(t, site, "nobody nogroup");
  assert.equal((await ask(stranger.port)).status, 502);
  await stranger.says(/connect\(\) to unix:.* failed \(13: Permission denied\)/);
});

test("the page's times and sizes fit each other, and tsgi's defaults", () => {
  const site = block("site");
  const config = block("config");
  const seconds = (text: string, pattern: RegExp): number => {
    const value = pattern.exec(text)?.[1];
    assert.ok(value !== undefined, `the page does not say ${pattern}`);
    return Number(value);
  };
  const upstream = seconds(site, /^ {4}keepalive_timeout (\d+)s;/m);
  assert.equal(upstream, seconds(block("unix"), /^ {4}keepalive_timeout (\d+)s;/m));
  assert.ok(upstream < seconds(config, /keepAlive: "(\d+)s"/));
  assert.ok(upstream < Number(OPTIONS.keepAlive.default));
  assert.ok(seconds(site, /client_body_timeout (\d+)s;/) < Number(OPTIONS.bodyTimeout.default));
  assert.ok(seconds(config, /gracefulTimeout: "(\d+)s"/) < seconds(block("unit"), /^TimeoutStopSec=(\d+)$/m));
  const size = seconds(site, /client_max_body_size (\d+)g;/);
  assert.deepEqual([size, size * 2 ** 30], [seconds(config, /limitBody: "(\d+)G"/), OPTIONS.limitBody.default]);
});
