// Clients that send requests and do not wait for answers, in order or for ever.

import { setTimeout as pause } from "node:timers/promises";
import { type Arena, type Trial, until } from "../arena.ts";
import { Caller, inParallel } from "../caller.ts";
import { atLeast, atMost, type Check, exactly, noted } from "../check.ts";
import { residentBytes } from "../proc.ts";

const MIB = 1_048_576;
/** What loopback itself may take of a client that writes: its send buffer and the server's receive buffer at their largest. */
const KERNEL_MIB = 10;

interface Run {
  readonly answered: number;
  /** The answer that was not the one due, if there was one. */
  readonly wrong: string | undefined;
  readonly closed: boolean;
}

const request = (i: number): string => `GET /hello?${i} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Sends `count` requests in one go and hears the answers, which must come in order. Reads only after `restMs`. */
async function pipeline(port: number, count: number, restMs: number): Promise<Run> {
  const caller = new Caller(port, { reads: false });
  await caller.connected;
  caller.socket.pause();
  for (let from = 0; from < count; from += 1_000) {
    caller.send(Array.from({ length: Math.min(1_000, count - from) }, (_none, i) => request(from + i)).join(""));
  }
  await pause(restMs);
  let answered = 0;
  let wrong: string | undefined;
  let rest = "";
  await new Promise<void>((done) => {
    void caller.ended.then(done);
    caller.socket.on("data", (bytes: Buffer) => {
      const text = rest + bytes.toString("latin1");
      const parts = text.split("HTTP/1.1 200 OK\r\n");
      // The last answer may not be whole: it is looked at again with what follows.
      const last = parts.pop()!;
      for (const part of parts) if (part !== "") hear(part);
      if (last.endsWith(`hello ${answered}`) && answered === count - 1) hear(last);
      else rest = `HTTP/1.1 200 OK\r\n${last}`;
      if (answered === count || wrong !== undefined) done();
    });
    caller.socket.resume();
    function hear(part: string): void {
      if (part.endsWith(`\r\n\r\nhello ${answered}`)) answered += 1;
      else wrong ??= part.slice(-60);
    }
  });
  // The server closed, so the last answer is as whole as it will be.
  if (!caller.isOpen && rest.endsWith(`\r\n\r\nhello ${answered}`)) answered += 1;
  const closed = !caller.isOpen && /connection: close\r/i.test(rest);
  caller.close();
  return { answered, wrong, closed };
}

async function unread(arena: Arena): Promise<Check[]> {
  const victim = await arena.serve();
  const probe = await arena.probe(victim);
  const count = 1_000;
  const run = await pipeline(victim.port, count, 1_000);

  // One that never reads: what it can send is bounded.
  const caller = new Caller(victim.port, { reads: false });
  await caller.connected;
  caller.socket.pause();
  const piece = Buffer.from("GET /big?n=65536 HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000));
  let stuck = false;
  let taken = 0;
  let rss = 0;
  while (!stuck && taken < 64 * MIB) {
    const wrote = new Promise<boolean>((done) => caller.socket.write(piece, () => done(true)));
    stuck = !(await Promise.race([wrote, pause(2_000, false), caller.ended.then(() => false)]));
    if (!stuck) taken += piece.length;
    rss = Math.max(rss, residentBytes(victim.worker));
  }
  caller.close();
  const seen = await probe.take();
  await probe.stop();
  return [
    exactly(`answered in order of ${count}`, run.answered, count),
    exactly("answers out of order", run.wrong ?? "none", "none"),
    atMost("taken of a client that never reads", taken / MIB, 16 + KERNEL_MIB, "MiB"),
    atMost("memory for it", (rss - victim.before.rss) / MIB, 16, "MiB"),
    ...probe.judge(seen, { worstMs: 250 }),
    ...(await victim.afterwards()),
  ];
}

async function flood(arena: Arena): Promise<Check[]> {
  const count = arena.count(100_000, 2_000);
  const victim = await arena.serve();
  const probe = await arena.probe(victim);
  const one = await pipeline(victim.port, count, 0);
  // As many again, by those who come back when they were told to.
  let answered = 0;
  let wrong = one.wrong;
  await inParallel(count / 500, 10, async () => {
    const run = await pipeline(victim.port, 500, 0);
    answered += run.answered;
    wrong ??= run.wrong;
  });
  const seen = await probe.take();
  await probe.stop();
  const fair = one.answered === count || one.closed;
  return [
    atLeast(`answered in order of ${count} on one connection`, one.answered, Math.min(1_000, count)),
    exactly("the last answer says that it is the last", fair ? "yes" : "no", "yes"),
    exactly(`answered of ${count} in runs of 500`, answered, Math.floor(count / 500) * 500),
    exactly("answers out of order", wrong ?? "none", "none"),
    ...probe.judge(seen, { worstMs: 250 }),
    ...(await victim.afterwards()),
  ];
}

/** Everything that a client asked before it left: the application is not to be run for nobody without end. */
async function abandoned(arena: Arena): Promise<Check[]> {
  const victim = await arena.serve();
  const before = (await victim.counts()).calls;
  const asked = 1_000;
  await inParallel(arena.count(200, 20), 20, async () => {
    const caller = new Caller(victim.port, { reads: false });
    await caller.connected;
    caller.send(Array.from({ length: asked }, (_none, i) => request(i)).join(""));
    await pause(5);
    caller.reset();
  });
  let calls = before;
  await until(async () => {
    const last = calls;
    await pause(300);
    calls = (await victim.counts()).calls;
    return calls === last;
  }, 10_000);
  return [
    noted(`requests run of ${arena.count(200, 20) * asked} asked and left`, calls - before),
    ...(await victim.afterwards()),
  ];
}

export const PIPELINING: readonly Trial[] = [
  { id: "F16", title: "1,000 pipelined requests before a byte is read, and one that never reads", run: unread },
  { id: "F16b", title: "100,000 pipelined requests", run: flood },
  { id: "F16c", title: "1,000 pipelined requests, then a reset", run: abandoned },
];
