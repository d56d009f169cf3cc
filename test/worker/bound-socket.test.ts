import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { type BoundSocket, bindSocket } from "../../src/worker/bound-socket.ts";

/** The next client that comes through a door, as it is accepted. */
function accepted(socket: BoundSocket, most?: number) {
  const door = socket.door(most);
  const clients: { close(): void }[] = [];
  let heard: () => void = () => {};
  door.onconnection = (_error, client) => {
    clients.push(client as { close(): void });
    heard();
  };
  door.listen(8);
  const until = async (count: number) => {
    while (clients.length < count) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  return { door, clients, until };
}

const connect = async (port: number) => {
  const client = net.connect(port, "127.0.0.1");
  await once(client, "connect");
  return client;
};

test("port 0 is a free one, and the address says which", async () => {
  const socket = await bindSocket("127.0.0.1", 0, 8);
  assert.deepEqual([socket.address.address, socket.address.family], ["127.0.0.1", "IPv4"]);
  assert.ok(socket.address.port > 0);
  socket.close();
  socket.close();
});

test("a name is looked up, and no name is all of IPv4", async () => {
  const named = await bindSocket("localhost", 0, 8);
  const all = await bindSocket("", 0, 8);
  assert.deepEqual([named.address.address, all.address.address], ["127.0.0.1", "0.0.0.0"]);
  named.close();
  all.close();
});

test("a place that cannot be had is an error with the system's code, which names host and port", async () => {
  const socket = await bindSocket("127.0.0.1", 0, 8);
  const { port } = socket.address;
  await assert.rejects(bindSocket("127.0.0.1", port, 8), {
    code: "EADDRINUSE",
    message: `cannot listen on 127.0.0.1:${port}: another process listens there`,
  });
  socket.close();
  await assert.rejects(bindSocket("192.0.2.1", 0, 8), { code: "EADDRNOTAVAIL" });
  await assert.rejects(bindSocket("no such.host", 80, 8), (error: NodeJS.ErrnoException) =>
    /^cannot listen on no such\.host:80: /.test(error.message),
  );
  for (const port of [-1, 65_536, 1.5, Number.NaN]) await assert.rejects(bindSocket("", port, 8), RangeError);
});

test("clients wait before a door is open, and a door that is closed leaves the socket to the next", async () => {
  const socket = await bindSocket("127.0.0.1", 0, 8);
  const early = await connect(socket.address.port);
  const first = accepted(socket);
  await first.until(1);
  first.door.close();
  const late = await connect(socket.address.port);
  const second = accepted(socket);
  await second.until(1);
  assert.deepEqual([first.clients.length, second.clients.length], [1, 1]);
  for (const client of [...first.clients, ...second.clients]) client.close();
  early.destroy();
  late.destroy();
  socket.close();
  first.door.close();
});

test("a door for one lets one in; whoever else came is there for the next door", async () => {
  const socket = await bindSocket("127.0.0.1", 0, 8);
  const clients = await Promise.all([1, 2, 3].map(() => connect(socket.address.port)));
  const seen: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const one = accepted(socket, 1);
    await one.until(1);
    await new Promise(setImmediate);
    seen.push(one.clients.length);
    one.door.close();
    for (const client of one.clients) client.close();
  }
  assert.deepEqual(seen, [1, 1, 1]);
  for (const client of clients) client.destroy();
  socket.close();
});
