import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { sendCommand } from "../../src/ipc/channel.ts";
import {
  acceptFrom,
  acceptHandles,
  type ClientHandle,
  createHandle,
  HANDLE_NAMES,
  listenWithoutAccepting,
  missingName,
  type NativeHandle,
  reusePortTrouble,
} from "../../src/master/handles.ts";
import { settingsWith } from "../support/plan-world.ts";
import { canReusePort } from "../support/reuse-port.ts";
import { tempFolder } from "../support/temp-folder.ts";

function handleOf(t: TestContext, place: Parameters<typeof createHandle>[0]): NativeHandle {
  const handle = createHandle(place);
  assert.ok(typeof handle !== "string", `not bound: ${String(handle)}`);
  t.after(() => handle.close());
  return handle;
}

function portOf(handle: NativeHandle): number {
  const name: { port?: number } = {};
  handle.getsockname?.(name);
  return name.port!;
}

const LOCAL = { host: "127.0.0.1", port: 0, family: 4 } as const;

for (const name of HANDLE_NAMES) {
  test(`this Node has handle.${name}, for TCP and for Unix sockets`, (t) => {
    for (const place of [LOCAL, { path: join(tempFolder(t), "s") }]) {
      const handle = handleOf(t, place) as unknown as Record<string, unknown>;
      assert.equal(typeof handle[name], "function", `handle.${name} is gone from Node ${process.version}`);
    }
  });
}

test("this Node has net._createServerHandle, handle.fd and handle.getsockname", (t) => {
  assert.equal(typeof (net as unknown as Record<string, unknown>)["_createServerHandle"], "function");
  const handle = handleOf(t, LOCAL);
  assert.ok(handle.fd > 2);
  assert.equal(typeof handle.getsockname, "function");
});

test("a handle that lacks a name is told by that name", () => {
  const whole = Object.fromEntries([...HANDLE_NAMES, "fd"].map((name) => [name, null]));
  assert.equal(missingName(whole), undefined);
  for (const name of Object.keys(whole)) {
    const { [name]: _gone, ...rest } = whole;
    assert.equal(missingName(rest), name);
  }
});

test("a handle that was held without accepting accepts when it shall, and half-open", async (t) => {
  const path = join(tempFolder(t), "s");
  const handle = handleOf(t, { path });
  assert.equal(listenWithoutAccepting(handle, 16), undefined);
  const client = net.connect(path).setEncoding("utf8");
  await once(client, "connect");
  client.end("question");
  const failed = acceptFrom(handle, 16, (accepted) => {
    assert.ok(accepted instanceof net.Socket);
    accepted.resume().on("end", () => accepted.end("answer"));
  });
  assert.deepEqual([failed, await once(client, "data")], [undefined, ["answer"]]);
});

for (const kind of ["tcp", "unix"] as const) {
  test(`clients wait in the kernel's queue while nobody accepts, and a worker that comes later answers them (${kind})`, async (t) => {
    const path = join(tempFolder(t), "s");
    const handle = handleOf(t, kind === "tcp" ? LOCAL : { path });
    assert.equal(listenWithoutAccepting(handle, 16), undefined);
    const clients = [1, 2, 3].map(() =>
      kind === "tcp" ? net.connect(portOf(handle), "127.0.0.1") : net.connect(path),
    );
    // Connected is what the kernel says; if this process accepted as well, no worker could ever answer.
    for (const client of clients) {
      await once(client, "connect");
      client.write("who\n");
    }
    const worker = fork(fileURLToPath(new URL("../programs/master/worker.js", import.meta.url)), { execArgv: [] });
    t.after(() => worker.kill("SIGKILL"));
    await once(worker, "message");
    await sendCommand(worker, {
      tsgi: "boot",
      settings: settingsWith(),
      slot: 1,
      generation: 1,
      ...{ maxRequests: 0, hooksFile: null, failure: null },
    });
    const listener = { index: 0, url: kind, address: { kind: "unix", path } } as const;
    await sendCommand(worker, { tsgi: "listen", listener, backlog: 16, last: true }, handle);
    for (const client of clients) {
      const [answer] = await once(client, "data");
      assert.equal(JSON.parse(String(answer)).pid, worker.pid);
      client.destroy();
    }
  });
}

test("a port that is listened on is refused at once, by name, before anybody asks it to listen", (t) => {
  const first = handleOf(t, LOCAL);
  assert.equal(listenWithoutAccepting(first, 16), undefined);
  assert.equal(createHandle({ ...LOCAL, port: portOf(first) }), "EADDRINUSE");
});

test("of two that bound the same port before either listened, the second is refused when it listens", (t) => {
  const first = handleOf(t, LOCAL);
  const second = handleOf(t, { ...LOCAL, port: portOf(first) });
  assert.equal(listenWithoutAccepting(first, 16), undefined);
  assert.equal(listenWithoutAccepting(second, 16), "EADDRINUSE");
});

for (const kind of ["tcp", "unix"] as const) {
  test(`what is accepted for others stays a handle, paused at first, and can be paused again; by handle.onconnection (${kind})`, async (t) => {
    const path = join(tempFolder(t), "s");
    const handle = handleOf(t, kind === "tcp" ? LOCAL : { path });
    assert.equal(listenWithoutAccepting(handle, 16), undefined);
    const clients: ClientHandle[] = [];
    const accepted = (client: ClientHandle): void => void clients.push(client);
    const acceptance = acceptHandles(handle, { backlog: 16, accepted, failed: (name) => assert.fail(name) });
    t.after(() => {
      for (const client of clients) client.close();
    });
    const connect = async (): Promise<void> => {
      const client = kind === "tcp" ? net.connect(portOf(handle), "127.0.0.1") : net.connect(path);
      t.after(() => client.destroy());
      await once(client, "connect");
      for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    };
    for (let round = 0; round < 3; round += 1) {
      await connect();
      assert.equal(clients.length, round);
      acceptance.resume();
      while (clients.length === round) await new Promise(setImmediate);
      acceptance.pause();
    }
  });
}

test("a port is shared where this Node can ask for it, and is said to be taken where it cannot", (t) => {
  assert.equal(reusePortTrouble("127.0.0.1", 4), canReusePort() ? undefined : "EADDRINUSE");
  const first = handleOf(t, { ...LOCAL, reusePort: true });
  assert.equal(listenWithoutAccepting(first, 16), undefined);
  const again = { ...LOCAL, port: portOf(first), reusePort: true };
  if (canReusePort()) assert.equal(listenWithoutAccepting(handleOf(t, again), 16), undefined);
  else assert.equal(createHandle(again), "EADDRINUSE");
  assert.equal(createHandle({ ...again, reusePort: false }), "EADDRINUSE");
  assert.equal(reusePortTrouble("203.0.113.1", 4), "EADDRNOTAVAIL");
});
