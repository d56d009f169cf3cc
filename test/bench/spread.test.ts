// A burst of connections that stay, and who has them.

import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { spreadOf } from "../../bench/spread.ts";

/** A server that answers with what `answer` says for the n-th connection, in two pieces. */
async function serve(t: TestContext, answer: (n: number) => string): Promise<{ url: string; open: Set<net.Socket> }> {
  const open = new Set<net.Socket>();
  let count = 0;
  const server = net.createServer((socket) => {
    const text = answer(count);
    count += 1;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(text.slice(0, 20));
      setImmediate(() => socket.write(text.slice(20)));
    });
  });
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, open };
}

const named = (worker: string): string => `HTTP/1.1 200 OK\r\nX-Worker: ${worker}\r\nContent-Length: 2\r\n\r\nhi`;

test("each connection counts for the worker that its answer names, and all are closed at the end", async (t) => {
  const { url, open } = await serve(t, (n) => named(n % 3 === 0 ? "a" : "b"));
  const { counts, tookMs } = await spreadOf(url, 30);
  assert.deepEqual([...counts].sort(), [10, 20]);
  assert.ok(tookMs > 0);
  while (open.size > 0) await new Promise(setImmediate);
});

test("an answer that is no success, or names nobody, is a failure", async (t) => {
  for (const text of [
    "HTTP/1.1 503 Service Unavailable\r\nX-Worker: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  ]) {
    const { url } = await serve(t, () => text);
    await assert.rejects(spreadOf(url, 2), /answered "HTTP/);
  }
});
