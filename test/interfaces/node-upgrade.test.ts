import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createServer, IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { NodeUpgrade } from "../../src/interfaces/node-upgrade.ts";
import { INFO } from "../support/exchange.ts";

/** A socket that keeps what is written. */
class Kept extends Socket {
  readonly written: Buffer[] = [];

  override _write(chunk: string | Buffer, encoding: BufferEncoding, done: () => void): void {
    this.written.push(typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk);
    done();
  }
}

function upgrade(answer: (socket: Socket) => void, protocol = "websocket", claimed?: typeof INFO) {
  const socket = new Kept();
  const server = createServer();
  server.on("upgrade", (_request, given) => answer(given as Socket));
  const failed = (error: unknown) => assert.fail(String(error));
  const request = new IncomingMessage(socket);
  const parts = { server, request, socket, rest: Buffer.alloc(0), claimed, protocol, failed };
  return { socket, upgraded: new NodeUpgrade(parts) };
}

for (const [what, answer, status] of [
  ["a write", (s: Socket) => s.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"), 101],
  ["a write of bytes", (s: Socket) => s.write(Buffer.from("HTTP/1.1 101 Switching Protocols\r\n\r\n")), 101],
  ["an end", (s: Socket) => s.end("HTTP/1.1 403 Forbidden\r\n\r\n"), 403],
  ["something else", (s: Socket) => s.write("220 hello\r\n"), 0],
  ["nothing", () => {}, 0],
] as const) {
  test(`the log's status is what ${what} says first, and no method of the socket stays watched`, () => {
    const { socket, upgraded } = upgrade((given) => void answer(given));
    assert.equal(upgraded.status, status);
    assert.equal(Object.hasOwn(socket, "write"), what === "nothing");
  });
}

test("a websocket is left with a close frame of that code, which is not masked", async () => {
  const { socket, upgraded } = upgrade((given) => void given.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  upgraded.leave(1012);
  assert.equal(socket.written.length, 1);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.deepEqual([...socket.written[1]!], [0x88, 2, 0x03, 0xf4]);
});

test("another protocol is left with an end", () => {
  assert.equal(upgrade((s) => void s.write("HTTP/1.1 101 X\r\n\r\n"), "h2c").socket.writableEnded, false);
  const other = upgrade((s) => void s.write("HTTP/1.1 101 X\r\n\r\n"), "echo");
  other.upgraded.leave(1001);
  assert.equal(other.socket.writableEnded, true);
});

test("a handshake that is not answered yet is answered first, and then left", async () => {
  const turns = () => new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
  const opens = upgrade(() => {});
  opens.upgraded.leave(1012);
  assert.equal(opens.socket.writableEnded, false);
  opens.socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  await turns();
  assert.deepEqual([...opens.socket.written[1]!], [0x88, 2, 0x03, 0xf4]);
  const refuses = upgrade(() => {});
  refuses.upgraded.leave(1012);
  refuses.socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  await turns();
  assert.equal(Buffer.concat(refuses.socket.written).toString(), "HTTP/1.1 403 Forbidden\r\n\r\n");
  assert.equal(refuses.upgraded.status, 403);
});

test("the socket says of its client what a trusted proxy says", () => {
  const { socket } = upgrade(() => {}, "websocket", { ...INFO, remoteAddress: "203.0.113.7", scheme: "https" });
  assert.deepEqual(
    [
      socket.remoteAddress,
      socket.remotePort,
      socket.remoteFamily,
      (socket as unknown as { encrypted: boolean }).encrypted,
    ],
    ["203.0.113.7", 50123, "IPv4", true],
  );
});
