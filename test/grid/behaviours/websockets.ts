// Websockets: both kinds of messages, their order, their end, and a handshake that is refused.

import { once } from "node:events";
import { WebSocket } from "ws";
import { RawClient } from "../../support/client.ts";
import type { Behaviour, Group } from "../behaviour.ts";
import type { Peer } from "../peer.ts";

const LIMIT_MS = 10_000;

export async function connect({ port }: Peer, path = "/ws"): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { handshakeTimeout: LIMIT_MS });
  await once(socket, "open");
  return socket;
}

async function echoed(socket: WebSocket, message: string | Buffer): Promise<{ data: Buffer; isBinary: boolean }> {
  const answer = once(socket, "message", { signal: AbortSignal.timeout(LIMIT_MS) });
  socket.send(message);
  const [data, isBinary] = (await answer) as [Buffer, boolean];
  return { data, isBinary };
}

const withSocket =
  (work: (socket: WebSocket) => Promise<Awaited<ReturnType<Behaviour["observe"]>>>): Behaviour["observe"] =>
  async (peer) => {
    const socket = await connect(peer);
    try {
      return await work(socket);
    } finally {
      socket.terminate();
    }
  };

const behaviours: Behaviour[] = [
  {
    id: "websocket-text",
    title: "a text comes back as a text",
    expected: { said: "caf\u00e9", binary: false },
    observe: withSocket(async (socket) => {
      const { data, isBinary } = await echoed(socket, "caf\u00e9");
      return { said: data.toString(), binary: isBinary };
    }),
  },
  {
    id: "websocket-binary",
    title: "1 MiB of bytes comes back as bytes",
    expected: { same: true, binary: true },
    observe: withSocket(async (socket) => {
      const sent = Buffer.alloc(1_048_576, 200);
      const { data, isBinary } = await echoed(socket, sent);
      return { same: sent.equals(data), binary: isBinary };
    }),
  },
  {
    id: "websocket-order",
    title: "100 messages at once come back in their order",
    expected: { order: true },
    observe: withSocket(async (socket) => {
      const seen: string[] = [];
      const all = new Promise<void>((resolve, reject) => {
        AbortSignal.timeout(LIMIT_MS).addEventListener("abort", () => reject(new Error("not all came back")));
        socket.on("message", (data) => {
          if (seen.push(String(data)) === 100) resolve();
        });
      });
      for (let i = 0; i < 100; i += 1) socket.send(String(i));
      await all;
      return { order: seen.every((text, i) => text === String(i)) };
    }),
  },
  {
    id: "websocket-close",
    title: "a close is answered with its code",
    expected: { code: 1000 },
    observe: withSocket(async (socket) => {
      const closed = once(socket, "close", { signal: AbortSignal.timeout(LIMIT_MS) });
      socket.close(1000);
      return { code: (await closed)[0] as number };
    }),
  },
  {
    id: "websocket-early",
    title: "a message that comes with the handshake is not lost",
    expected: { said: "hi" },
    observe: async ({ port }) => {
      const client = await RawClient.connect(port);
      try {
        // A masked text of two bytes with a mask of zeros (RFC 6455 section 5.2).
        client.send(
          "GET /ws HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x82\0\0\0\0hi",
        );
        const text = await client.until(
          (received) => /\r\n\r\n\x81\x02../s.test(received) || /^HTTP\/1.1 [45]/.test(received),
        );
        return { said: text.startsWith("HTTP/1.1 101") ? text.slice(-2) : text.slice(0, 12) };
      } finally {
        client.close();
      }
    },
  },
];

export const WEBSOCKETS: readonly Group[] = [{ title: "Websockets", behaviours }];
