// A look at the main thread from its watchdog thread, by a debugger session that is opened for the look and closed after it. The main
// thread need not listen: the engine answers between two instructions of a loop, in the middle of a regular expression, and in Atomics.wait.
// A call into native code it cannot interrupt. Does not know why somebody wants to know.

import type { Debugger, Session } from "node:inspector";
import process from "node:process";
import type { Frame, RequestInFlight } from "../ipc/messages.ts";
import { SourceMaps } from "../modules/source-map.ts";
import { toPath } from "../modules/stack.ts";
import type { Board } from "./board.ts";
import { mainRanMs } from "./native.ts";

/** Under this symbol the main thread keeps a function that answers its open requests, as JSON. */
export const REQUESTS = "tsgi.requests";

export type Sighting =
  /** The main thread was stopped for a moment at these calls, innermost first. */
  | { readonly is: "stopped"; readonly frames: readonly Frame[] }
  /** It answered, and came to no line of JavaScript in the time given. */
  | { readonly is: "idle" }
  /** It did not answer: it is somewhere the engine has no say. */
  | { readonly is: "deaf" }
  | { readonly is: "unavailable"; readonly why: string };

export interface Look {
  readonly sighting: Sighting;
  /** Null when they could not be asked for. */
  readonly requests: readonly RequestInFlight[] | null;
}

export interface LookTimes {
  /** How long it may take until the main thread answers at all. */
  readonly answerMs: number;
  /** How long it may then take to come to the next line of JavaScript. */
  readonly lineMs: number;
}

const SLICE_MS = 50;
/** Who has had a processor for so long has had time for an answer. */
const ENOUGH_MS = 300;
/** How many calls are told. */
const FRAMES = 64;

/**
 * Whether a session may be opened. Node does not refuse the other one, it aborts the process.
 * To be asked on the main thread: the watchdog's own does not know about permissions.
 */
export function mayInspect(): boolean {
  // Not in the types of Node 20.
  const { permission } = process as { readonly permission?: { has(scope: string): boolean } };
  return permission === undefined || permission.has("inspector");
}

/** @param stop Whether the stack is wanted, for which the main thread is stopped for a millisecond or two; else only the requests. */
export async function lookAtMain(board: Board, stop: boolean, times: LookTimes): Promise<Look> {
  if (!board.openSession()) return nothing("the worker is leaving");
  let session: Session | undefined;
  try {
    // Not every Node has an inspector, and its permission model may withhold it.
    const inspector = await import("node:inspector");
    session = new inspector.Session();
    session.connectToMainThread();
    return await look(session, stop, times);
  } catch (error) {
    return nothing(
      `Node's inspector is not available here (${error instanceof Error ? error.message : String(error)})`,
    );
  } finally {
    try {
      session?.disconnect();
    } finally {
      board.closeSession();
    }
  }
}

const nothing = (why: string): Look => ({ sighting: { is: "unavailable", why }, requests: null });

async function look(session: Session, stop: boolean, { answerMs, lineMs }: LookTimes): Promise<Look> {
  const ask = requestsVia(session);
  if (!stop) {
    const requests = await within(answerMs, ask());
    return { sighting: { is: requests === undefined ? "deaf" : "idle" }, requests: requests ?? null };
  }
  const scripts = new Map<string, Debugger.ScriptParsedEventDataType>();
  session.on("Debugger.scriptParsed", ({ params }) => scripts.set(params.scriptId, params));
  // All scripts first, so that the main thread need not wait for us while we read about them.
  const enabled = new Promise<true>((done) => session.post("Debugger.enable", () => done(true)));
  if ((await within(answerMs, enabled)) === undefined) return { sighting: { is: "deaf" }, requests: null };
  let requests: Promise<readonly RequestInFlight[]> | undefined;
  const paused = new Promise<readonly Debugger.CallFrame[]>((done) => {
    session.once("Debugger.paused", ({ params }) => {
      requests = ask();
      session.post("Debugger.resume");
      done(params.callFrames);
    });
  });
  session.post("Debugger.pause");
  const calls = await within(lineMs, paused);
  // Else the question itself would be the next line of JavaScript.
  if (calls === undefined) session.post("Debugger.disable");
  requests ??= ask();
  const sighting: Sighting = calls === undefined ? { is: "idle" } : { is: "stopped", frames: framesOf(calls, scripts) };
  return { sighting, requests: (await within(answerMs, requests)) ?? null };
}

const requestsVia = (session: Session) => (): Promise<readonly RequestInFlight[]> =>
  new Promise((done) => {
    const expression = `globalThis[Symbol.for(${JSON.stringify(REQUESTS)})]()`;
    session.post("Runtime.evaluate", { expression, returnByValue: true, silent: true }, (error, answer) => {
      const value: unknown = error === null ? answer.result.value : undefined;
      done(typeof value === "string" ? parsed(value) : []);
    });
  });

function parsed(json: string): readonly RequestInFlight[] {
  try {
    return JSON.parse(json) as readonly RequestInFlight[];
  } catch {
    return [];
  }
}

function framesOf(
  calls: readonly Debugger.CallFrame[],
  scripts: ReadonlyMap<string, Debugger.ScriptParsedEventDataType>,
): readonly Frame[] {
  const maps = new SourceMaps();
  return calls.slice(0, FRAMES).map(({ functionName, url, location }) => {
    const script = scripts.get(location.scriptId);
    // Lines and columns count from 0 in the protocol and from 1 for people.
    const line = location.lineNumber + 1;
    const column = (location.columnNumber ?? 0) + 1;
    const place = { file: toPath(url === "" ? (script?.url ?? "") : url), line, column };
    return { function: functionName, ...maps.original(place, script?.sourceMapURL) };
  });
}

/**
 * What is promised, or undefined when it does not come in time. Up to twice the time, where the main thread would run and does not get a
 * processor: its silence means nothing then.
 */
async function within<T>(ms: number, promised: Promise<T>): Promise<T | undefined> {
  let isOver = false;
  const late = (async (): Promise<undefined> => {
    const startedAt = performance.now();
    const ranBefore = mainRanMs() ?? 0;
    for (let left = ms; !isOver; left -= SLICE_MS) {
      await new Promise((due) => setTimeout(due, SLICE_MS));
      if (left > SLICE_MS) continue;
      const ranMs = mainRanMs();
      const isStarved = ranMs !== null && ranMs - ranBefore < ENOUGH_MS;
      if (!isStarved || performance.now() - startedAt >= 2 * ms) break;
    }
  })();
  try {
    return await Promise.race([promised, late]);
  } finally {
    isOver = true;
  }
}
