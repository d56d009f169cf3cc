import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  type Acceptor,
  adopt,
  type ListenHandle,
  listen,
  type Transport,
  type TransportEvents,
} from "../../src/worker/transport.ts";
import { deferred } from "../support/deferred.ts";
import { twinOf } from "../support/twin.ts";

type Create = (
  host: string,
  port: number,
  family: 4 | 6 | -1,
) => ListenHandle & { readonly fd: number; open(fd: number): number; getsockname?(out: { port?: number }): number };
const create = (net as unknown as { _createServerHandle: Create })._createServerHandle;

interface Seen {
  readonly transport: Transport;
  readonly bytes: string[];
  /** Reads that could be kept. */
  readonly taken: Buffer[];
  readonly calls: string[];
  closed: Promise<void>;
}

interface Pair {
  readonly client: net.Socket;
  readonly seen: Seen;
  readonly acceptor: Acceptor;
  readonly handle: ListenHandle;
  /** One more client. */
  readonly connect: () => Promise<net.Socket>;
  /** Connections accepted so far. */
  readonly accepts: () => number;
}

/** Listens on TCP or on a Unix socket, and gives the next connection as both sides see it. */
async function pair(t: TestContext, kind: "tcp" | "unix"): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), "tsgi-transport-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "s");
  const handle = kind === "tcp" ? create("127.0.0.1", 0, 4) : create(path, -1, -1);
  // As the master does: what comes over a channel was opened from a descriptor.
  handle.open(handle.fd);
  const name: { port?: number } = {};
  handle.getsockname?.(name);
  const accepted = deferred<Seen>();
  let accepts = 0;
  const accept = (transport: Transport): TransportEvents => {
    accepts += 1;
    const closed = deferred();
    const seen: Seen = { transport, bytes: [], taken: [], calls: [], closed: closed.promise };
    accepted.resolve(seen);
    return {
      onBytes: (bytes) => {
        const taken = transport.take(bytes);
        if (taken !== undefined) seen.taken.push(taken);
        seen.bytes.push(Buffer.from(bytes).toString("latin1"));
      },
      onEnd: () => void seen.calls.push("end"),
      onDrain: () => void seen.calls.push("drain"),
      onClose() {
        seen.calls.push("close");
        closed.resolve();
      },
    };
  };
  const local = kind === "tcp" ? { host: "127.0.0.1", port: String(name.port) } : { host: "", port: "" };
  const acceptor = listen({ handle, backlog: 16, local, accept, onError: (code) => accepted.reject(new Error(code)) });
  t.after(() => acceptor.close());
  const connect = async (): Promise<net.Socket> => {
    const client = kind === "tcp" ? net.connect(name.port!, "127.0.0.1") : net.connect(path);
    t.after(() => client.destroy());
    await once(client, "connect");
    return client;
  };
  const client = await connect();
  return { client, seen: await accepted.promise, acceptor, handle, connect, accepts: () => accepts };
}

const received = async (client: net.Socket, length: number): Promise<string> => {
  let text = "";
  while (text.length < length) text += String(((await once(client, "data")) as [Buffer])[0].toString("latin1"));
  return text;
};

for (const kind of ["tcp", "unix"] as const) {
  test(`${kind}: handle.listen and handle.onconnection accept, onread brings bytes, pieces go out in order and as latin-1`, async (t) => {
    const { client, seen } = await pair(t, kind);
    client.write("ping");
    while (seen.bytes.length === 0) await new Promise(setImmediate);
    assert.deepEqual(seen.bytes, ["ping"]);
    assert.equal(seen.transport.write(["a\xe9", Buffer.from([0xff, 0x00]), "z"]), true);
    assert.equal(await received(client, 5), "a\xe9\xff\0z");
  });

  test(`${kind}: the end of the peer is told, and our side can still be written`, async (t) => {
    const { client, seen } = await pair(t, kind);
    client.end("last");
    while (!seen.calls.includes("end")) await new Promise(setImmediate);
    seen.transport.write(["answer"]);
    assert.equal(await received(client, 6), "answer");
    seen.transport.end(() => {});
    await seen.closed;
    assert.deepEqual(seen.calls, ["end", "close"]);
  });

  test(`${kind}: nothing is read while paused, and everything after resume`, async (t) => {
    const { client, seen } = await pair(t, kind);
    seen.transport.pause();
    client.write("late");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(seen.bytes, []);
    seen.transport.resume();
    while (seen.bytes.length === 0) await new Promise(setImmediate);
    assert.deepEqual(seen.bytes, ["late"]);
  });

  test(`${kind}: large reads of bytes that are wanted can be kept, and nothing else can: onread.buffer is asked for memory`, async (t) => {
    const { client, seen } = await pair(t, kind);
    const sent = Buffer.from(Uint32Array.from({ length: 262_144 }, (_none, i) => i).buffer);
    const send = (wanted: number): Promise<string> => {
      seen.transport.wantBytes(wanted);
      return sendMore();
    };
    const sendMore = async (): Promise<string> => {
      const before = seen.bytes.length;
      client.write(sent);
      const got = () => seen.bytes.slice(before).join("");
      while (got().length < sent.length) await new Promise(setImmediate);
      return got();
    };
    assert.ok(Buffer.from(await send(0), "latin1").equals(sent));
    assert.equal(seen.taken.length, 0);
    // How much one read brings is the kernel's affair.
    while (seen.taken.length < 4) assert.ok(Buffer.from(await send(sent.length), "latin1").equals(sent));
    // Where a read filled what it was given, the next one is given more.
    while (!seen.taken.some((kept) => kept.length > 65_536)) await send(sent.length);
    // Whatever was read meanwhile, each is still what it was.
    for (const kept of seen.taken) assert.ok(kept.length >= 8_192 && sent.includes(kept));
    const count = seen.taken.length;
    // All that was wanted has come, and nobody has to say so.
    assert.ok(Buffer.from(await sendMore(), "latin1").equals(sent));
    assert.equal(seen.taken.length, count);
  });

  test(`${kind}: look brings what has arrived before the loop does, and nothing where nothing has`, async (t) => {
    const { client, seen } = await pair(t, kind);
    seen.transport.look();
    assert.deepEqual(seen.bytes, []);
    // Taken by the kernel within the call, and by the other side as well: both are on this machine.
    client.write("here");
    seen.transport.look();
    assert.deepEqual(seen.bytes, ["here"]);
    client.write(" and there");
    while (seen.bytes.length < 2) await new Promise(setImmediate);
    assert.deepEqual(seen.bytes, ["here", " and there"]);
    client.end();
    while (!seen.calls.includes("end")) await new Promise(setImmediate);
    seen.transport.look();
    seen.transport.destroy();
    seen.transport.look();
    await seen.closed;
    assert.deepEqual([seen.bytes.length, seen.calls], [2, ["end", "close"]]);
  });

  test(`${kind}: write says when the peer is slower than we are, and onDrain when it caught up`, async (t) => {
    const { client, seen } = await pair(t, kind);
    client.pause();
    const block = Buffer.alloc(1_000_000);
    while (seen.transport.write([block]));
    assert.equal(seen.calls.length, 0);
    client.resume();
    while (!seen.calls.includes("drain")) await new Promise(setImmediate);
  });

  test(`${kind}: a paused acceptor leaves clients in the kernel's queue, and accepts them all after resume`, async (t) => {
    const { acceptor, connect, accepts } = await pair(t, kind);
    for (let round = 1; round <= 3; round += 1) {
      const before = accepts();
      acceptor.pause();
      await Promise.all([connect(), connect()]);
      // libuv polls once a turn; what it watches would be accepted by now.
      for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
      assert.equal(accepts(), before);
      acceptor.resume();
      while (accepts() < before + 2) await new Promise(setImmediate);
    }
  });

  test(`${kind}: a connection that somebody else accepted is like one's own`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "tsgi-transport-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "s");
    const server = net.createServer({ pauseOnConnect: true });
    t.after(() => server.close());
    server.listen(kind === "tcp" ? { port: 0, host: "127.0.0.1" } : { path });
    await once(server, "listening");
    const client = kind === "tcp" ? net.connect((server.address() as net.AddressInfo).port) : net.connect(path);
    t.after(() => client.destroy());
    const [accepted] = (await once(server, "connection")) as [net.Socket];
    const { _handle: handle } = accepted as unknown as { readonly _handle: object };
    client.write("ping");
    const bytes = deferred<string>();
    const local = { host: "", port: kind === "tcp" ? "1" : "" };
    const accept = (transport: Transport): TransportEvents => ({
      onBytes(read) {
        bytes.resolve(Buffer.from(read).toString("latin1"));
        transport.write(["pong"]);
        transport.end(() => {});
      },
      onEnd() {},
      onDrain() {},
      onClose() {},
    });
    adopt(await twinOf(t, handle), { local, accept });
    assert.equal(await bytes.promise, "ping");
    assert.equal(await received(client, 4), "pong");
    accepted.destroy();
  });

  test(`${kind}: what is unsent falls as the peer reads, and is nothing in the end`, async (t) => {
    const { client, seen } = await pair(t, kind);
    client.pause();
    assert.equal(seen.transport.unsent, 0);
    while (seen.transport.write([Buffer.alloc(4_000_000)]));
    const before = seen.transport.unsent;
    assert.ok(before > 0);
    client.resume();
    while (seen.transport.unsent >= before) await new Promise(setImmediate);
    while (seen.transport.unsent > 0) await new Promise(setImmediate);
  });

  test(`${kind}: a socket that is surrendered is a stream as any other: of the calls only the last one still comes`, async (t) => {
    const { client, seen } = await pair(t, kind);
    client.write("before");
    while (seen.bytes.length === 0) await new Promise(setImmediate);
    const socket = seen.transport.surrender();
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
    for (const text of ["one", "two"]) {
      client.write(text);
      while (!Buffer.concat(chunks).includes(text)) await new Promise(setImmediate);
    }
    assert.equal(String(Buffer.concat(chunks)), "onetwo", "what was read first is not overwritten by what comes later");
    socket.write("answer");
    assert.equal(await received(client, 6), "answer");
    client.end();
    await once(socket, "end");
    socket.end();
    await seen.closed;
    assert.deepEqual([seen.bytes, seen.calls], [["before"], ["close"]]);
  });

  test(`${kind}: a surrendered socket obeys its new owner: what is behind the request can be put back, and it can be paused`, async (t) => {
    const { client, seen } = await pair(t, kind);
    // As an intake does that has read far ahead.
    seen.transport.pause();
    const socket = seen.transport.surrender();
    socket.unshift(Buffer.from("put back "));
    const chunks: string[] = [];
    socket.on("data", (chunk: Buffer) => void chunks.push(String(chunk)));
    client.write("and read on");
    while (chunks.join("") !== "put back and read on") await new Promise(setImmediate);
    socket.pause();
    client.write(" later");
    for (let i = 0; i < 20; i += 1) await new Promise(setImmediate);
    // Of a turn that the connection still owed itself.
    seen.transport.resume();
    seen.transport.pause();
    for (let i = 0; i < 20; i += 1) await new Promise(setImmediate);
    assert.equal(chunks.join(""), "put back and read on");
    socket.resume();
    while (!chunks.join("").endsWith(" later")) await new Promise(setImmediate);
    assert.equal(socket.isPaused(), false);
  });

  test(`${kind}: a surrendered socket that is not read holds little, and loses nothing`, async (t) => {
    const { client, seen } = await pair(t, kind);
    const socket = seen.transport.surrender();
    const chunks: Buffer[] = [];
    socket.once("data", (chunk: Buffer) => {
      chunks.push(chunk);
      socket.pause();
    });
    const sent = Buffer.alloc(8_000_000, "abc");
    client.write(sent);
    while (chunks.length === 0) await new Promise(setImmediate);
    for (let i = 0; i < 50; i += 1) await new Promise(setImmediate);
    assert.ok(socket.readableLength < 300_000, String(socket.readableLength));
    socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
    socket.resume();
    while (chunks.reduce((all, { length }) => all + length, 0) < sent.length) await new Promise(setImmediate);
    assert.ok(Buffer.concat(chunks).equals(sent));
  });

  test(`${kind}: close is told once, after destroy and after reset`, async (t) => {
    for (const how of ["destroy", "reset"] as const) {
      const { client, seen } = await pair(t, kind);
      client.on("error", () => {});
      seen.transport[how]();
      await seen.closed;
      assert.deepEqual(seen.calls, ["close"]);
    }
  });
}

test("tcp: a reset is one to the peer", async (t) => {
  const { client, seen } = await pair(t, "tcp");
  client.resume();
  seen.transport.reset();
  const [error] = (await once(client, "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNRESET");
});

test("the addresses of a TCP connection are known, those of a Unix socket are empty", async (t) => {
  const tcp = await pair(t, "tcp");
  assert.deepEqual(tcp.seen.transport.info, {
    remoteAddress: "127.0.0.1",
    remotePort: String(tcp.client.localPort),
    localAddress: "127.0.0.1",
    localPort: String(tcp.client.remotePort),
    scheme: "http",
  });
  const unix = await pair(t, "unix");
  assert.deepEqual(unix.seen.transport.info, {
    remoteAddress: "",
    remotePort: "",
    localAddress: "",
    localPort: "",
    scheme: "http",
  });
});

test("a handle that cannot listen is an error that names the reason", async (t) => {
  const taken = net.createServer().listen(0, "127.0.0.1");
  t.after(() => taken.close());
  await once(taken, "listening");
  const handle = create("127.0.0.1", (taken.address() as net.AddressInfo).port, 4);
  assert.throws(
    () =>
      listen({
        handle,
        backlog: 1,
        local: { host: "", port: "" },
        accept: () => assert.fail("accepted"),
        onError: () => {},
      }),
    /EADDRINUSE/,
  );
});

for (const kind of ["tcp", "unix"] as const) {
  test(`${kind}: a handle is detached from socket._handle, and what came and was not read goes with it to another process`, async (t) => {
    const { client, seen } = await pair(t, kind);
    client.write("read");
    while (seen.bytes.length === 0) await new Promise(setImmediate);
    const handle = seen.transport.detach();
    assert.equal(typeof (handle as unknown as Record<string, unknown>)["readStop"], "function");
    client.write("unread");
    const twin = await twinOf<object>(t, handle!);
    handle!.close();
    const bytes: string[] = [];
    const { port } = client.address() as net.AddressInfo;
    const accept = (transport: Transport): TransportEvents => ({
      onBytes(read) {
        bytes.push(Buffer.from(read).toString("latin1"));
        if (bytes.join("") === "firstunread") transport.write([`whole, from ${transport.info.remotePort}`]);
      },
      onEnd: () => transport.destroy(),
      onDrain() {},
      onClose() {},
    });
    adopt(twin, { local: { host: "", port: kind === "tcp" ? "1" : "" }, accept }, Buffer.from("first"));
    assert.equal(bytes[0], "first", "what was read before comes before anything else");
    const answer = `whole, from ${kind === "tcp" ? port : ""}`;
    assert.equal(await received(client, answer.length), answer);
    assert.deepEqual([seen.calls, seen.bytes], [[], ["read"]], "the first owner hears nothing more");
    assert.equal(seen.transport.detach(), undefined);
    client.destroy();
  });

  test(`${kind}: what is unsent keeps a handle until whenSent, and a connection that is gone has none`, async (t) => {
    const { client, seen } = await pair(t, kind);
    const size = 8_000_000;
    assert.equal(seen.transport.write([Buffer.alloc(size, "x")]), false);
    assert.equal(seen.transport.detach(), undefined);
    const sent = deferred();
    seen.transport.whenSent(sent.resolve);
    await Promise.all([sent.promise, received(client, size)]);
    assert.equal(seen.transport.unsent, 0);
    seen.transport.destroy();
    await seen.closed;
    assert.equal(seen.transport.detach(), undefined);
    seen.transport.whenSent(() => assert.fail("sent to nobody"));
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  });
}
