// Where a message ends: limits of bodies, half-closed connections, and bytes that come in any pieces.

import { setImmediate as turn } from "node:timers/promises";
import type { Arena, Trial } from "../arena.ts";
import { type Caller, converse, inParallel } from "../caller.ts";
import { atLeast, type Check, exactly, tally } from "../check.ts";

const MIB = 1_048_576;

async function bodyLimits(arena: Arena): Promise<Check[]> {
  const victim = await arena.serve(["--limit-body", String(MIB)]);
  const count = arena.count(200, 10);
  const before = await victim.counts();
  const told: Caller[] = [];
  await inParallel(count, 20, async () => {
    const head = `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${MIB + 1}\r\n\r\n`;
    told.push(await converse(victim.port, (caller) => caller.send(head)));
  });
  const between = await victim.counts();
  const crossed: Caller[] = [];
  const chunk = `10000\r\n${"b".repeat(65_536)}\r\n`;
  await inParallel(count, 20, async () => {
    const head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    crossed.push(await converse(victim.port, (caller) => caller.send(head + chunk.repeat(17))));
  });
  const after = await victim.counts();
  const fits = await converse(victim.port, (caller) =>
    caller.send(
      `POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${MIB}\r\n\r\n${"b".repeat(MIB)}`,
    ),
  );
  return [
    exactly("a length over the limit", tally(told.map(({ status }) => status)), "413"),
    exactly("application called for it", between.calls - before.calls, 0),
    exactly("chunks that cross the limit", tally(crossed.map(({ status }) => status)), "413"),
    exactly("application told by an error", after.failed - between.failed, count),
    exactly("a body of just the limit", fits.status, 200),
    ...(await victim.afterwards()),
  ];
}

async function halfCloses(arena: Arena): Promise<Check[]> {
  const victim = await arena.serve();
  const count = arena.count(2_000, 20);
  const whole: Caller[] = [];
  const cut: Caller[] = [];
  const WHOLE = [
    "GET /hello?half HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde",
    "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    "GET /big?n=300000 HTTP/1.1\r\nHost: x\r\n\r\n",
  ];
  const CUT = [
    "GET /hello HTTP/1.1\r\nHost: x\r\n",
    "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcd",
    "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
    "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n",
    "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5",
  ];
  const halfClose = (text: string) => (caller: Caller) => void caller.socket.end(text, "latin1");
  await inParallel(count, 50, async (i) => {
    whole.push(await converse(victim.port, halfClose(WHOLE[i % WHOLE.length]!), { halfOpen: true }));
    cut.push(await converse(victim.port, halfClose(CUT[i % CUT.length]!), { halfOpen: true }));
  });
  return [
    exactly(`closed after the request, ${count} times`, tally(whole.map(({ status }) => status)), "200"),
    exactly(
      "whole bodies of 300,000",
      whole.filter(({ received }) => received > 300_000).length,
      Math.floor(count / 4),
    ),
    exactly("closed within the message, answered 200", cut.filter(({ status }) => status === 200).length, 0),
    exactly("closed within the message, all answers", tally(cut.map(({ status }) => status)), "400"),
    ...(await victim.afterwards()),
  ];
}

/** Good and bad, several in one: what is answered must not depend on where the network cuts. */
const MESSAGES: readonly string[] = [
  "GET /hello?1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "POST /echo?tag=2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde",
  "POST /echo?tag=3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3;e=f\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n",
  "GET /hello?4 HTTP/1.1\r\nHost: x\r\n\r\nGET /hello?5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "GET /hello?6 HTTP/1.0\r\n\r\n",
  "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "GET /hello?7 HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\nHost: x\n\n",
  "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
  "GET /hello HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n",
  "GET  /hello HTTP/1.1\r\nHost: x\r\n\r\n",
];

const linesOf = (text: string): string[] => text.split(/(?<=\n)/);

function waysToCut(text: string): readonly (readonly string[])[] {
  const splits = Array.from({ length: text.length - 1 }, (_none, i) => [text.slice(0, i + 1), text.slice(i + 1)]);
  return [[text], text.split(""), linesOf(text), ...splits];
}

/** Statuses and bodies, without what changes with each answer. */
const verdictOf = ({ said }: Caller): string =>
  said.replace(/^(?:date|x-request-id|x-pid): .*\r\n|^request \S+\n/gim, "");

async function segments(arena: Arena): Promise<Check[]> {
  const victim = await arena.serve();
  const differing: string[] = [];
  let cuts = 0;
  const statuses: number[] = [];
  for (const [index, message] of MESSAGES.entries()) {
    const ways = waysToCut(message).filter((_way, i) => i < 3 || arena.scale >= 0.5 || i % 5 === 0);
    const verdicts: string[] = [];
    await inParallel(ways.length, 20, async (i) => {
      const caller = await converse(
        victim.port,
        async (client) => {
          for (const piece of ways[i]!) {
            client.send(piece);
            // Each piece is a packet of its own, and mostly a read of its own.
            for (let n = 0; n < 3; n += 1) await turn();
          }
          client.socket.end();
        },
        { halfOpen: true },
      );
      verdicts[i] = verdictOf(caller);
      if (i === 0) statuses.push(caller.status);
    });
    cuts += ways.length;
    const other = verdicts.findIndex((verdict) => verdict !== verdicts[0]);
    if (other >= 0) differing.push(`message ${index} in way ${other}`);
  }
  return [
    atLeast("ways of sending", cuts, 100),
    exactly("verdict depends on the way", differing.length === 0 ? "never" : differing.join(", "), "never"),
    exactly("first statuses", statuses.join(" "), "200 200 200 200 200 400 200 400 400 400"),
    ...(await victim.afterwards()),
  ];
}

export const FRAMING: readonly Trial[] = [
  { id: "F19", title: "bodies over the limit", run: bodyLimits },
  { id: "F21", title: "half-closed connections", run: halfCloses },
  { id: "F22", title: "the same bytes in any pieces", run: segments },
];
