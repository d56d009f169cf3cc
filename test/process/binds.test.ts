// Where a server listens: several addresses at once, sockets that it inherits, and the variables of a platform.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { createHandle, listenWithoutAccepting } from "../../src/master/handles.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { listeningPorts, Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { complete, upgrade } from "../support/upgrade.ts";

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

test("several addresses are served at once: IPv4, IPv6 and a Unix socket", async (t) => {
  const path = join(tempFolder(t), "app.sock");
  const v6 = hasIPv6 ? ["--bind", "[::1]:0"] : [];
  const args = ["site:application", "--workers", "2", "--bind", "127.0.0.1:0", ...v6, "--bind", `unix:${path}`];
  const server = await Server.start(t, args);
  assert.deepEqual(
    server.urls.map((url) => url.replace(/\d+$/, "0")),
    ["http://127.0.0.1:0", ...(hasIPv6 ? ["http://[::1]:0"] : []), `unix:${path}`],
  );
  for (const url of server.urls) {
    const where = url.startsWith("unix:") ? { path } : { host: hostOf(url), port: Number(new URL(url).port) };
    const socket = net.connect(where).setEncoding("latin1");
    socket.end(get("/environ", "Connection: close\r\n"));
    const text = (await socket.toArray()).join("");
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    const environ = JSON.parse(text.slice(text.indexOf("{"))) as Readonly<Record<string, string>>;
    const port = url.startsWith("unix:") ? "80" : new URL(url).port;
    assert.equal(environ["SERVER_PORT"], port);
    assert.equal(environ["REMOTE_ADDR"], url.startsWith("unix:") ? "" : hostOf(url));
  }
  assert.equal((await server.stop()).code, 0);
});

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, "");

test(":port listens on every interface, IPv6 too where there is one", async (t) => {
  const server = await Server.start(t, ["site:application", "--bind", ":0"]);
  const [url = ""] = server.urls;
  assert.match(url, hasIPv6 ? /^http:\/\/\[::\]:\d+$/ : /^http:\/\/(\[::\]|0\.0\.0\.0):\d+$/);
  assert.equal((await ask(server.port, get("/"))).status, 200);
});

test("fd://3 serves a listening socket that was inherited, TCP or Unix", async (t) => {
  const path = join(tempFolder(t), "inherited.sock");
  for (const place of [{ host: "127.0.0.1", port: 0, family: 4 } as const, { path }]) {
    const handle = createHandle(place);
    assert.ok(typeof handle !== "string", String(handle));
    assert.equal(listenWithoutAccepting(handle, 16), undefined);
    const name: { port?: number } = {};
    handle.getsockname?.(name);
    const where = "path" in place ? path : name.port!;
    try {
      const server = await Server.start(t, ["site:application", "--bind", "fd://3"], { inherit: [handle.fd] });
      assert.deepEqual(server.urls, ["path" in place ? `unix:${path}` : `http://127.0.0.1:${name.port}`]);
      assert.equal((await ask(where, get("/"))).status, 200);
      await server.stop();
      // Whoever made it still has it: the next server may take it over.
      const waiting = await RawClient.connect(where);
      waiting.send(get("/"));
      await Server.start(t, ["site:application", "--bind", "fd://3"], { inherit: [handle.fd] });
      assert.equal((await waiting.response()).status, 200);
    } finally {
      handle.close();
    }
  }
});

test("PORT is listened on when nothing else names an address, on every IPv4 interface", async (t) => {
  const env = { PORT: "0" };
  const bare = ["site:application", "--log-format", "json"];
  const server = await Server.start(t, bare, { env, bare: true });
  assert.match(server.urls.join(), /^http:\/\/0\.0\.0\.0:[1-9]\d*$/);
  const path = join(tempFolder(t), "app.sock");
  const named = await Server.start(t, ["site:application", "--bind", `unix:${path}`], { env });
  assert.deepEqual(named.urls, [`unix:${path}`]);
});

test("--backlog is how many connections may wait", async (t) => {
  const folder = tempFolder(t);
  const outcomes = new Map<string, string>();
  for (const backlog of ["1", "100"]) {
    const path = join(folder, `${backlog}.sock`);
    const server = await Server.start(t, ["site:application", "--backlog", backlog, "--bind", `unix:${path}`]);
    const [worker = 0] = server.workers();
    process.kill(worker, "SIGSTOP");
    // A full queue refuses the next client of a Unix socket at once.
    const clients = Array.from({ length: 8 }, () => net.connect(path));
    const ends = await Promise.all(clients.map((client) => once(client, "connect").then(() => "ok", codeOf)));
    outcomes.set(backlog, [...new Set(ends)].sort().join());
    for (const client of clients) client.destroy();
    process.kill(worker, "SIGCONT");
  }
  assert.deepEqual(Object.fromEntries(outcomes), { 1: "EAGAIN,ok", 100: "ok" });
});

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

test("no process listens on anything that was not asked for, not even after every signal", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "2"]);
  const before = server.serving();
  for (const pid of [server.pid, ...before]) {
    // Node would open a debugger on this one.
    process.kill(pid, "SIGUSR1");
    process.kill(pid, "SIGWINCH");
  }
  // To a worker it says nothing; to a master, that a new one shall come.
  for (const pid of before) process.kill(pid, "SIGUSR2");
  const heir = await upgrade(server);
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(server.port, get("/"))));
  assert.ok(answers.every(({ status }) => status === 200));
  for (const pid of [server.pid, ...before, heir]) assert.deepEqual(listeningPorts(pid), [server.port]);
  assert.ok(before.every((pid) => server.workers().includes(pid)));
  await complete(server);
  process.kill(heir, "SIGTERM");
  await server.ended;
  assert.deepEqual(server.processes(), []);
});
