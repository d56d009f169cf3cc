// A server under everything at once: checked load, killed workers, reloads, abuse. Decides which lost answers are nobody's
// fault: those of a worker that was killed while it had them.

import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { FAILURE_KINDS, type Failure, type FailureKind, machineMs } from "../support/load/record.ts";
import { Load } from "../support/load.ts";
import { Random } from "../support/random.ts";
import type { Arena, Victim } from "./arena.ts";
import { type Caller, crowd } from "./caller.ts";
import { atLeast, type Check, exactly, noted } from "./check.ts";
import { mixed } from "./mixture.ts";
import { residentBytes } from "./proc.ts";

const WORKERS = 4;
const KILL_EVERY_MS = 3_000;
const RELOAD_EVERY_MS = 13_000;
const SAY_EVERY_MS = 10_000;
const CLIENTS = 16;
const REQUESTS_A_SECOND = 1_200;
const HANG_MS = 20_000;
/** How far a kill and the end that a client sees may lie apart on a busy machine. */
const SLACK_MS = 1_000;

/** Which failures were of a worker that was killed while it had them. */
class Ledger {
  readonly #killedAt = new Map<number, number>();

  killed(pid: number): void {
    this.#killedAt.set(pid, machineMs());
  }

  get kills(): number {
    return this.#killedAt.size;
  }

  /** Where no answer named the worker yet, any kill at that time may have been its own. */
  explains({ kind, pid, sentAt, lostAt }: Failure): boolean {
    if (kind === "status" || kind === "mixed-up" || kind === "refused") return false;
    const inTime = (killedAt: number): boolean => killedAt > sentAt - SLACK_MS && killedAt < lostAt + SLACK_MS;
    if (pid === undefined) return [...this.#killedAt.values()].some(inTime);
    const killedAt = this.#killedAt.get(pid);
    return killedAt !== undefined && inTime(killedAt);
  }
}

/** Those who mean no good: a wave of each kind, again and again. They expect nothing and check nothing. */
async function abuse(port: number, random: () => number, more: () => boolean): Promise<number> {
  const CHUNKED = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const kinds: readonly ((caller: Caller) => void)[] = [
    (caller) => caller.send("GET /hello HTTP/1.1\r\nX-Slow: "),
    (caller) => caller.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nslow"),
    (caller) => caller.send(`GET /hello HTTP/1.1\r\n${"X-Bomb: 1\r\n".repeat(2_000)}`),
    (caller) => caller.send(`${CHUNKED}1;${"e".repeat(100_000)}`),
    (caller) => caller.send(CHUNKED + "1\r\nx\r\n".repeat(10_000)),
    (caller) => caller.send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    (caller) => caller.send("GET /stream?n=33554432 HTTP/1.1\r\nHost: x\r\n\r\n"),
    (caller) => caller.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2_000)),
    (caller) => caller.socket.end("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"),
    (caller) => caller.socket.write("GET /slow?ms=200 HTTP/1.1\r\nHost: x\r\n\r\n", () => caller.reset()),
    (caller) => caller.reset(),
    () => {},
  ];
  let count = 0;
  while (more()) {
    const act = kinds[Math.floor(random() * kinds.length)]!;
    const callers = await crowd(20, port, { reads: random() < 0.5 });
    count += callers.length;
    for (const caller of callers) if (!Number.isNaN(caller.connectedAt)) act(caller);
    // Some leave at once and some stay until their deadline; both must cost the others nothing.
    await pause(200);
    const stay = random() < 0.3 ? 5_000 : 0;
    setTimeout(
      () => callers.forEach((caller) => void (random() < 0.5 ? caller.reset() : caller.close())),
      stay,
    ).unref();
  }
  return count;
}

/** @param say Told a line of figures every ten seconds. */
export async function soak(arena: Arena, minutes: number, say: (line: string) => void): Promise<Check[]> {
  const victim = await arena.serve(["--workers", String(WORKERS), "--head-timeout", "4", "--body-timeout", "4"]);
  const { server, port } = victim;
  const ledger = new Ledger();
  const chance = new Random(1);
  const random = (): number => chance.next();
  const endsAt = performance.now() + minutes * 60_000;
  const more = (): boolean => performance.now() < endsAt;
  let reloads = 0;
  const every = (ms: number, act: () => void): void => {
    const timer = setInterval(act, ms);
    arena.after(() => clearInterval(timer));
  };
  every(KILL_EVERY_MS, () => {
    const alive = server.workers();
    const pid = alive[Math.floor(random() * alive.length)];
    if (!more() || pid === undefined) return;
    ledger.killed(pid);
    process.kill(pid, "SIGKILL");
  });
  every(RELOAD_EVERY_MS, () => {
    if (!more()) return;
    reloads += 1;
    server.signal("SIGHUP");
  });
  const startedAt = performance.now();
  const clients = { keepAlive: CLIENTS, closing: CLIENTS / 2, perSecond: REQUESTS_A_SECOND, pipeline: 8 };
  const load = new Load({ ...clients, where: port, mixture: mixed(300_000), hangMs: HANG_MS });
  arena.after(() => load.stop());
  every(SAY_EVERY_MS, () => say(figures(victim, load, ledger, reloads, (performance.now() - startedAt) / 1_000)));

  const abusing = abuse(port, random, more);
  const conversations = await abusing;
  await load.stop();
  const unexplained = load.failures.filter((failure) => !ledger.explains(failure));
  const serving = server.workers().length;
  const { code } = await server.stop();
  return [
    atLeast("right answers", load.answered, minutes * 60),
    ...FAILURE_KINDS.map((kind) => lost(kind, unexplained)),
    noted("lost on a killed worker", load.failures.length - unexplained.length),
    noted("kept connections that the server closed", load.reopened),
    noted("workers killed", ledger.kills),
    noted("reloads", reloads),
    noted("abusive connections", conversations),
    atLeast("workers at the end", serving, 1),
    exactly("exit code of the server", String(code), "0"),
  ];
}

/** The failures of a kind that nobody killed, and the first of them. */
function lost(kind: FailureKind, failures: readonly Failure[]): Check {
  const [first, ...more] = failures.filter((failure) => failure.kind === kind);
  if (first === undefined) return exactly(`${kind}, nobody killed`, 0, 0);
  const { request, why, pid, sentAt, lostAt } = first;
  const said = `${request}: ${why} (worker ${pid ?? "unknown"}, after ${Math.round(lostAt - sentAt)} ms)`;
  return exactly(`${kind}, nobody killed`, `${1 + more.length}, the first ${said}`, "0");
}

function figures({ server }: Victim, load: Load, ledger: Ledger, reloads: number, seconds: number): string {
  const workers = server.workers();
  const rss = workers.reduce((sum, pid) => sum + residentBytes(pid), 0) / 1_048_576;
  return [
    `${seconds.toFixed(0).padStart(4)} s`,
    `right ${load.answered}`,
    `lost ${load.failures.filter((failure) => !ledger.explains(failure)).length}`,
    `lost on a victim ${load.failures.filter((failure) => ledger.explains(failure)).length}`,
    `kills ${ledger.kills}`,
    `reloads ${reloads}`,
    `workers ${workers.length}, ${rss.toFixed(0)} MiB`,
  ].join("  ");
}
