// What a worker that leaves owes to those it serves. No other server has this, so the expectation is all there is. The last behaviour
// of a run: the workers are replaced by it.

import { once } from "node:events";
import { RawClient } from "../../support/client.ts";
import type { Behaviour, Group } from "../behaviour.ts";
import { call } from "../call.ts";
import type { Peer } from "../peer.ts";
import { connect } from "./websockets.ts";

const UPLOAD =
  "POST /digest HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/octet-stream\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

/** Asks for new workers, and waits until the old ones take no more connections. */
async function replaced({ server }: Peer, work: () => Promise<void>): Promise<void> {
  const old = server!.serving();
  await work();
  server!.signal("SIGHUP");
  await server!.untilServing(old.length, old);
}

const behaviours: Behaviour[] = [
  {
    id: "drain-request",
    title: "a request in flight is finished, and its connection closed",
    alone: true,
    expected: { status: 200, connection: "close", closes: true },
    observe: async (peer) => {
      const client = await RawClient.connect(peer.port);
      try {
        await replaced(peer, async () => {
          client.send(UPLOAD);
          if ((await client.response()).status !== 100) throw new Error("no 100 Continue");
        });
        client.send("hello");
        const { status, fields } = await client.response();
        await client.rest();
        return { status, connection: fields["connection"] ?? "none", closes: client.ended };
      } finally {
        client.close();
      }
    },
  },
  {
    id: "drain-sse",
    title: "an event stream is ended properly, and at once",
    alone: true,
    expected: { ends: "whole" },
    observe: async (peer) => {
      const client = await RawClient.connect(peer.port);
      try {
        await replaced(peer, async () => {
          client.send("GET /sse HTTP/1.1\r\nHost: example.com\r\n\r\n");
          await client.until((received) => received.includes("data:"));
        });
        const late = setTimeout(() => client.socket.destroy(), 4_000);
        const text = await client.rest();
        clearTimeout(late);
        return { ends: text.endsWith("0\r\n\r\n") ? "whole" : client.socket.destroyed ? "not within 4 s" : "cut" };
      } finally {
        client.close();
      }
    },
  },
  {
    id: "drain-websocket",
    title: "a websocket is closed with 1012",
    alone: true,
    expected: { code: 1012 },
    observe: async (peer) => {
      let closed: Promise<unknown[]> | undefined;
      await replaced(peer, async () => {
        const socket = await connect(peer);
        closed = once(socket, "close", { signal: AbortSignal.timeout(15_000) });
      });
      return { code: (await closed!)[0] as number };
    },
  },
  {
    id: "drain-stop",
    title: "a stop: a websocket is closed with 1001, a request in flight is finished, code 0",
    alone: true,
    expected: { code: 1001, status: 200, exit: 0 },
    observe: async (peer) => {
      const before = await call(peer.port, "/method");
      if (before.status !== 200) throw new Error(`it does not serve any more: ${before.status}`);
      const socket = await connect(peer).catch(() => undefined);
      const closed = socket === undefined ? undefined : once(socket, "close", { signal: AbortSignal.timeout(15_000) });
      const client = await RawClient.connect(peer.port);
      try {
        client.send(UPLOAD);
        await client.response();
        peer.server!.signal("SIGTERM");
        const code = closed === undefined ? "no websocket" : ((await closed)[0] as number);
        client.send("hello");
        const { status } = await client.response();
        return { code, status, exit: (await peer.server!.ended).code ?? "killed" };
      } finally {
        client.close();
      }
    },
  },
];

export const DRAINING: readonly Group[] = [{ title: "Workers that leave", behaviours }];
