// What Django's development server does for whoever runs it, here for everybody: one server, and what its log and its access log say.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { ask, get } from "../support/client.ts";
import { APPS, BIN, Server } from "../support/server.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("HTTPS sent to an HTTP port is one line that says so, and no noise of bytes", async (t) => {
  const server = await Server.start(t, ["cgi:application"]);
  const socket = connect({ port: server.port, host: "127.0.0.1", rejectUnauthorized: false });
  socket.on("error", () => {});
  const { msg, level, fault } = await server.says(/HTTPS sent to an HTTP port/);
  socket.destroy();
  assert.match(msg, /^refused a request from 127\.0\.0\.1: HTTPS sent to an HTTP port: a TLS handshake came/);
  assert.deepEqual([level, fault], ["warn", "edge.tls-hello"]);
  assert.doesNotMatch(server.lines.join("\n"), /\\u00|\\x/);
});

test("the access log has a level by the class of the status, and the address as it is", async (t) => {
  const server = await Server.start(t, ["cgi:application", "--access-log", "-", "--access-log-format", "json"]);
  const long = `/${"x".repeat(9_000)}`;
  for (const [target, status] of [
    ["/echo", 200],
    ["/redirect", 303],
    ["/missing", 404],
    ["/throws", 500],
    [long, 414],
  ] as const) {
    assert.equal((await ask(server.port, get(target, "Connection: close\r\n"))).status, status);
  }
  // What the application prints is on standard output, too.
  const lines = (): string[] => server.stdout.split("\n").filter((line) => line.startsWith('{"') && line.endsWith("}"));
  await server.until(() => lines().length === 5, "five lines of the access log");
  const entries = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    entries.map(({ status, level, remote }) => [status, level, remote]),
    [
      [200, "info", "127.0.0.1"],
      [303, "info", "127.0.0.1"],
      [404, "warn", "127.0.0.1"],
      [500, "error", "127.0.0.1"],
      [414, "warn", "127.0.0.1"],
    ],
  );
});

test("a field with an underscore in its name does not reach the application, and its double does", async (t) => {
  const server = await Server.start(t, ["cgi:application"]);
  const fields = "X_Forwarded_For: 6.6.6.6\r\nX-Real: 1\r\nConnection: close\r\n";
  const environ = JSON.parse((await ask(server.port, get("/environ", fields))).body) as Record<string, string>;
  assert.deepEqual([environ["HTTP_X_FORWARDED_FOR"], environ["HTTP_X_REAL"]], [undefined, "1"]);
});

test("nothing of tsgi asks for the name of an address", () => {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const imports = files.flatMap((name) => [
    ...readFileSync(join(ROOT, "src", name), "utf8").matchAll(/^import .*"node:dns.*$/gm),
  ]);
  assert.ok(files.length > 100 && imports.length > 0);
  // From a name to its addresses, for what is to be bound.
  for (const [line] of imports) assert.match(line, /^import \{ lookup \} from/);
});

const missing = spawnSync("script", ["--version"]).status !== 0;
const skip = missing && process.env["CI"] === undefined ? "script(1) is not installed" : false;

test("on a terminal a line of the access log has the colour of its level", { skip }, async (t) => {
  const command = `"${process.execPath}" -- "${BIN}" serve cgi:application --bind 127.0.0.1:0 --access-log - --access-log-format "%(s)s %(U)s"`;
  const terminal = spawn("script", ["-qfc", command, "/dev/null"], { cwd: APPS, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => terminal.kill("SIGKILL"));
  let printed = "";
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(printed);
      if (found !== null) return found;
      printed += String(((await once(terminal.stdout, "data")) as [Buffer])[0]);
    }
  };
  const port = Number((await until(/127\.0\.0\.1:(\d+)[\s\S]*ready in/))[1]);
  for (const target of ["/echo", "/missing", "/throws"]) await ask(port, get(target, "Connection: close\r\n"));
  await until(/500 \/throws/);
  await until(/\x1b\[31m500 \/throws\x1b\[0m/);
  assert.match(printed, /\x1b\[33m404 \/missing\x1b\[0m/);
  assert.match(printed, /^200 \/echo\r?$/m);
  process.kill(Number(/\(pid (\d+)\)/.exec(printed)?.[1]), "SIGTERM");
  await once(terminal, "exit");
});
