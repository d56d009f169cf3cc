// `tsgi ctl stack` and `tsgi ctl requests`: where a worker's code is and what it holds, also when its main thread hears nothing any more.

import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { RequestsData, StackData } from "../../src/ipc/control-data.ts";
import { get, RawClient, ask as request } from "../support/client.ts";
import { controlled } from "../support/ctl.ts";
import { tempFolder } from "../support/temp-folder.ts";

const APP = `import { writeSync } from "node:fs";

interface Environ { readonly PATH_INFO: string }

export function application({ PATH_INFO }: Environ, startResponse: (status: string, headers: []) => void) {
  if (PATH_INFO === "/spin") spin();
  if (PATH_INFO === "/wait") return new Promise<never>(() => writeSync(1, "waiting\\n"));
  startResponse("200 OK", []);
  return [String(process.pid)];
}

function spin(): never {
  writeSync(1, "spinning\\n");
  for (;;) ;
}
`;

test("requests names what is in flight in every worker, the oldest first; a worker that is stopped is named", async (t) => {
  const cwd = tempFolder(t, { "package.json": '{ "type": "module" }', "app.ts": APP });
  const { server, ask, ctl } = await controlled(t, ["app:application", "--workers", "2", "--timeout", "0"], { cwd });
  const idle = await ctl("requests");
  assert.deepEqual([idle.code, idle.stdout], [0, "no request is in flight\n"]);
  const [first, second] = [await RawClient.connect(server.port), await RawClient.connect(server.port)];
  first.send(get("/wait"));
  // Each worker's ages are of the moment in which it is asked: so much older that the order is certain.
  while (((await ask<RequestsData>("requests")).requests[0]?.age ?? 0) < 1);
  second.send(get("/wait?second=1"));
  await server.until(() => server.stdout === "waiting\nwaiting\n");
  const { requests, silent } = await ask<RequestsData>("requests");
  assert.deepEqual(
    requests.map(({ method, target }) => [method, target]),
    [
      ["GET", "/wait"],
      ["GET", "/wait?second=1"],
    ],
  );
  assert.ok(requests.every(({ pid, age }) => server.workers().includes(pid!) && age >= 0));
  assert.deepEqual(silent, []);
  const table = (await ctl("requests")).stdout.split("\n");
  assert.match(table[0]!, /^ *AGE +SLOT +PID +ID +METHOD +TARGET$/);
  assert.match(table[1]!, /^ *\S+ m?s +\d +\d+ +\S+ +GET +\/wait$/);

  const [stopped = 0] = server.workers();
  process.kill(stopped, "SIGSTOP");
  const after = await ask<RequestsData>("requests");
  process.kill(stopped, "SIGCONT");
  assert.deepEqual(
    after.silent.map(({ pid, why }) => [pid, why]),
    [[stopped, "its watchdog did not answer"]],
  );
  for (const client of [first, second]) client.close();
});

test("stack shows where an endless loop is, by the TypeScript line, and the worker lives; an idle worker waits", async (t) => {
  const cwd = tempFolder(t, { "package.json": '{ "type": "module" }', "app.ts": APP });
  const { server, ask, ctl } = await controlled(t, ["app:application", "--workers", "2", "--timeout", "0"], { cwd });
  const client = await RawClient.connect(server.port);
  client.send(get("/spin"));
  await server.until(() => server.stdout.includes("spinning\n"));
  const { requests } = await ask<RequestsData>("requests");
  const spinning = requests[0]?.pid ?? 0;
  const idle = server.workers().find((pid) => pid !== spinning);
  const stack = await ctl("stack", String(spinning));
  assert.deepEqual([stack.code, stack.stderr], [0, ""]);
  // The loop's own line, by the source: "for" stands on line 14.
  assert.match(
    stack.stdout,
    new RegExp(`^worker \\d \\(pid ${spinning}\\) is at .*app\\.ts:14:\\d+\n +at spin \\(.*app\\.ts:14:`),
  );
  assert.match(stack.stdout, /\nin flight:\n +GET \/spin \(/);
  const json = JSON.parse((await ctl("stack", String(spinning), "--json")).stdout) as StackData;
  assert.equal(json.frames?.[0]?.file, join(cwd, "app.ts"));
  assert.equal(json.frames[0].line, 14);

  const rests = await ctl("stack", String(idle));
  assert.deepEqual([rests.code, rests.stdout.includes("app.ts")], [0, false], rests.stdout);
  assert.equal(Number((await request(server.port, get("/"))).body), idle);
  assert.ok(server.workers().includes(spinning), "to be looked at ends nobody");
  client.close();
});
