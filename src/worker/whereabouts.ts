// What is said of a look at the main thread: in words for a person, with what was known before where it could not be asked. Pure.

import type { RequestInFlight, Whereabouts } from "../ipc/messages.ts";
import { isOwn, placeAmong, positionOf } from "../modules/stack.ts";
import type { KnownRequests } from "./board.ts";
import type { Look, Sighting } from "./inspect.ts";

/** What is known beside the look. */
export interface Beside {
  /** What the worker is about while it does not serve. */
  readonly stage: string | null;
  /** How long the loop has been silent; 0 when it is not, as far as anybody knows. */
  readonly silentMs: number;
  /** What the kernel knows of a call into native code; null when it knows nothing. */
  readonly native: () => string | null;
  /** What the main thread wrote down while it could. */
  readonly known: () => KnownRequests | null;
  /** What was read last from any client, from its beginning. */
  readonly lastRead: () => string;
}

/** For somebody who asked. Calls of Node and tsgi alone mean that the application does nothing just now. */
export function inPassing(look: Look, beside: Beside): Whereabouts {
  if (beside.silentMs > 0 || !isIdle(look.sighting)) return inEarnest(look, beside);
  const { stage } = beside;
  const note = stage === null ? "idle: no code of the application is running" : `the event loop is idle, and ${stage}`;
  return { frames: null, place: null, note, requests: look.requests };
}

/** Of a block that was over before anybody looked. */
export const OVER: Whereabouts = {
  frames: null,
  place: null,
  note: "it was over before its stack could be taken",
  requests: null,
};

/** For a loop that is known to be blocked. */
export function inEarnest({ sighting, requests }: Look, beside: Beside): Whereabouts {
  switch (sighting.is) {
    case "stopped": {
      const place = placeAmong(sighting.frames);
      return { frames: sighting.frames, place: place === null ? null : positionOf(place), note: null, requests };
    }
    case "idle":
      return OVER;
    case "deaf":
      return withoutStack("it is in a native call that has not returned", beside);
    case "unavailable":
      return withoutStack(sighting.why, beside);
  }
}

/** For somebody who wants the requests and no stack. */
export function requestsOnly({ requests }: Look, beside: Beside): Whereabouts {
  const none = { frames: null, place: null };
  if (requests !== null) return { ...none, note: null, requests };
  return { ...none, ...lastKnown(beside) };
}

/** Nothing of the application was running: the loop is between two events, or about to turn. */
export const isIdle = (sighting: Sighting): boolean =>
  sighting.is === "idle" || (sighting.is === "stopped" && sighting.frames.every(({ file }) => isServers(file)));

/** Between two events; Node's loader is at work for the application. */
const isServers = (file: string): boolean =>
  isOwn(file) || (file.startsWith("node:") && !file.startsWith("node:internal/modules/"));

function withoutStack(why: string, beside: Beside): Whereabouts {
  const { requests, note } = lastKnown(beside);
  const parts = [`its stack cannot be had: ${why}`, beside.native(), note].filter((part) => part !== null);
  return { frames: null, place: null, note: parts.join("; "), requests };
}

function lastKnown(beside: Beside): Pick<Whereabouts, "requests" | "note"> {
  const known = beside.known();
  if (known === null) return { requests: null, note: null };
  const last = requestLine(beside.lastRead());
  const isNew =
    last !== null && !known.requests.some((one) => one.method === last.method && one.target === last.target);
  const requests: readonly RequestInFlight[] = isNew
    ? [...known.requests, { id: "", ...last, ageMs: beside.silentMs }]
    : known.requests;
  const noted = `its requests are those it had noted ${(known.agoMs / 1000).toFixed(1)} s ago`;
  return { requests, note: isNew ? `${noted}, and the one that was read last` : noted };
}

/** The first line of what a client sent, where that is a request of HTTP/1. */
function requestLine(text: string): { readonly method: string; readonly target: string } | null {
  const match = /^([!-~]{1,40}) ([!-~\x80-\xff]{1,1000}) HTTP\/1\.[01]\r\n/.exec(text);
  return match === null ? null : { method: match[1]!, target: match[2]! };
}
