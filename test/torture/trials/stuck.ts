// Workers whose event loop stands still. The log says where, the others serve, and nobody waits longer than the timeout and a second.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { RawClient } from "../../support/client.ts";
import { type LoadResult, machineMs } from "../../support/load/record.ts";
import { APPS } from "../../support/server.ts";
import { type Arena, type Trial, until } from "../arena.ts";
import { atMost, type Check, exactly, noted } from "../check.ts";
import { clientPorts } from "../proc.ts";
import { type Slain, Stage, version, WORKERS } from "../stage.ts";
import { lossless, lostOnVictims, withinBoot } from "../verdict.ts";
import { BLOCKED, died } from "../words.ts";

const APP = readFileSync(join(APPS, "blocks.ts"), "utf8");
const PROGRAM = { app: APP, file: "app.ts", files: { "echo.js": version("one") } };

/** What stands still, each a function of its own; whether its stack can be had. */
const WAYS: Readonly<Record<string, boolean>> = {
  spin: true,
  backtrack: true,
  waitForNobody: true,
  // Its stack comes only when it returns.
  runAnother: false,
};

const lineOf = (way: string): number => APP.split("\n").findIndex((line) => line.endsWith(`// blocks: ${way}`)) + 1;

/** A request that blocks the worker that takes it, and who else is connected to that worker. */
async function block(stage: Stage, target: string) {
  const client = await RawClient.connect(stage.port);
  const { localPort } = client.socket;
  const sentAt = machineMs();
  client.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
  let victim = 0;
  await until(() => {
    victim = stage.server.workers().find((pid) => clientPorts(pid, stage.port).has(localPort!)) ?? 0;
    return victim !== 0;
  }, 2_000);
  // What it took in the same turn of its loop is stuck as well; since then it takes nothing.
  await pause(200);
  return { client, victim, sentAt, ports: clientPorts(victim, stage.port) };
}

const textOf = (stage: Stage, from: number): string => stage.server.lines.slice(from).join("\n");

/** Blocks a worker in one way, and waits for its end. */
async function blocked(stage: Stage, way: string, slain: Slain[]): Promise<Check[]> {
  const seen = stage.server.lines.length;
  const target = `/${way}?mark`;
  const { client, victim, sentAt, ports } = await block(stage, target);
  let diedAt = Number.NaN;
  const ended = client.rest().then(() => {
    diedAt = machineMs();
  });
  await Promise.race([ended, pause(20_000)]);
  client.close();
  slain.push({ pid: victim, ports, at: machineMs() });
  await until(() => stage.server.records.some(({ msg }) => died(victim).test(msg)), 5_000);
  const said = stage.server.records.find(({ msg }) => died(victim).test(msg))?.msg ?? "nothing";
  await until(() => textOf(stage, seen).includes(target), 1_000);
  const text = textOf(stage, seen);
  const isBack = await until(() => stage.server.serving().length === WORKERS, 20_000);
  const where = new RegExp(`\\b${way}\\b[\\s\\S]*app\\.ts:${lineOf(way)}(?!\\d)`);
  return [
    atMost(`${way}: its client was told after`, (diedAt - sentAt) / 1_000, 5, "s"),
    exactly(`${way}: the log calls it blocked`, BLOCKED.test(said) ? "yes" : said.slice(0, 160), "yes"),
    WAYS[way] === true
      ? exactly(`${way}: the log has the function and app.ts:${lineOf(way)}`, where.test(text) ? "yes" : "no", "yes")
      : noted(`${way}: the log has no stack, and says`, said.split("\n")[0]!.slice(0, 200)),
    exactly(`${way}: the log has the request line`, text.includes(`GET ${target}`) ? "yes" : "no", "yes"),
    exactly(`${way}: replaced`, isBack ? "yes" : "no", "yes"),
  ];
}

async function everyWay(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, ["--timeout", "3"], PROGRAM);
  const load = await stage.load({ perSecond: 100 });
  const checks: Check[] = [];
  const ways = arena.scale < 0.5 ? ["spin"] : Object.keys(WAYS);
  const slain: Slain[] = [];
  for (const way of ways) checks.push(...(await blocked(stage, way, slain)));
  await load.more(50);
  return [...checks, ...waits(await load.stop(), slain, 3)];
}

/** Who lost something, and how long they had to wait for it to be told: the timeout, and a second. */
function waits(result: LoadResult, slain: readonly Slain[], timeout: number): Check[] {
  const longest = Math.max(0, ...result.failures.map(({ sentAt, lostAt }) => lostAt - sentAt)) / 1_000;
  return [
    ...lostOnVictims(result, slain),
    atMost(`the longest wait of a client that lost a request, --timeout ${timeout}`, longest, timeout + 1, "s"),
  ];
}

async function hang(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, ["--timeout", "2"], PROGRAM);
  const load = await stage.load({ perSecond: 100 });
  const { client, victim, sentAt, ports } = await block(stage, "/spin");
  await client.rest();
  const slain = [{ pid: victim, ports, at: machineMs() }];
  const killedAfter = (machineMs() - sentAt) / 1_000;
  const isBack = await until(
    () => stage.server.serving().length === WORKERS && !stage.server.serving().includes(victim),
    20_000,
  );
  const took = isBack ? (machineMs() - sentAt) / 1_000 : Number.NaN;
  await load.more(50);
  return [
    atMost("killed after, --timeout 2", killedAfter, 3, "s"),
    withinBoot("replaced after that", took - killedAfter, 1, stage),
    ...waits(await load.stop(), slain, 2),
  ];
}

/** SIGSTOP stops the watchdog too: only the master's own look at it is left. */
async function stopped(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, ["--timeout", "5"]);
  const load = await stage.load({ keepAlive: 0, closing: 16, perSecond: 100, mixture: "plain" });
  const [victim = 0] = stage.server.serving();
  const held = new Set<number>();
  process.kill(victim, "SIGSTOP");
  const at = machineMs();
  await pause(200);
  for (const port of clientPorts(victim, stage.port)) held.add(port);
  const isReplaced = await until(
    () => stage.server.serving().length === WORKERS && !stage.server.serving().includes(victim),
    20_000,
  );
  const replacedAt = machineMs();
  await pause(Math.max(0, 10_000 - (replacedAt - at)));
  try {
    process.kill(victim, "SIGCONT");
  } catch {
    // Killed, as it should be.
  }
  await load.more(100);
  const result = await load.stop();
  const meanwhile = result.answers.filter(({ sentAt }) => sentAt > at && sentAt < replacedAt);
  const delayed = meanwhile.filter(({ tookMs }) => tookMs > 1_000).length;
  const afterwards = { ...result, failures: result.failures.filter(({ sentAt }) => sentAt > replacedAt) };
  const others = result.failures.filter(({ port, sentAt }) => sentAt <= replacedAt && !held.has(port));
  return [
    withinBoot("replaced after, --timeout 5", isReplaced ? (replacedAt - at) / 1_000 : Number.NaN, 7, stage, 5),
    atMost("requests meanwhile that took more than a second", (100 * delayed) / Math.max(1, meanwhile.length), 25, "%"),
    noted(
      "lost on connections that the stopped worker had taken",
      result.failures.length - others.length - afterwards.failures.length,
    ),
    exactly("lost on others", others.length, 0),
    ...lossless(afterwards, "after the replacement"),
  ];
}

export const STUCK: readonly Trial[] = [
  { id: "A8", title: "loops that stand still in four ways, --timeout 3", run: everyWay },
  { id: "F5", title: "a handler that spins, --timeout 2", run: hang },
  { id: "F12", title: "SIGSTOP of a worker for 10 s, --timeout 5", run: stopped },
];
