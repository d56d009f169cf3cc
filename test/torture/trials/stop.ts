// The ends of a server: told once, told twice, told while it reloads, and when the master is killed. Whoever was there before is served.

import { once } from "node:events";
import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { get, RawClient } from "../../support/client.ts";
import { machineMs } from "../../support/load/record.ts";
import { type Arena, type Trial, until } from "../arena.ts";
import { allEnded, crowd } from "../caller.ts";
import { atMost, type Check, exactly, noted, tally } from "../check.ts";
import { isStopped } from "../proc.ts";
import { Stage, send, version } from "../stage.ts";
import { RELOADING, STOPPING } from "../words.ts";

const QUEUED = 6;

/** What connecting to a port gives: `connect`, or the name of the error. */
async function knock(port: number): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return "connect";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

/** The status, or how it ended without one. */
async function answerTo(client: RawClient): Promise<string> {
  try {
    return String((await client.response()).status);
  } catch {
    return client.error === undefined ? "ended" : ((client.error as NodeJS.ErrnoException).code ?? "failed");
  } finally {
    client.close();
  }
}

/** Six clients that have asked and are not answered yet. */
async function queue(stage: Stage, target = "/1"): Promise<readonly RawClient[]> {
  const clients = await Promise.all(Array.from({ length: QUEUED }, () => RawClient.connect(stage.port)));
  for (const client of clients) client.send(get(target, "Connection: close\r\n"));
  return clients;
}

interface End {
  readonly checks: Check[];
  readonly seconds: number;
}

/** TERM, and how all of them ended. */
async function end(
  stage: Stage,
  what: string,
  clients: readonly RawClient[],
  told: () => unknown = () => {},
): Promise<End> {
  const answers = Promise.all(clients.map(answerTo));
  const { port } = stage;
  const at = machineMs();
  stage.server.signal("SIGTERM");
  await stage.server.says(STOPPING);
  await told();
  const statuses = await answers;
  const code = await stage.server.exited;
  const seconds = (machineMs() - at) / 1_000;
  const isGone = await stage.gone(5_000);
  return {
    seconds,
    checks: [
      exactly(`${what}: answers to ${clients.length} queued requests`, tally(statuses), "200"),
      exactly(`${what}: exit code`, String(code), "0"),
      exactly(`${what}: processes left behind`, isGone ? 0 : stage.server.processes().length, 0),
      exactly(`${what}: the port afterwards`, await knock(port), "ECONNREFUSED"),
    ],
  };
}

/** Requests of half a second, one at a time in each of two workers: four of the six have to wait for their turn. */
const ONE_AT_A_TIME = ["--limit-in-flight", "1"];
const HALF_A_SECOND = "/1?wait=500";
/** An import that takes so long that TERM comes in the middle of it. */
const SLOW_BOOT = `await new Promise((done) => setTimeout(done, 3_000));\n${version("slow")}`;

async function queued(arena: Arena): Promise<Check[]> {
  const workers = { workers: 2 };
  const inWorkers = await Stage.open(arena, ONE_AT_A_TIME, workers);
  const atRest = await end(inWorkers, "in the workers", await queue(inWorkers, HALF_A_SECOND));

  const inKernel = await Stage.open(arena, [], workers);
  const stopped = inKernel.server.workers();
  for (const pid of stopped) send(pid, "SIGSTOP");
  await until(() => stopped.every(isStopped), 1_000);
  const fromKernel = await end(inKernel, "in the kernel", await queue(inKernel), () => {
    for (const pid of stopped) send(pid, "SIGCONT");
  });

  const booting = await Stage.open(arena, ONE_AT_A_TIME, workers);
  booting.deploy(SLOW_BOOT);
  booting.server.signal("SIGHUP");
  await booting.server.says(RELOADING, 0, 60_000);
  await until(() => booting.server.workers().length > 2, 20_000);
  const whileBooting = await end(booting, "while a reload boots", await queue(booting, HALF_A_SECOND));
  return [
    ...atRest.checks,
    ...fromKernel.checks,
    ...whileBooting.checks,
    noted("TERM at rest takes", atRest.seconds, "s"),
    atMost("TERM while a reload boots takes", whileBooting.seconds, atRest.seconds + 1, "s"),
  ];
}

const GRACEFUL = 10;

async function masterKilled(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, ["--graceful-timeout", String(GRACEFUL)]);
  const { port, server } = stage;
  const load = await stage.load({ perSecond: 100 });
  const held = await Promise.all(Array.from({ length: 4 }, () => RawClient.connect(port)));
  for (const client of held) client.send(get("/1?wait=2000"));
  // Taken by a worker, which the kernel's queue would not be.
  await pause(500);
  const at = machineMs();
  send(server.pid, "SIGKILL");
  const bindable = bindableAfter(port, at);
  const exited = await server.exited;
  const statuses = await Promise.all(held.map(answerTo));
  const gone = (await stage.gone((GRACEFUL + 10) * 1_000)) ? (machineMs() - at) / 1_000 : Number.NaN;
  const { failures } = await load.stop();
  const accepted = failures.filter(({ pid, kind }) => pid !== undefined && kind !== "refused");
  return [
    exactly("four requests of 2 s in flight", tally(statuses), "200"),
    exactly(
      "failed on connections that a worker had answered on before",
      accepted.length === 0 ? "none" : `${accepted.length}: ${accepted[0]!.why}`,
      "none",
    ),
    noted(
      "failed on connections of afterwards",
      tally(failures.filter((one) => !accepted.includes(one)).map(({ kind }) => kind)) || "none",
    ),
    atMost("all workers gone after", gone, GRACEFUL + 2, "s"),
    atMost("the port can be bound after", await bindable, 3, "s"),
    exactly("how it ended for a supervisor", String(exited), "SIGKILL"),
  ];
}

async function bindableAfter(port: number, since: number): Promise<number> {
  for (;;) {
    const server = net.createServer().listen(port, "127.0.0.1");
    const how = await Promise.race([
      once(server, "listening").then(() => "bound"),
      once(server, "error").then(() => "taken"),
    ]).catch(() => "taken");
    server.close();
    const took = (machineMs() - since) / 1_000;
    if (how === "bound") return took;
    if (took > 15) return Number.NaN;
    await pause(20);
  }
}

interface Told {
  readonly answer: string;
  readonly seconds: number;
  readonly code: string;
  readonly refused: string;
}

/** With what it does at its end, a quick stop takes as long as it may: there is time for a second signal. */
const SLOW_SHUTDOWN = `${version("one")}\nexport const shutdown = () => new Promise((done) => setTimeout(done, 10_000));\n`;

/** Signals with a request of three seconds in flight; the times count from the last of them. */
async function told(arena: Arena, signals: readonly NodeJS.Signals[]): Promise<Told> {
  const stage = await Stage.open(arena, [], { app: SLOW_SHUTDOWN });
  const client = await RawClient.connect(stage.port);
  client.send(get("/1?wait=3000"));
  await pause(500);
  for (const [index, signal] of signals.entries()) {
    // Longer than a supervisor needs to pass one press of Ctrl-C on twice.
    if (index > 0) await pause(400);
    if (send(stage.server.pid, signal)) await stage.server.says(STOPPING);
  }
  const at = machineMs();
  const answer = answerTo(client);
  let refused = "not tried";
  if (signals[0] === "SIGTERM") {
    await until(async () => {
      refused = await knock(stage.port);
      return refused === "ECONNREFUSED";
    }, 2_000);
  }
  const code = String(await stage.server.exited);
  return { code, refused, answer: await answer, seconds: (machineMs() - at) / 1_000 };
}

async function signals(arena: Arena): Promise<Check[]> {
  const term = await told(arena, ["SIGTERM"]);
  const int = await told(arena, ["SIGINT"]);
  const twice = await told(arena, ["SIGINT", "SIGINT"]);
  const both = await told(arena, ["SIGTERM", "SIGTERM"]);
  return [
    exactly("TERM: a request of 3 s in flight", term.answer, "200"),
    exactly("TERM: new connects", term.refused, "ECONNREFUSED"),
    exactly("TERM: exit code", term.code, "0"),
    atMost("TERM: exit after", term.seconds, 30, "s"),
    exactly("INT: the request is dropped", int.answer === "200" ? "answered" : "dropped", "dropped"),
    exactly("INT: exit code", int.code, "0"),
    atMost("INT: exit after", int.seconds, 2.5, "s"),
    exactly("INT twice: exit code", twice.code, "0"),
    atMost("INT twice: exit after the second", twice.seconds, 1, "s"),
    exactly("TERM twice: exit code", both.code, "0"),
    atMost("TERM twice: exit after the second", both.seconds, 2.5, "s"),
  ];
}

async function slowClients(arena: Arena): Promise<Check[]> {
  const graceful = 5;
  const stage = await Stage.open(arena, ["--graceful-timeout", String(graceful)]);
  const idle = await crowd(100, stage.port);
  for (const caller of idle) caller.send(get("/1"));
  const slow = await crowd(100, stage.port);
  for (const caller of slow) caller.send("GET /1 HTTP/1.1\r\nX-Slow: ");
  const drip = setInterval(() => {
    for (const caller of slow) if (caller.isOpen) caller.send("a");
  }, 500);
  arena.after(() => clearInterval(drip));
  await until(() => idle.every(({ status }) => status === 200), 10_000);
  const at = machineMs();
  const startedAt = performance.now();
  stage.server.signal("SIGTERM");
  await allEnded(idle, 10_000);
  const last = Math.max(...idle.map(({ endedAt }) => endedAt)) - startedAt;
  const open = idle.filter((caller) => caller.isOpen).length;
  const isGone = await stage.gone((graceful + 10) * 1_000);
  const took = isGone ? (machineMs() - at) / 1_000 : Number.NaN;
  for (const caller of [...idle, ...slow]) caller.close();
  return [
    exactly("idle connections answered before", tally(idle.map(({ status }) => status)), "200"),
    exactly("idle connections left open", open, 0),
    atMost("idle connections closed after", last, 500, "ms"),
    atMost("everything gone after, --graceful-timeout 5", took, graceful + 1, "s"),
    exactly("exit code", String(await stage.server.exited), "0"),
  ];
}

export const STOP: readonly Trial[] = [
  { id: "A6", title: "TERM with six requests queued on two workers, at rest and while a reload boots", run: queued },
  { id: "F9", title: "kill -9 of the master under load", run: masterKilled },
  { id: "F10", title: "TERM, INT and each twice, with a request of 3 s in flight", run: signals },
  { id: "F11", title: "TERM with 100 slow heads and 100 idle connections", run: slowClients },
];
