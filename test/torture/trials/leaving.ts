// Clients that leave, at every point of a conversation and in great number. A connection that is gone leaves nothing behind:
// no descriptor, no memory, no body that was not closed, no line in the log.

import { setTimeout as pause } from "node:timers/promises";
import type { Arena, Trial, Victim } from "../arena.ts";
import { Caller, inParallel } from "../caller.ts";
import { type Check, exactly, noted } from "../check.ts";

interface Leaving {
  readonly name: string;
  readonly say: string;
  /** When it leaves: at once, after the bytes are out, or when the first of an answer is there. */
  readonly when: "at once" | "said" | "answered";
}

const RESETS: readonly Leaving[] = [
  { name: "after the connect", say: "", when: "at once" },
  { name: "in a head", say: "GET /hello HTTP/1.1\r\nHo", when: "said" },
  { name: "after a request", say: "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", when: "said" },
  { name: "while the application waits", say: "GET /slow?ms=50 HTTP/1.1\r\nHost: x\r\n\r\n", when: "said" },
  { name: "in a body", say: "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc", when: "said" },
  {
    name: "in a chunk",
    say: "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
    when: "said",
  },
  { name: "in a streamed response", say: "GET /stream?n=8388608 HTTP/1.1\r\nHost: x\r\n\r\n", when: "answered" },
  { name: "in a large response", say: "GET /big?n=4194304 HTTP/1.1\r\nHost: x\r\n\r\n", when: "answered" },
  { name: "among pipelined requests", say: "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50), when: "answered" },
  {
    name: "before 100 is followed by a body",
    say: "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
    when: "answered",
  },
];

async function leave(victim: Victim, { say, when }: Leaving): Promise<void> {
  const caller = new Caller(victim.port);
  await Promise.race([caller.connected, caller.ended]).catch(() => {});
  if (say !== "" && when === "said") await new Promise<void>((out) => caller.socket.write(say, "latin1", () => out()));
  if (when === "answered") {
    const answered = new Promise((first) => caller.socket.once("data", first));
    caller.send(say);
    await Promise.race([answered, caller.ended]);
  }
  caller.reset();
  await caller.ended;
}

async function resets(arena: Arena): Promise<Check[]> {
  const victim = await arena.serve();
  const probe = await arena.probe(victim);
  const count = arena.count(5_000, 50);
  // The large responses cost the machine, not the server, most of their time.
  const timesOf = ({ when }: Leaving): number => (when === "answered" ? Math.ceil(count / 5) : count);
  for (const leaving of RESETS) await inParallel(timesOf(leaving), 50, () => leave(victim, leaving));
  const seen = await probe.take();
  await probe.stop();
  const checks = await victim.afterwards();
  const { calls, returned, failed } = await victim.counts();
  return [
    noted(
      "resets",
      RESETS.reduce((sum, leaving) => sum + timesOf(leaving), 0),
    ),
    exactly("calls less those that returned or threw", calls - returned - failed, 0),
    ...probe.judge(seen, {}),
    ...checks,
  ];
}

async function churn(arena: Arena): Promise<Check[]> {
  const victim = await arena.serve();
  const probe = await arena.probe(victim);
  const asking = arena.count(100_000, 1_000);
  let answered = 0;
  await inParallel(asking, 50, async (i) => {
    const caller = new Caller(victim.port);
    await Promise.race([caller.connected, caller.ended]).catch(() => {});
    caller.send(`GET /hello?${i} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await caller.ended;
    if (caller.status === 200 && caller.said.endsWith(`hello ${i}`)) answered += 1;
    caller.close();
  });
  const silent = arena.count(50_000, 1_000);
  let connected = 0;
  await inParallel(silent, 50, async () => {
    const caller = new Caller(victim.port);
    await Promise.race([caller.connected, caller.ended]).catch(() => {});
    if (!Number.isNaN(caller.connectedAt)) connected += 1;
    caller.close();
    await caller.ended;
  });
  // The last of them may still be in the queue of the kernel.
  await pause(100);
  const seen = await probe.take();
  await probe.stop();
  return [
    exactly(`failed of ${asking.toLocaleString("en-US")} connections with a request`, asking - answered, 0),
    exactly(`failed of ${silent.toLocaleString("en-US")} connects and disconnects`, silent - connected, 0),
    ...probe.judge(seen, {}),
    ...(await victim.afterwards()),
  ];
}

export const LEAVING: readonly Trial[] = [
  { id: "F20", title: "34,000 resets at ten points of a conversation", run: resets },
  { id: "F25", title: "100,000 connections with a request, 50,000 without", run: churn },
];
