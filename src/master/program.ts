// Which program a worker runs: Node's own options, arguments and environment.
// Knows how this master was started. Does not know what the worker does with it.

import { fileURLToPath } from "node:url";
import type { Settings } from "../config/options.ts";

/** Where the worker's program is: beside this one, compiled or not as we are. */
export const workerEntry = (): string =>
  fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../worker/main.ts" : "../worker/main.js", import.meta.url));

/**
 * Node's options for a worker: the master's (heap limits, source maps), without those meant for one process (a debugger's
 * port, a script to evaluate, a test run) and without tsx, unless the entry itself is TypeScript. An application's TypeScript is the
 * worker's own business, and plain JavaScript must not pay for it.
 */
export function workerExecArgv(masterArgv: readonly string[], entry: string): string[] {
  const kept: string[] = [];
  for (let at = 0; at < masterArgv.length; at += 1) {
    const [name = "", inline] = splitOption(masterArgv[at] ?? "");
    const takesNext = inline === undefined && WITH_VALUE.has(name);
    const value = takesNext ? masterArgv[at + 1] : inline;
    const words = masterArgv.slice(at, at + (takesNext ? 2 : 1));
    if (takesNext) at += 1;
    if (ONE_PROCESS_ONLY.test(name) || (PRELOADS.has(name) && isTsx(value ?? ""))) continue;
    kept.push(...words);
  }
  if (!masterArgv.some((word) => HEAP_START.test(word))) kept.push(FIRST_HEAP);
  // By URL: a bare "tsx" would be looked for from the worker's folder, which is the user's.
  if (entry.endsWith(".ts")) kept.push("--import", import.meta.resolve("tsx"));
  return kept;
}

/**
 * How large the old part of a worker's heap may become, in MiB and with what it holds outside, before V8 collects it for the first time. By
 * itself V8 begins at a few MiB and then allows four times what it found alive, which in a small application is less than the bodies in
 * flight: an upload of 1 MB then costs twice the time, most of it for marking what is alive anyway (Node 20 and 22).
 */
const FIRST_HEAP = "--initial-old-space-size=54";
const HEAP_START = /^--(?:initial|max)[-_](?:old[-_]space|heap)[-_]size\b/;

const PRELOADS: ReadonlySet<string> = new Set(["--import", "--require", "-r", "--loader", "--experimental-loader"]);
const WITH_VALUE: ReadonlySet<string> = new Set([
  ...PRELOADS,
  ...["-C", "--conditions", "--env-file", "--title", "-e", "--eval", "-p", "--print", "-pe", "--input-type"],
]);
const ONE_PROCESS_ONLY =
  /^(--inspect.*|--debug.*|-e|--eval|-p|--print|-pe|-i|--interactive|-c|--check|--input-type|--title|--watch.*|--test.*|--experimental-test.*)$/;

const isTsx = (value: string): boolean => /(^|[/\\])tsx([/\\]|$)/.test(value);

function splitOption(word: string): [string, string?] {
  const equals = word.indexOf("=");
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** With --inspect: the address is said once, by the worker, and not by Node at each restart. */
export const inspectorArgv = ({ inspect }: Pick<Settings, "inspect">): readonly string[] =>
  inspect === null ? [] : ["--inspect-publish-uid=http"];

/**
 * Arguments that the worker does not read. `process.title` can be no longer than the command line was, so they keep room for
 * `tsgi: worker 12 [name]` and say who it is until the worker does.
 */
export const workerArgs = (settings: Pick<Settings, "name" | "app">): string[] => ["tsgi-worker", titleName(settings)];

/** The name in the process list, between brackets (gunicorn's `proc_name`). */
export const titleName = ({ name, app }: Pick<Settings, "name" | "app">): string => name ?? app;
