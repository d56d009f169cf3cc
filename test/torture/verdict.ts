// What a load has seen, as rows: who failed and how, whether a killed worker explains it, which version answered when, how long it took.

import type { Answer, Failure, LoadResult } from "../support/load/record.ts";
import { atMost, type Check, exactly, noted, tally } from "./check.ts";
import type { Reload, Slain, Stage } from "./stage.ts";

const whole = (count: number): string => count.toLocaleString("en-US");

function wordsOf({ request, kind, why, pid, first, sentAt, lostAt }: Failure): string {
  const where = `${first ? "first" : "a later"} request, worker ${pid ?? "unknown"}`;
  return `${request} ${kind}: ${why} (${where}, after ${Math.round(lostAt - sentAt)} ms)`;
}

const kindsOf = (failures: readonly Failure[]): string =>
  failures.length === 0 ? "none" : `${tally(failures.map(({ kind }) => kind))}; the first: ${wordsOf(failures[0]!)}`;

/** No request failed at all. */
export function lossless({ answered, failures, reopened }: LoadResult, of = ""): Check[] {
  const count = whole(answered + failures.length);
  return [
    exactly(`failed of ${count} requests${of === "" ? "" : `, ${of}`}`, kindsOf(failures), "none"),
    noted("kept connections closed between requests", reopened),
  ];
}

/** How far the clocks of a kill and of a loss may lie apart: both are this machine's, but either process may have to wait. */
const SLACK_MS = 2_000;

/** Whether the connection was the killed worker's when it was killed. */
function explains({ ports, at }: Slain, { kind, port, sentAt, lostAt }: Failure): boolean {
  if (kind === "status" || kind === "refused" || kind === "mixed-up" || kind === "hang") return false;
  return ports.has(port) && at > sentAt - SLACK_MS && at < lostAt + SLACK_MS;
}

/** Requests failed only on connections that a killed worker held at that moment, by the kernel's word; no more than one on each. */
export function lostOnVictims({ answered, failures }: LoadResult, slain: readonly Slain[]): Check[] {
  const held = failures.filter((failure) => slain.some((one) => explains(one, failure)));
  const others = failures.filter((failure) => !held.includes(failure));
  const hangs = failures.filter(({ kind }) => kind === "hang");
  const twice = held.length - new Set(held.map(({ port, sentAt }) => `${port} ${sentAt}`)).size;
  const count = whole(answered + failures.length);
  return [
    noted("workers killed", slain.length),
    exactly(`failed of ${count} requests, on connections that no victim held`, kindsOf(others), "none"),
    noted("failed on connections that a victim held", held.length === 0 ? 0 : `${held.length}: ${kindsOf(held)}`),
    exactly("of these more than one for a connection", twice, 0),
    exactly("hang", hangs.length, 0),
  ];
}

/** How long after a reload an old worker may still answer what is sent to it: its idle connections have a moment for one more request. */
const LAST_ANSWERS_MS = 1_000;

/**
 * After each reload only new answers. `names` are the versions, the first one served before the first reload.
 *
 * A client that keeps its connection is told with its next answer; what is sent later than its moment must be answered by the new code.
 */
export function onlyNewAnswers(
  answers: readonly Answer[],
  names: readonly string[],
  reloads: readonly Reload[],
): Check[] {
  const lateOf = ({ version, sentAt }: Answer): number => {
    const replaced = reloads[names.indexOf(version)];
    return replaced === undefined ? 0 : sentAt - replaced.to;
  };
  const late = answers.filter((answer) => lateOf(answer) > 0);
  const unknown = answers.filter(({ version }) => !names.includes(version));
  const latest = Math.max(0, ...late.map(lateOf));
  const fresh = late.filter(({ first }) => first);
  return [
    exactly("answers of no version", unknown.length, 0),
    noted("old answers to what was sent after the end of a reload", late.length),
    noted("of these on connections opened anew", fresh.length),
    atMost("the last old answer was asked for after", latest, LAST_ANSWERS_MS, "ms"),
  ];
}

/** The time within which this share of the answers came. */
export function percentile(answers: readonly Answer[], share: number): number {
  const took = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN;
}

/** Only requests that take no time of their own. */
export const prompt = (answers: readonly Answer[]): readonly Answer[] =>
  answers.filter(({ request }) => !request.includes("wait="));

/**
 * A bar for what contains a boot. A machine that is too busy to start the server itself within it is judged by that start.
 *
 * @param before How much of the bar passes before the boot begins.
 */
export function withinBoot(
  what: string,
  seconds: number,
  bar: number,
  stage: Pick<Stage, "startSeconds">,
  before = 0,
): Check {
  const start = stage.startSeconds;
  const check = atMost(what, seconds, Math.max(bar, before + start), "s");
  return before + start <= bar
    ? check
    : { ...check, bar: `${check.bar} (${bar} s; the start took ${start.toFixed(1)} s)` };
}
