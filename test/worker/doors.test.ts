import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SCOREBOARD } from "../../src/ipc/messages.ts";
import type { BellHandle } from "../../src/worker/bell.ts";
import { Doors } from "../../src/worker/doors.ts";
import { Scoreboard } from "../../src/worker/scoreboard.ts";
import { type ListenHandle, listen } from "../../src/worker/transport.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { twinOf } from "../support/twin.ts";

type Create = (path: string, port: -1, family: -1) => ListenHandle & { readonly fd: number; open(fd: number): number };
const create = (net as unknown as { _createServerHandle: Create })._createServerHandle;

/** Doors of a worker with some sockets, each at a path of its own; another worker is said to have `others` connections. */
function worker(t: TestContext, others?: number) {
  const folder = tempFolder(t);
  const doors = new Doors();
  const accepted: string[] = [];
  const clients: net.Socket[] = [];
  const fd = fs.openSync(join(folder, "page"), "wx+");
  fs.writeSync(fd, new Uint8Array(SCOREBOARD.rows * SCOREBOARD.rowBytes));
  const board = new Scoreboard(0, () => accepted.length, fd);
  const other = others === undefined ? undefined : new Scoreboard(1, () => others, fd);
  t.after(() => {
    doors.close();
    board.close();
    other?.close();
    fs.closeSync(fd);
    for (const client of clients) client.destroy();
  });
  const socket = async (key: string, shared = false): Promise<void> => {
    const handle = create(join(folder, key), -1, -1);
    handle.open(handle.fd);
    if (shared) doors.share(key, await twinOf<BellHandle>(t, handle), board);
    const accept = () => {
      accepted.push(key);
      doors.accepted();
      return { onBytes() {}, onEnd() {}, onDrain() {}, onClose() {} };
    };
    const local = { host: "", port: "" };
    doors.add(key, listen({ handle, backlog: 64, local, accept, onError: (code) => assert.fail(code) }));
  };
  return {
    ...{ doors, accepted, socket },
    connect(key: string, count = 1): void {
      for (let n = 0; n < count; n += 1) clients.push(net.connect(join(folder, key)).on("error", () => {}));
    },
    async until(count: number): Promise<void> {
      while (accepted.length < count) await new Promise(setImmediate);
    },
  };
}

const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
};

test("it accepts on every socket, on none while it is full, and on one that comes meanwhile when it has room again", async (t) => {
  const { doors, accepted, socket, connect, until } = worker(t);
  await socket("a");
  await socket("b");
  connect("a");
  connect("b");
  await until(2);
  doors.setFull(true);
  await socket("c");
  for (const key of ["a", "b", "c"]) connect(key);
  await turns();
  assert.equal(accepted.length, 2);
  doors.setFull(false);
  await until(5);
  assert.deepEqual([...accepted].sort(), ["a", "a", "b", "b", "c"]);
});

test("a socket that is removed is let go of, and the others go on", async (t) => {
  const { doors, accepted, socket, connect, until } = worker(t);
  await socket("a");
  await socket("b");
  doors.remove("a");
  doors.remove("nobody's");
  connect("a");
  connect("b");
  await until(1);
  await turns();
  assert.deepEqual(accepted, ["b"]);
});

test("over its share it leaves the shared socket to others for a moment, and nobody waits for ever", async (t) => {
  const { accepted, socket, connect, until } = worker(t, 0);
  await socket("shared", true);
  await socket("own");
  connect("shared", 3);
  await until(3);
  // The fourth finds it aside, and the other worker takes nothing. Its own socket is not for others.
  connect("own");
  await turns(2);
  connect("shared", 5);
  await until(9);
  assert.equal(accepted.filter((key) => key === "own").length, 1);
});

test("the queue is accepted also by a worker that stands aside, and its row is taken away", async (t) => {
  const { doors, socket, connect, until } = worker(t, 0);
  await socket("shared", true);
  connect("shared", 3);
  await until(3);
  connect("shared", 5);
  await new Promise<void>((done) => doors.whenQueueIsEmpty(done));
  // All of them, unless this process stood still for longer than a worker looks; it does not stand aside any more.
  await until(8);
});

test("a full worker accepts nothing more, also when it leaves", async (t) => {
  const { doors, accepted, socket, connect, until } = worker(t);
  await socket("a");
  connect("a");
  await until(1);
  doors.setFull(true);
  connect("a");
  await new Promise<void>((done) => doors.whenQueueIsEmpty(done));
  assert.equal(accepted.length, 1);
});
