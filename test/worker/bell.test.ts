import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type BellHandle, hangBell } from "../../src/worker/bell.ts";
import { type ListenHandle, listen } from "../../src/worker/transport.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { twinOf } from "../support/twin.ts";

type Create = (
  host: string,
  port: number,
  family: 4 | -1,
) => ListenHandle & { readonly fd: number; open(fd: number): number; getsockname?(out: { port?: number }): number };
const create = (net as unknown as { _createServerHandle: Create })._createServerHandle;

/** Listens on TCP or on a Unix socket, and has one client. */
async function listening(t: TestContext, kind: "tcp" | "unix") {
  const path = join(tempFolder(t), "s");
  const handle = kind === "tcp" ? create("127.0.0.1", 0, 4) : create(path, -1, -1);
  // As the master does: what comes over a channel was opened from a descriptor.
  handle.open(handle.fd);
  const name: { port?: number } = {};
  handle.getsockname?.(name);
  let accepts = 0;
  const accept = () => {
    accepts += 1;
    return { onBytes() {}, onEnd() {}, onDrain() {}, onClose() {} };
  };
  const local = { host: "", port: kind === "tcp" ? String(name.port) : "" };
  const acceptor = listen({ handle, backlog: 16, local, accept, onError: (code) => assert.fail(code) });
  t.after(() => acceptor.close());
  const connect = async (): Promise<void> => {
    const client = kind === "tcp" ? net.connect(name.port!, "127.0.0.1") : net.connect(path);
    t.after(() => client.destroy());
    await once(client, "connect");
  };
  await connect();
  while (accepts === 0) await new Promise(setImmediate);
  return { acceptor, handle, connect, accepts: () => accepts };
}

for (const kind of ["tcp", "unix"] as const) {
  test(`${kind}: a bell rings once for whoever waits and leaves them waiting, by handle.open, readStart and onread`, async (t) => {
    const { acceptor, handle, connect, accepts } = await listening(t, kind);
    let rings = 0;
    const bell = hangBell(await twinOf<BellHandle>(t, handle), () => {
      rings += 1;
    });
    t.after(() => bell.close());
    acceptor.pause();
    await connect();
    assert.equal(rings, 0, "it was not armed");
    for (let round = 1; round <= 3; round += 1) {
      // Somebody waits already in the first round, and in the others too.
      assert.ok(bell.arm());
      assert.ok(bell.arm(), "armed twice is armed once");
      while (rings < round) await new Promise(setImmediate);
      await connect();
      for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
      assert.deepEqual([rings, accepts()], [round, 1]);
    }
    acceptor.resume();
    while (accepts() < 5) await new Promise(setImmediate);
    // Nobody waits any more: it rings when somebody comes.
    acceptor.pause();
    bell.arm();
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    assert.equal(rings, 3);
    await connect();
    while (rings < 4) await new Promise(setImmediate);
    bell.arm();
    bell.disarm();
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    assert.equal(rings, 4);
  });

  test(`${kind}: a bell that is closed takes nothing from whoever accepts`, async (t) => {
    const { handle, connect, accepts } = await listening(t, kind);
    const bell = hangBell(await twinOf<BellHandle>(t, handle), () => assert.fail("it rang"));
    bell.arm();
    bell.close();
    await connect();
    while (accepts() < 2) await new Promise(setImmediate);
  });
}
