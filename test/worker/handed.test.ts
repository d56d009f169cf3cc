import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { type TestContext, test } from "node:test";
import { Handed } from "../../src/worker/handed.ts";
import type { GivenBack } from "../../src/worker/returning.ts";
import type { Arrival, Transport } from "../../src/worker/transport.ts";
import { deferred } from "../support/deferred.ts";

const LOCAL = { host: "127.0.0.1", port: "1" };

/** A worker with room for so many, what it says to the master, and what it gets. */
function worker(room: number) {
  const said: string[] = [];
  const transports: Transport[] = [];
  const bytes: string[] = [];
  let acknowledged = deferred();
  const world = { room };
  const handed = new Handed(
    {
      acknowledge(ticket) {
        said.push(`accepted ${ticket}`);
        return acknowledged.promise;
      },
      room: (more) => void said.push(more ? "room" : "no room"),
      leaving: () => void said.push("leaving"),
    },
    () => world.room,
  );
  const arrival: Arrival = {
    local: LOCAL,
    accept(transport) {
      transports.push(transport);
      world.room -= 1;
      return {
        onBytes: (read) => void bytes.push(Buffer.from(read).toString("latin1")),
        onEnd() {},
        onDrain() {},
        onClose() {
          world.room += 1;
        },
      };
    },
  };
  const expect = (listener: number): void => handed.expect(listener, arrival);
  const allow = (listener: number): void => handed.allow(listener, arrival);
  return {
    ...{ handed, said, transports, bytes, world, expect, allow },
    /** The master has heard of all so far. */
    heard(): void {
      acknowledged.resolve();
      acknowledged = deferred();
    },
  };
}

/** A connection's native handle, as the master has it, and its client. */
async function connection(t: TestContext): Promise<{ readonly client: net.Socket; readonly handle: object }> {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [net.Socket];
  t.after(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });
  const owner = accepted as unknown as { _handle: object | null };
  const handle = owner._handle!;
  owner._handle = null;
  return { client, handle };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
};

test("nothing is read before the master has heard that the connection is taken", async (t) => {
  const { handed, said, transports, bytes, expect, heard } = worker(10);
  expect(2);
  const { client, handle } = await connection(t);
  client.write("early");
  const taken = handed.take({ listener: 2, ticket: 7, client: handle });
  await turns();
  assert.deepEqual([said, transports.length, bytes], [["accepted 7"], 0, []]);
  heard();
  await taken;
  while (bytes.length === 0) await new Promise(setImmediate);
  assert.deepEqual(bytes, ["early"]);
  transports[0]!.destroy();
});

test("the last one that it has room for is taken after it has said that there is none, and room is said when there is again", async (t) => {
  const { handed, said, transports, world, expect, heard } = worker(2);
  expect(0);
  for (const ticket of [1, 2]) {
    const taken = handed.take({ listener: 0, ticket, client: (await connection(t)).handle });
    heard();
    await taken;
  }
  assert.deepEqual(said, ["accepted 1", "no room", "accepted 2"]);
  transports[0]!.destroy();
  while (world.room === 0) await new Promise(setImmediate);
  handed.sayRoom();
  handed.sayRoom();
  assert.deepEqual(said.slice(3), ["room"]);
  transports[1]!.destroy();
});

test("a connection whose handle got lost on its way takes no room, and one of an unknown listener is closed", async (t) => {
  const { handed, said, transports, expect, heard } = worker(1);
  expect(0);
  const lost = handed.take({ listener: 0, ticket: 1, client: undefined });
  heard();
  await lost;
  assert.deepEqual(said, ["no room", "accepted 1", "room"]);
  const { client, handle } = await connection(t);
  client.on("error", () => {});
  const unknown = handed.take({ listener: 9, ticket: 2, client: handle });
  heard();
  await unknown;
  await once(client.resume(), "close");
  assert.equal(transports.length, 0);
});

test("a worker that leaves says so, and is done when the master said that no more come and all have arrived", async (t) => {
  const { handed, said, transports, expect, heard } = worker(10);
  expect(0);
  let done = false;
  handed.whenNoMoreCome(() => {
    done = true;
  });
  assert.deepEqual(said, ["leaving"]);
  const taken = handed.take({ listener: 0, ticket: 1, client: (await connection(t)).handle });
  handed.noMore();
  await turns();
  assert.equal(done, false);
  heard();
  await taken;
  assert.deepEqual([done, transports.length], [true, 1]);
  transports[0]!.destroy();
});

test("a worker to which nothing is handed over is done at once, and one whose master says nothing within three seconds", async () => {
  const other = worker(10);
  await new Promise<void>((done) => other.handed.whenNoMoreCome(done));
  assert.deepEqual(other.said, []);
  const { handed, expect } = worker(10);
  expect(0);
  await new Promise<void>((done) => {
    handed.whenNoMoreCome(done);
    // What waits for the master does not hold the process.
    setTimeout(() => {}, 5_000);
  });
});

test("a worker whose master has gone, and can say nothing more, is done at once", async () => {
  const { handed, said, expect } = worker(10);
  expect(0);
  handed.noMore();
  let done = false;
  handed.whenNoMoreCome(() => {
    done = true;
  });
  assert.deepEqual([done, said], [true, []]);
});

test("what another worker has read comes first, and connections that are given back are no reason to speak of room", async (t) => {
  const { handed, said, transports, bytes, allow, heard } = worker(1);
  allow(4);
  const { client, handle } = await connection(t);
  client.write("rest");
  const taken = handed.take({
    listener: 4,
    ticket: -1,
    client: handle,
    read: Buffer.from("first ").toString("base64"),
  });
  heard();
  await taken;
  while (bytes.join("") !== "first rest") await new Promise(setImmediate);
  assert.deepEqual([bytes[0], said], ["first ", ["accepted -1"]]);
  await new Promise<void>((done) => handed.whenNoMoreCome(done));
  transports[0]!.destroy();
});

test("a worker whose code is old acknowledges what still arrives, reads nothing of it, and passes it on", async (t) => {
  const { handed, said, transports, expect, heard } = worker(10);
  expect(0);
  const { handle } = await connection(t);
  const early = handed.take({ listener: 0, ticket: 1, client: handle });
  const passed: GivenBack[] = [];
  handed.close();
  handed.giveBack((given) => passed.push(given));
  assert.equal(handed.arriving, 1);
  heard();
  await early;
  const late = handed.take({ listener: 0, ticket: -2, client: handle, read: Buffer.from("GET").toString("base64") });
  heard();
  await late;
  assert.deepEqual(
    passed.map(({ listener, handle: given, read }) => [listener, given === handle, String(read)]),
    [
      [0, true, ""],
      [0, true, "GET"],
    ],
  );
  assert.deepEqual([said, transports.length, handed.arriving], [["accepted 1", "accepted -2"], 0, 0]);
  passed[0]!.handle.close();
});

test("a worker that is about to end acknowledges nothing that still arrives: the master has it", async (t) => {
  const { handed, said, transports, expect } = worker(10);
  expect(0);
  const { client, handle } = await connection(t);
  client.on("error", () => {});
  handed.giveBack(() => assert.fail("it may not get there any more"));
  handed.over();
  await handed.take({ listener: 0, ticket: -1, client: handle });
  await handed.take({ listener: 0, ticket: -2, client: undefined });
  // The handle is closed here.
  await once(client.resume(), "close");
  assert.deepEqual([said, transports, handed.arriving], [[], [], 0]);
});
