// A loop that is blocked: the log says in which function, file and line, and what was in flight; the worker is replaced, and whoever
// another worker serves sees nothing of it.

import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { blamed, escaped } from "../support/blame.ts";
import { get, RawClient } from "../support/client.ts";
import { type LogRecord, Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

interface Request {
  readonly method: string;
  readonly target: string;
  readonly ageMs: number;
}

const requestsOf = (record: LogRecord): readonly Request[] => (record["requests"] ?? []) as readonly Request[];
const stackOf = (record: LogRecord): string => (record["err"] as { readonly stack: string }).stack;

/** Nobody but the log has written on standard error: no debugger has said that it came or went. */
function assertOnlyLog({ lines }: Server): void {
  assert.deepEqual(
    lines.filter((line) => !line.startsWith("{")),
    [],
  );
}

/** Asks and does not wait for the answer. */
async function send(server: Server, target: string): Promise<RawClient> {
  const client = await RawClient.connect(server.port);
  client.send(get(target));
  return client;
}

/** Two kept connections that different workers have taken. */
async function oneEach(server: Server): Promise<readonly [RawClient, RawClient]> {
  const first = await RawClient.connect(server.port);
  first.send(get("/"));
  const { body } = await first.response();
  for (;;) {
    const second = await RawClient.connect(server.port);
    second.send(get("/"));
    if ((await second.response()).body !== body) return [first, second];
    second.close();
  }
}

test("an endless loop is told by function, file and line of the TypeScript within two seconds of --timeout, and other workers' clients see nothing", async (t) => {
  // The other worker is asked as often as it can answer.
  const flags = ["--workers", "2", "--timeout", "3", "--limit-connection-requests", "0"];
  const server = await Server.start(t, ["stuck:application", ...flags]);
  const [stuck, other] = await oneEach(server);
  other.send(get("/"));
  const pid = (await other.response()).body;
  const sentAt = Date.now();
  stuck.send(get("/spin?why=because"));
  let answered = 0;
  // The kernel gives new connections to whoever accepts: none of them waits for the blocked worker.
  while (!server.records.some(({ msg }) => /was killed/.test(msg))) {
    for (const client of [other, await RawClient.connect(server.port)]) {
      client.send(get("/"));
      assert.equal((await client.response()).body, pid);
      answered += 1;
      if (client !== other) client.close();
    }
  }
  assert.ok(answered >= 2);
  const died = await server.says(/was killed/);
  const said = `was killed: its event loop was blocked for [\\d.]+ s \\(--timeout\\) in spinForEver \\(${escaped(blamed("/spin"))}:\\d+\\); 1 request in flight: GET /spin\\?why=because \\([\\d.]+ s\\); it had been there for [\\d.]+ s; a successor starts at once$`;
  assert.match(died.msg, new RegExp(`^worker \\d \\(pid \\d+\\) ${said}`));
  assert.equal(died.level, "error");
  assert.match(
    stackOf(died),
    new RegExp(`\n    at spinForEver \\(${escaped(blamed("/spin"))}:\\d+\\)\n    at /spin \\(`),
  );
  const [request] = requestsOf(died);
  assert.deepEqual([request?.method, request?.target], ["GET", "/spin?why=because"]);
  assert.ok(request!.ageMs >= 2_500, String(request!.ageMs));
  // A machine too busy to start a server within a second is too busy for this promise.
  const startMs = Number(/\d+/.exec((await server.says(/^ready in/)).msg)?.[0]);
  const tookMs = Date.parse(died.time) - sentAt;
  assert.ok(tookMs < Math.max(5_000, 3_000 + startMs), `${tookMs} ms; the start took ${startMs} ms`);
  assert.equal(await stuck.rest(), "");
  await server.untilServing(2);
  assert.ok(server.serving().includes(Number(pid)));
  assertOnlyLog(server);
});

/** Blocks two workers, each in another way, and waits until both are told of. */
async function blockTwo(t: TestContext, ways: readonly [string, string]): Promise<readonly [string, string]> {
  const server = await Server.start(t, ["stuck:application", "--workers", "2", "--timeout", "2"]);
  const before = server.serving();
  const clients = await oneEach(server);
  for (const [i, client] of clients.entries()) client.send(get(ways[i]!));
  const told = async (way: string): Promise<string> => {
    const line = `was killed: its event loop was blocked.* in flight: .*GET ${way} \\(`;
    return (await server.says(new RegExp(line))).msg;
  };
  const said = [await told(ways[0]), await told(ways[1])] as const;
  for (const client of clients) assert.equal(await client.rest(), "");
  await server.untilServing(2, before);
  assertOnlyLog(server);
  return said;
}

test("a catastrophic regular expression and Atomics.wait are told by function, file and line", async (t) => {
  const [regex, atomics] = await blockTwo(t, ["/regex", "/atomics"]);
  const where = (name: string, way: string): RegExp => new RegExp(` in ${name} \\(${escaped(blamed(way))}:\\d+\\); `);
  assert.match(regex, where("isNested", "/regex"));
  assert.match(atomics, where("waitForNobody", "/atomics"));
});

test("of a synchronous child process and of native code, where no stack can be had, is said what is known instead", async (t) => {
  const [exec, native] = await blockTwo(t, ["/exec", "/pbkdf2"]);
  for (const said of [exec, native]) {
    assert.match(said, /; its stack cannot be had: it is in a native call that has not returned; /);
    assert.match(said, /; its requests are those it had noted [\d.]+ s ago, and the one that was read last; /);
  }
  if (process.platform !== "linux") return;
  assert.match(exec, /; it waits in .*; its child process: (\/bin\/sh -c )?sleep 61 \(pid \d+\); /);
  assert.match(native, /; it is busy in native code; /);
});

test("a compiled file with its map beside it is told in the lines of its source", async (t) => {
  const source = [
    "import x;",
    "interface X {",
    "  x: number;",
    "}",
    "export function application(): never {",
    "  for (;;);",
    "}",
  ];
  // Each line of the one is a line of the other, four further down.
  const folder = tempFolder(t, {
    "package.json": '{ "type": "module" }',
    "dist/app.js": `${source.slice(4).join("\n").replace("(): never", "()")}\n//# sourceMappingURL=app.js.map\n`,
    "dist/app.js.map": JSON.stringify({
      ...{ version: 3, file: "app.js", sources: ["../src/app.ts"], names: [] },
      mappings: "AAIA;AACA;AACA",
    }),
    "src/app.ts": source.join("\n"),
  });
  const server = await Server.start(t, ["dist/app:application", "--timeout", "1"], { cwd: folder });
  await send(server, "/");
  const died = await server.says(/was killed/);
  assert.match(
    died.msg,
    new RegExp(` in application \\(${escaped(join(folder, "src/app.ts"))}:6:\\d+\\); 1 request in`),
  );
});
