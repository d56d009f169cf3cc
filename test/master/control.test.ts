import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { RequestsData, StackData } from "../../src/ipc/control-data.ts";
import type { Whereabouts } from "../../src/ipc/messages.ts";
import { CONTROL_LIMITS, Control, type ControlHands, type ControlLimits } from "../../src/master/control.ts";
import { openControlSocket } from "../../src/master/control-socket.ts";
import type { Fact } from "../../src/master/facts.ts";
import { RawClient } from "../support/client.ts";
import { World } from "../support/plan-world.ts";
import { tempFolder } from "../support/temp-folder.ts";

interface Setup {
  readonly world: World;
  readonly control: Control;
  readonly path: string;
  /** What the master said and did because of us. */
  readonly warnings: string[];
  readonly faults: unknown[];
  /** Facts go to the plan, and its answers back to us. */
  tell(fact: Fact): void;
  connect(): Promise<RawClient>;
  /** One line on a connection of its own; the answer. */
  ask(line: string): Promise<Record<string, unknown>>;
}

async function setup(
  t: TestContext,
  options: { readonly world?: World; readonly limits?: Partial<ControlLimits> } & Partial<ControlHands> = {},
): Promise<Setup> {
  const path = join(tempFolder(t), "ctl");
  const world = options.world ?? World.serving({ workers: 2 });
  for (const { id, pid } of world.state.workers) {
    if (pid === null) world.tell({ fact: "forked", id, pid: 100 + id });
  }
  const warnings: string[] = [];
  const faults: unknown[] = [];
  const tell = (fact: Fact): void => {
    for (const action of world.tellRaw(fact)) {
      if (action.do === "answer") control.answer(action.ticket, action.ok, action.message);
    }
  };
  const socket = await openControlSocket({ control: path, pid: null }, { warn: assert.fail });
  const control = new Control(
    socket!,
    {
      ...{ enqueue: tell, state: () => world.state, now: () => world.now },
      ...{ inspect: () => Promise.resolve(null), warn: (message) => warnings.push(message) },
      report: (fault) => faults.push(fault),
      ...options,
    },
    { ...CONTROL_LIMITS, ...options.limits },
  );
  t.after(() => control.close());
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect(path);
    t.after(() => client.close());
    return client;
  };
  const ask: Setup["ask"] = async (line) => {
    const client = await connect();
    client.send(`${line}\n`);
    const answer = JSON.parse((await client.until((text) => text.includes("\n"))).trim());
    client.close();
    return answer;
  };
  return { world, control, path, warnings, faults, tell, connect, ask };
}

const lines = (text: string): unknown[] =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test("words are answered with one line and the end, JSON with its id and an open line", async (t) => {
  const { connect } = await setup(t);
  const words = await connect();
  words.send("status\nworkers\n");
  const [status, ...more] = lines(await words.rest()) as [{ id: unknown; ok: boolean; data: { ready: boolean } }];
  assert.deepEqual([status.id, status.ok, status.data.ready, more], [null, true, true, []]);

  const json = await connect();
  json.send('{"id":1,"command":"workers"}\n{"id":"two","command":"scale","count":3}\n');
  await json.until((text) => lines(text).length === 2);
  json.send('{"id":3,"command":"nonsense"}\n{"id":4,"command":"status"}\n');
  await json.until((text) => text.endsWith("\n") && lines(text).length === 4);
  assert.deepEqual(
    (lines(json.received) as { id: unknown; ok: boolean }[]).map(({ id, ok }) => [id, ok]),
    [
      [1, true],
      ["two", true],
      [3, false],
      [4, true],
    ],
  );
});

test("orders go to the plan, and what it says comes back", async (t) => {
  const { ask, world, tell } = await setup(t);
  assert.deepEqual(await ask("scale 4"), { id: null, ok: true, data: { message: "4 workers are wanted" } });
  assert.equal(world.state.count, 4);
  assert.deepEqual(await ask("restart 9"), {
    ...{ id: null, ok: false, error: "no worker has the pid 9; there are 101, 102" },
  });
  assert.deepEqual(await ask("restart 101"), {
    ...{ id: null, ok: true, data: { message: "worker 1 (pid 101) gets a successor and then leaves" } },
  });
  assert.deepEqual(await ask("reopen"), { id: null, ok: true, data: { message: "the log files are opened again" } });
  assert.deepEqual(await ask("reload"), {
    ...{ id: null, ok: true, data: { message: "the reload has begun; its outcome is in the log" } },
  });
  assert.equal(world.state.reading, "once");
  tell({ fact: "not-configured", message: "x" });
  assert.deepEqual(await ask("stop --quick"), { id: null, ok: true, data: { message: "the server stops at once" } });
  assert.deepEqual(await ask("scale 4"), { id: null, ok: false, error: "the server is stopping" });
  assert.deepEqual([world.state.stop?.style, world.state.stop?.by], ["quick", "tsgi ctl stop --quick"]);
});

test("a reload that is waited for is answered by its outcome, for each who waits, and never to one who left", async (t) => {
  const { connect, world, tell } = await setup(t);
  const [first, second, third] = await Promise.all([connect(), connect(), connect()]);
  for (const client of [first, second, third]) client.send('{"id":1,"command":"reload","wait":true}\n');
  while (world.state.tickets.length < 3) await new Promise((next) => setImmediate(next));
  third.close();
  tell({ fact: "not-configured", message: "unknown key wokers" });
  const error = "reload failed, nothing has changed: unknown key wokers";
  // The second and the third came while the configuration was being read, so it is read once more.
  tell({ fact: "not-configured", message: "unknown key wokers" });
  for (const client of [first, second]) {
    assert.deepEqual(lines(await client.until((text) => text.includes("\n"))), [{ id: 1, ok: false, error }]);
  }
  assert.deepEqual(world.state.tickets, []);
});

const AT: Whereabouts = {
  frames: [{ function: "spin", file: "/srv/app.ts", line: 41, column: 5 }],
  place: "app.ts:41:5",
  note: null,
  requests: [{ id: "a1", method: "GET", target: "/spin", ageMs: 3100 }],
};

test("the stack of a worker is what its watchdog says; without an answer, or for nobody's pid, there is an error", async (t) => {
  const asked: [number, string][] = [];
  const { ask } = await setup(t, {
    inspect(id, what) {
      asked.push([id, what]);
      return id === 1 ? Promise.resolve(AT) : Promise.reject(new Error("no line"));
    },
  });
  const answer = (await ask("stack 101")) as { data: StackData };
  assert.deepEqual(answer.data, {
    ...{ slot: 1, pid: 101, frames: AT.frames, place: "app.ts:41:5", note: null },
    requests: [{ id: "a1", method: "GET", target: "/spin", age: 3.1 }],
  });
  assert.equal((await ask("stack 102"))["error"], "worker 2 (pid 102) could not be asked: its watchdog did not answer");
  assert.equal((await ask("stack 9"))["error"], "no worker has the pid 9; there are 101, 102");
  assert.deepEqual(asked, [
    [1, "stack"],
    [2, "stack"],
  ]);
});

test("all workers are asked for their requests at once; those that do not answer are named, those that load are left out", async (t) => {
  const world = World.serving({ workers: 3 });
  world.order({ order: "scale", count: 4 });
  let together = 0;
  const { ask } = await setup(t, {
    world,
    limits: { inspectMs: 50 },
    inspect(id) {
      together += 1;
      if (id === 1) return new Promise(() => {});
      if (id === 2) return Promise.resolve({ ...AT, requests: null, note: "its main thread is in native code" });
      return Promise.resolve({ ...AT, requests: [1000, 3000, 2000].map((ageMs) => ({ ...AT.requests![0]!, ageMs })) });
    },
  });
  const { data } = (await ask("requests")) as { data: RequestsData };
  assert.equal(together, 3);
  assert.deepEqual(
    data.requests.map(({ slot, pid, age }) => [slot, pid, age]),
    [
      [3, 103, 3],
      [3, 103, 2],
      [3, 103, 1],
    ],
  );
  assert.deepEqual(data.silent, [
    { slot: 1, pid: 101, why: "its watchdog did not answer" },
    { slot: 2, pid: 102, why: "its main thread is in native code" },
  ]);
});

test("garbage gets one error and the end, and the log has it once", async (t) => {
  const { connect, ask, warnings, control } = await setup(t);
  for (const text of ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\n", "{]\n", "x".repeat(70_000), "\n"]) {
    const client = await connect();
    client.send(text);
    const [answer, ...more] = lines(await client.rest()) as [{ ok: boolean; error: string }];
    assert.deepEqual([answer.ok, more], [false, []], text.slice(0, 20));
  }
  assert.equal((await ask("status"))["ok"], true);
  await control.close();
  assert.equal(warnings.length, 3, warnings.join("\n"));
  assert.match(warnings[0]!, /^control socket: something was said that is no request: unknown command GET/);
  assert.match(warnings[1]!, /^control socket: a line was longer than 64 KiB$/);
  assert.match(warnings[2]!, /^control socket: something was said that is no request, 3 times more/);
});

test("silent clients make room for the next one, the oldest first; those that wait for an answer do not", async (t) => {
  const { connect, world, ask, warnings } = await setup(t, { limits: { clients: 4 } });
  const waiting = await connect();
  waiting.send("reload --wait\n");
  while (world.state.tickets.length === 0) await new Promise((next) => setImmediate(next));
  const silent: RawClient[] = [];
  for (let i = 0; i < 20; i += 1) silent.push(await connect());
  assert.equal((await ask("status"))["ok"], true);
  const crowded = "there may be 4 at once";
  for (const client of silent.slice(0, 18)) {
    assert.deepEqual(lines(await client.rest()), [{ id: null, ok: false, error: crowded }]);
  }
  assert.equal(waiting.received, "");
  assert.deepEqual(warnings, [`control socket: there were too many clients: ${crowded}`]);
});

test("when all places are taken by those that wait, one more is refused; those that perhaps left make room", async (t) => {
  const { connect, world, ask } = await setup(t, { limits: { clients: 2 } });
  const [first, second] = [await connect(), await connect()];
  for (const client of [first, second]) client.send("reload --wait\n");
  while (world.state.tickets.length < 2) await new Promise((next) => setImmediate(next));
  assert.equal((await ask("status"))["error"], "there may be 2 at once");
  first.close();
  // The end of the first one is seen with or before the next question.
  while ((await ask("status"))["ok"] !== true);
  assert.equal(second.received, "");
});

test("a fault of our own is an error for who asked, and reported; the next question is answered", async (t) => {
  let broken = true;
  const world = World.serving({ workers: 2 });
  const { ask, faults } = await setup(t, {
    world,
    state() {
      if (broken) throw new TypeError("broken");
      return world.state;
    },
  });
  assert.equal((await ask("status"))["error"], "internal fault of the master; the log has more");
  assert.match(String(faults), /TypeError: broken/);
  broken = false;
  assert.equal((await ask("status"))["ok"], true);
});

test("closing takes the socket away and ends every conversation", async (t) => {
  const { control, path, connect, world } = await setup(t);
  const [silent, waiting] = [await connect(), await connect()];
  waiting.send("reload --wait\n");
  while (world.state.tickets.length === 0) await new Promise((next) => setImmediate(next));
  const closed = control.close();
  assert.equal(fs.existsSync(path), false);
  await Promise.all([closed, silent.rest(), waiting.rest()]);
});

test("the order that ends the server is answered, also when nothing is left to wait for", async (t) => {
  const world = World.serving({ workers: 1 });
  world.exit(1);
  for (const id of [2, 3]) world.exit(id, 1);
  const { connect, control } = await setup(t, {
    world,
    enqueue(fact) {
      for (const action of world.tellRaw(fact)) {
        if (action.do === "answer") control.answer(action.ticket, action.ok, action.message);
        if (action.do === "exit") void control.close();
      }
    },
  });
  const client = await connect();
  client.send("stop\n");
  assert.deepEqual(lines(await client.rest()), [
    { id: null, ok: true, data: { message: "the server stops gracefully, within 30 s" } },
  ]);
  assert.equal(world.state.stop?.over, true);
});
