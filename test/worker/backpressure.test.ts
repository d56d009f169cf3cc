// What one connection may cost in memory, however its client behaves. A Unix socket, because its kernel buffers are small and do not
// grow: what the application was asked for, or the client got rid of, is then what the process holds and little more.

import assert from "node:assert/strict";
import { once } from "node:events";
import { open, truncate, writeFile } from "node:fs/promises";
import net from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Application, StartResponse } from "../../src/gateway/types.ts";
import type { ListenHandle } from "../../src/worker/transport.ts";
import { get, RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type InProcess, serveInProcess } from "../support/worker.ts";

const MIB = 1_048_576;
const CHUNK = Buffer.alloc(65_536, "x");

type Create = (path: string, port: -1, family: -1) => ListenHandle;
const createPipe = (net as unknown as { _createServerHandle: Create })._createServerHandle;

interface OnUnix {
  readonly server: InProcess;
  readonly folder: string;
  /** A client that has not read a byte yet. */
  connect(): Promise<net.Socket>;
  /** Waits until `count` is something and stays what it is while other clients of the same worker are served. */
  settled(count: () => number): Promise<number>;
}

/** Heads of more than what is read ahead are within the limits. */
const ROOMY = { limitFieldsSize: 1_048_576 };

async function serve(t: TestContext, application: Application): Promise<OnUnix> {
  const server = serveInProcess((environ, startResponse) => {
    if (environ.PATH_INFO !== "/turn") return application(environ, startResponse);
    startResponse("200 OK", []);
    return "";
  }, ROOMY);
  t.after(() => server.close());
  const folder = tempFolder(t);
  const path = join(folder, "s");
  server.worker.listen(createPipe(path, -1, -1), { index: 1, url: path, address: { kind: "unix", path } }, 511);
  const other = await RawClient.connect(server.port);
  t.after(() => other.close());
  return {
    server,
    folder,
    async connect() {
      const socket = net.connect({ path, allowHalfOpen: true });
      t.after(() => socket.destroy());
      socket.on("error", () => {});
      await once(socket, "connect");
      return socket;
    },
    async settled(count) {
      let last = -1;
      for (let same = 0; same < 50; same += 1) {
        if (count() !== last || last === 0) same = 0;
        last = count();
        other.send(get("/turn"));
        await other.response();
      }
      return last;
    },
  };
}

/** Gives chunks for ever and counts those that were asked for. */
function* endless(seen: { asked: number }): Generator<Buffer> {
  for (;;) {
    seen.asked += 1;
    yield CHUNK;
  }
}

type Gives = (seen: { asked: number }, startResponse: StartResponse) => ReturnType<Application>;
const givers: Readonly<Record<string, Gives>> = {
  generator(seen, startResponse) {
    startResponse("200 OK", []);
    return endless(seen);
  },
  async *"async generator"(seen, startResponse) {
    startResponse("200 OK", []);
    yield* endless(seen);
  },
  async "writer that awaits"(seen, startResponse) {
    const write = startResponse("200 OK", []);
    for (const chunk of endless(seen)) await write(chunk);
    return "";
  },
};
for (const [name, gives] of Object.entries(givers)) {
  test(`a ${name} is asked for less than 1 MiB by a client that does not read, and ends when the client leaves`, async (t) => {
    const seen = { asked: 0 };
    const aborted = deferred();
    const on = await serve(t, (environ, startResponse) => {
      environ["tsgi.signal"].addEventListener("abort", () => aborted.resolve());
      return gives(seen, startResponse);
    });
    const client = await on.connect();
    client.write(get("/"));
    const asked = await on.settled(() => seen.asked);
    assert.ok(asked > 0 && asked * CHUNK.length < MIB, `asked for ${asked} chunks`);
    client.destroy();
    await aborted.promise;
    assert.equal(seen.asked, asked);
  });
}

test("a file of 10 GB is read less than 1 MiB ahead of a client that does not read, and closed when it leaves", async (t) => {
  let bytes = 0;
  const closed = deferred();
  const on = await serve(t, async (environ, startResponse) => {
    const path = join(on.folder, "sparse");
    await writeFile(path, "");
    await truncate(path, 10_000_000_000);
    const handle = await open(path);
    const counted = {
      fd: handle.fd,
      async read(buffer: Uint8Array, offset: number, length: number, position: null) {
        const result = await handle.read(buffer, offset, length, position);
        bytes += result.bytesRead;
        return result;
      },
      close: () => handle.close().then(closed.resolve),
    };
    startResponse("200 OK", [["Content-Length", "10000000000"]]);
    return environ["tsgi.file_wrapper"](counted);
  });
  const client = await on.connect();
  client.write(get("/"));
  const read = await on.settled(() => bytes);
  assert.ok(read > 0 && read < MIB, `read ${read} bytes`);
  client.destroy();
  await closed.promise;
});

test("pipelined answers are not made ahead of a client that does not read", async (t) => {
  let called = 0;
  const body = Buffer.alloc(MIB, "x");
  const on = await serve(t, (_environ, startResponse) => {
    called += 1;
    startResponse("200 OK", []);
    return [body];
  });
  const client = await on.connect();
  client.write(get("/").repeat(64));
  // One is being sent, and none is made beside it.
  assert.equal(await on.settled(() => called), 1);
});

test("small pipelined answers come to less than 1 MiB for a client that does not read", async (t) => {
  let called = 0;
  const body = "x".repeat(4_000);
  const on = await serve(t, (_environ, startResponse) => {
    called += 1;
    startResponse("200 OK", []);
    return [body];
  });
  const client = await on.connect();
  client.write(get("/").repeat(2_000));
  const most = await on.settled(() => called);
  assert.ok(most > 1 && most * body.length < MIB, `made ${most}`);
});

test("less than 1 MiB of an upload is taken while the application does not read, and all of it when it does", async (t) => {
  const go = deferred();
  const size = 8 * MIB;
  const on = await serve(t, async (environ, startResponse) => {
    await go.promise;
    let total = 0;
    for await (const bytes of environ["tsgi.input"]) total += bytes.length;
    startResponse("200 OK", []);
    return [String(total)];
  });
  const client = await on.connect();
  client.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
  let taken = 0;
  const sending = (async () => {
    const block = Buffer.alloc(16_384);
    for (let sent = 0; sent < size; sent += block.length) {
      await new Promise<void>((resolve) => client.write(block, () => resolve()));
      taken += block.length;
    }
  })();
  const most = await on.settled(() => taken);
  assert.ok(most > 0 && most < MIB, `took ${most} bytes`);
  go.resolve();
  await sending;
  const [answer] = (await once(client, "data")) as [Buffer];
  assert.match(String(answer), new RegExp(`\r\n\r\n${size}$`));
});

test("a head larger than what is read ahead is answered, since its limits are those of a head", async (t) => {
  const on = await serve(t, (environ, startResponse) => {
    startResponse("200 OK", []);
    return [String(environ["HTTP_X_89"]).slice(0, 3)];
  });
  const client = await RawClient.connect(on.server.port);
  t.after(() => client.close());
  const fields = Array.from({ length: 90 }, (_, i) => `X-${i}: ${i}${"v".repeat(8_000)}\r\n`).join("");
  client.send(get("/", fields));
  assert.equal((await client.response()).body, "89v");
});

test("a large head is read on when the request before it is over, though its beginning filled what is read ahead", async (t) => {
  const go = deferred();
  const on = await serve(t, async (environ, startResponse) => {
    if (environ.PATH_INFO === "/first") await go.promise;
    startResponse("200 OK", []);
    return [String(environ["HTTP_X_89"] ?? "").slice(0, 3)];
  });
  const client = await on.connect();
  const fields = Array.from({ length: 90 }, (_, i) => `X-${i}: ${i}${"v".repeat(8_000)}\r\n`).join("");
  let taken = 0;
  const second = get("/second", fields);
  client.write(get("/first") + second.slice(0, 200_000), () => {
    taken += 1;
  });
  assert.equal(await on.settled(() => taken), 1);
  client.write(second.slice(200_000));
  go.resolve();
  let text = "";
  while (!text.endsWith("89v")) text += String(((await once(client, "data")) as [Buffer])[0]);
});

test("a client that ended its side and reads slowly gets its whole response", async (t) => {
  const size = 4 * MIB;
  const on = await serve(t, (_environ, startResponse) => {
    startResponse("200 OK", []);
    return (function* () {
      for (let sent = 0; sent < size; sent += CHUNK.length) yield CHUNK;
    })();
  });
  const client = await on.connect();
  client.end("GET / HTTP/1.0\r\n\r\n");
  // Longer than a client that ended its side may be silent.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  let length = 0;
  for await (const bytes of client) length += (bytes as Buffer).length;
  assert.ok(length > size, `got ${length} bytes`);
});
