import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Settings } from "../../src/config/options.ts";
import type { Command } from "../../src/ipc/messages.ts";
import { Distribution } from "../../src/master/distribution.ts";
import { type Listener, Listeners } from "../../src/master/listeners.ts";
import type { PortSockets } from "../../src/master/reuse-port.ts";
import { settingsWith } from "../support/plan-world.ts";
import { canReusePort } from "../support/reuse-port.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** A distribution over one TCP port and one Unix socket; what workers are told, as `worker words`. */
async function distributionOf(t: TestContext, accept: Settings["accept"]) {
  const path = join(tempFolder(t), "s");
  const bind: Settings["bind"] = [
    { kind: "tcp", host: "127.0.0.1", port: 0 },
    { kind: "unix", path },
  ];
  const all = new Listeners();
  const listeners = (await all.open(settingsWith({ bind, accept }))).map(({ index }) => all.get(index));
  const said: string[] = [];
  const handles: unknown[] = [];
  const lines: string[] = [];
  const distribution = new Distribution({
    accept,
    send(worker, command, handle) {
      said.push(`${worker} ${inWords(command)}`);
      handles.push(handle);
    },
    log: (level, message) => void lines.push(`${level}: ${message}`),
  });
  t.after(() => {
    distribution.closingAll();
    all.closeAll();
  });
  const take = (): string[] => said.splice(0);
  /** A worker that comes as far as ready, and what it was told. */
  const serve = (worker: number, slot: number, on: readonly Listener[] = listeners): string[] => {
    distribution.forked(worker, slot);
    distribution.open(worker, on, 64);
    assert.equal(distribution.heard(worker, { tsgi: "ready" }), false, "the plan wants to hear it too");
    return take();
  };
  return { distribution, listeners, said, handles, lines, take, serve };
}

function inWords(command: Command): string {
  switch (command.tsgi) {
    case "listen":
      return `listen ${command.listener.index}${command.socket === undefined ? "" : `/${command.socket}`}${command.handed ? " handed" : ""}${command.last ? " last" : ""}`;
    case "share":
      return `share ${command.listener} row ${command.row}`;
    case "release":
      return `release ${command.listener}/${command.socket}`;
    default:
      return command.tsgi;
  }
}

test("shared: each worker gets every socket twice, and a row of the scoreboard that it inherits", async (t) => {
  const { distribution, listeners, handles, take, serve } = await distributionOf(t, "shared");
  assert.ok(typeof distribution.scoreboardFd === "number");
  assert.equal(distribution.scoreboardFd, distribution.scoreboardFd);
  assert.deepEqual(serve(7, 1), ["7 share 0 row 0", "7 listen 0", "7 share 1 row 0", "7 listen 1 last"]);
  assert.deepEqual(
    handles,
    listeners.flatMap(({ handle }) => [handle, handle]),
  );
  assert.equal(serve(8, 2)[0], "8 share 0 row 1");
  distribution.leaving(7);
  distribution.gone(7);
  assert.deepEqual(take(), []);
  assert.equal(serve(9, 1)[0], "9 share 0 row 0");
});

test("shared: workers that inherit no scoreboard share without one", async (t) => {
  const { serve } = await distributionOf(t, "shared");
  assert.deepEqual(serve(7, 1), ["7 listen 0", "7 listen 1 last"]);
});

test("round-robin: no handle travels, and words about connections are for nobody else", async (t) => {
  const { distribution, listeners, handles, serve } = await distributionOf(t, "round-robin");
  assert.equal(distribution.scoreboardFd, "ignore");
  assert.deepEqual(serve(7, 1), ["7 listen 0 handed", "7 listen 1 handed last"]);
  assert.deepEqual(
    handles,
    listeners.map(() => undefined),
  );
  for (const report of [
    { tsgi: "accepted", ticket: 1 },
    { tsgi: "lost", ticket: 1 },
    { tsgi: "room", more: true },
    { tsgi: "leaving" },
  ] as const) {
    assert.equal(distribution.heard(7, report), true);
  }
  assert.equal(distribution.heard(7, { tsgi: "draining", inFlight: 0 }), false);
});

for (const accept of ["shared", "round-robin"] as const) {
  test(`${accept}: what a worker gives back is the next one's, and closed with its listener`, async (t) => {
    const { distribution, handles, take, serve } = await distributionOf(t, accept);
    serve(7, 1);
    distribution.leaving(7, { handBack: true });
    const closed: number[] = [];
    const clients = [0, 1].map((listener) => ({ close: () => void closed.push(listener) }));
    for (const [listener, client] of clients.entries()) {
      assert.equal(distribution.heard(7, { tsgi: "hand-back", listener, read: "" }, client), true);
    }
    distribution.gone(7);
    assert.deepEqual(take(), []);
    distribution.closing(1);
    assert.deepEqual(closed, [1]);
    assert.equal(serve(8, 1).at(-1), "8 connection");
    assert.equal(handles.at(-1), clients[0]);
    assert.equal(distribution.heard(8, { tsgi: "accepted", ticket: -1 }), true);
    assert.deepEqual(closed, [1, 0]);
  });
}

for (const accept of ["shared", "round-robin"] as const) {
  test(`${accept}: a worker that was told to leave before it is heard that it is ready gets no connection`, async (t) => {
    const { distribution, listeners, take, serve } = await distributionOf(t, accept);
    serve(7, 1);
    distribution.forked(8, 2);
    distribution.open(8, listeners, 64);
    for (const worker of [7, 8]) distribution.leaving(worker, { handBack: true });
    distribution.heard(7, { tsgi: "hand-back", listener: 0, read: "" }, { close() {} });
    take();
    distribution.heard(8, { tsgi: "ready" });
    assert.deepEqual(take(), []);
    assert.equal(serve(9, 1).at(-1), "9 connection");
  });
}

test("a worker that nobody knows, or that says ready twice, changes nothing", async (t) => {
  const { distribution, take, serve } = await distributionOf(t, "round-robin");
  distribution.open(1, [], 1);
  distribution.heard(1, { tsgi: "ready" });
  distribution.leaving(1);
  distribution.gone(1);
  serve(7, 1);
  distribution.heard(7, { tsgi: "ready" });
  assert.deepEqual(take(), []);
});

const skip = { skip: !canReusePort() && "this Node cannot share a port between sockets" };

test("reuse-port: a socket for each place, and the Unix socket is shared", skip, async (t) => {
  const { listeners, handles, serve, distribution } = await distributionOf(t, "reuse-port");
  assert.ok(typeof distribution.scoreboardFd === "number");
  assert.deepEqual(serve(7, 1), ["7 listen 0/1", "7 share 1 row 0", "7 listen 1 last"]);
  assert.equal(handles[0], listeners[0]!.handle);
  assert.deepEqual(serve(8, 2), ["8 listen 0/2", "8 share 1 row 1", "8 listen 1 last"]);
  assert.notEqual(handles[3], listeners[0]!.handle);
  // Its successor, or the next generation: the same socket.
  assert.deepEqual(serve(9, 2)[0], "9 listen 0/2");
  assert.equal(handles[6], handles[3]);
});

test(
  "reuse-port: a socket whose worker leaves or dies is somebody else's until the next one is ready",
  skip,
  async (t) => {
    const { distribution, take, serve, handles } = await distributionOf(t, "reuse-port");
    assert.ok(typeof distribution.scoreboardFd === "number");
    serve(7, 1);
    serve(8, 2);
    const second = handles[3];
    distribution.gone(8);
    assert.deepEqual(take(), ["7 listen 0/2"]);
    assert.equal(handles.at(-1), second);
    distribution.forked(9, 2);
    distribution.open(9, [], 64);
    assert.deepEqual(take(), []);
    assert.deepEqual(serve(10, 2), ["10 listen 0/2", "10 share 1 row 1", "10 listen 1 last", "7 release 0/2"]);
    distribution.leaving(10);
    distribution.gone(10);
    assert.deepEqual(take(), ["7 listen 0/2"]);
    distribution.leaving(7);
    distribution.gone(7);
    assert.deepEqual(take(), [], "nobody is left");
  },
);

test("reuse-port: a port that is gone for the next socket is said, and the first socket is shared", skip, async (t) => {
  const { listeners, lines, serve, take, distribution } = await distributionOf(t, "reuse-port");
  // As when the process is out of descriptors.
  const first = listeners[0]!.handle;
  const sockets = {
    get: (number: number) => (number === 1 ? first : "EMFILE"),
    numbers: [1],
  } as unknown as PortSockets;
  const broken = listeners.map((listener) => (listener.sockets === undefined ? listener : { ...listener, sockets }));
  assert.equal(serve(7, 1, broken)[0], "7 listen 0/1");
  assert.equal(serve(8, 2, broken)[0], "8 listen 0/1");
  assert.match(lines[0]!, /^error: worker 2 has no socket of its own on http:\/\/127\.0\.0\.1:\d+, .*: EMFILE$/);
  distribution.heard(7, { tsgi: "ready" });
  assert.deepEqual(take(), []);
});
