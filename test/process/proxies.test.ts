// Whom the server believes about the client, as options of the command line.

import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FAILURES } from "../../src/errors.ts";
import { FAULTS, type FaultCode } from "../../src/protocol/faults.ts";
import { ask, get } from "../support/client.ts";
import { Server, type ServerOptions } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

type Environ = Readonly<Record<string, string>>;

const serve = (t: TestContext, args: readonly string[], options: ServerOptions = {}): Promise<Server> =>
  Server.start(t, ["site:application", ...args], options);

async function environ(where: number | string, fields: string): Promise<Environ> {
  const { status, body } = await ask(where, get("/environ", fields));
  assert.equal(status, 200, body);
  return JSON.parse(body) as Environ;
}

const STORY = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n";
const told = (env: Environ): readonly unknown[] => [env["REMOTE_ADDR"], env["tsgi.url_scheme"], env["HTTP_HOST"]];
const BELIEVED = ["203.0.113.9", "https", "shop.example"];
const UNBELIEVED = ["127.0.0.1", "http", "example.com"];

test("by default this machine and Unix sockets are believed, and nobody is with --forwarded-allow off", async (t) => {
  const path = join(tempFolder(t), "app.sock");
  const server = await serve(t, ["--bind", "127.0.0.1:0", "--bind", `unix:${path}`]);
  for (const where of [server.port, path]) assert.deepEqual(told(await environ(where, STORY)), BELIEVED);
  const off = await serve(t, ["--forwarded-allow", "off"]);
  const env = await environ(off.port, STORY);
  assert.deepEqual(told(env), UNBELIEVED);
  assert.equal(env["HTTP_X_FORWARDED_FOR"], "203.0.113.9");
});

test("gunicorn's variable names the proxies; a Unix socket is believed where it is said", async (t) => {
  const path = join(tempFolder(t), "app.sock");
  const variables = { FORWARDED_ALLOW_IPS: "10.0.0.0/8,unix" };
  const server = await serve(t, ["--bind", "127.0.0.1:0", "--bind", `unix:${path}`], { env: variables });
  assert.deepEqual(told(await environ(server.port, STORY)), UNBELIEVED);
  assert.deepEqual(told(await environ(path, STORY)), BELIEVED);
});

test("--forwarded-header forwarded believes RFC 7239 and nothing else", async (t) => {
  const server = await serve(t, ["--forwarded-header", "forwarded"]);
  const standard = 'Forwarded: for="203.0.113.9:4711";proto=https;host=shop.example\r\n';
  const env = await environ(server.port, `X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: ftp\r\n${standard}`);
  assert.deepEqual([...told(env), env["REMOTE_PORT"], env["tsgi.peer_addr"]], [...BELIEVED, "4711", "127.0.0.1"]);
  assert.equal(env["HTTP_X_FORWARDED_PROTO"], "ftp");
});

test("what a trusted proxy contradicts itself about is 400 with the reason, and the connection closes", async (t) => {
  const server = await serve(t, []);
  const cases: readonly (readonly [string, FaultCode])[] = [
    ["X-Forwarded-Proto: http\r\nX-Forwarded-Proto: https\r\n", "edge.forwarded-conflict"],
    ["X-Forwarded-For: nobody\r\n", "edge.bad-forwarded-for"],
    ["X-Forwarded-Prefix: //evil.example\r\n", "edge.bad-script-name"],
    ["SCRIPT_NAME: /shop\r\n", "edge.script-name-mismatch"],
  ];
  for (const [fields, code] of cases) {
    const answer = await ask(server.port, get("/environ", fields));
    assert.deepEqual(
      [answer.status, answer.body, answer.fields["connection"]],
      [400, `400 Bad Request: ${FAULTS[code].why}\n`, "close"],
    );
    assert.match(answer.fields["x-request-id"] ?? "", /^[0-9a-v-]+$/);
  }
  const warned = await server.says(/^refused a request from 127\.0\.0\.1/);
  assert.deepEqual([warned.level, warned["fault"]], ["warn", "edge.forwarded-conflict"]);
  assert.equal((await ask(server.port, get("/"))).status, 200);
});

test("--underscores: dropped, refused or kept; --forwarder-fields is for trusted proxies", async (t) => {
  const fields = "Remote_User: ann\r\nX-Kept: 1\r\n";
  for (const [args, seen] of [
    [[], undefined],
    [["--underscores", "keep"], "ann"],
    [["--underscores", "refuse", "--forwarder-fields", "remote_user"], "ann"],
    [["--forwarder-fields", "*"], "ann"],
    [["--forwarder-fields", "*", "--forwarded-allow", "unix"], undefined],
  ] as const) {
    const server = await serve(t, args);
    const env = await environ(server.port, fields);
    assert.deepEqual([env["HTTP_REMOTE_USER"], env["HTTP_X_KEPT"]], [seen, "1"], args.join(" "));
    await server.stop();
  }
  const strict = await serve(t, ["--underscores", "refuse"]);
  const answer = await ask(strict.port, get("/environ", fields));
  assert.deepEqual([answer.status, answer.fields["connection"]], [400, "close"]);
});

test("SCRIPT_NAME of a trusted proxy is taken off the path", async (t) => {
  const server = await serve(t, []);
  const { body } = await ask(server.port, get("/shop/environ?x", "SCRIPT_NAME: /shop\r\n"));
  const env = JSON.parse(body) as Environ;
  assert.deepEqual([env["SCRIPT_NAME"], env["PATH_INFO"], env["RAW_URI"]], ["/shop", "/environ", "/shop/environ?x"]);
});

test("a network with bits behind its prefix does not start, and the message names what may be meant", async (t) => {
  const server = Server.spawn(t, ["site:application", "--forwarded-allow", "127.0.0.1,10.1.2.3/8"]);
  const { code, stderr } = await server.ended;
  assert.equal(code, FAILURES.usage.exit);
  assert.match(
    stderr,
    /^tsgi: --forwarded-allow: 10\.1\.2\.3\/8 has bits set .* the network is 10\.0\.0\.0\/8, the address alone 10\.1\.2\.3$/m,
  );
});
