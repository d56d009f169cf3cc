// The reports that travel on the side line (lifeline.ts), as one line of JSON each: cut so that they fit, and taken apart with
// suspicion, because an application can write to that descriptor too. Pure. Does not know what a report is about.

import type { FailureDetails, FailureFrame } from "../modules/details.ts";
import type { FailureParts, Frame, LastWords, Report, RequestInFlight, Whereabouts } from "./messages.ts";

export type SideReport = LastWords | Extract<Report, { tsgi: "stuck" | "slow-loop" | "whereabouts" }>;

/** Characters and members that a report may hold. Each step of `toLine` takes half of them. */
const LIMITS = {
  message: 4_000,
  stack: 16_000,
  note: 4_000,
  place: 1_000,
  word: 200,
  target: 1_000,
  frames: 64,
  requests: 1_000,
};
type Limits = typeof LIMITS;
/** Of causes, and how deep they lie. */
const CAUSES = 5;

/** @returns One line without its end, at most so many characters of JSON; what did not fit was cut at its end. */
export function toLine(report: SideReport, maxCharacters: number): string {
  for (let part = 1; ; part /= 2) {
    const line = JSON.stringify(tidy(report, limitsOf(part)));
    // With nothing but its tag and numbers left it fits whatever the limit is for.
    if (line.length <= maxCharacters || part < 1e-5) return line;
  }
}

/** What a line says, or null when it is none of ours. */
export function readLine(line: string): SideReport | null {
  try {
    return tidy(JSON.parse(line), LIMITS);
  } catch {
    return null;
  }
}

const limitsOf = (part: number): Limits =>
  Object.fromEntries(Object.entries(LIMITS).map(([name, limit]) => [name, Math.floor(limit * part)])) as Limits;

/** A report of the shape that it should have, whatever it was made of. */
function tidy(given: unknown, limits: Limits): SideReport | null {
  const { tsgi, origin, message, stack, place, details, requests, silentMs, blockedMs, skipped, ticket, at } =
    fieldsOf(given);
  switch (tsgi) {
    case "crashed":
      return {
        tsgi,
        origin: origin === "unhandledRejection" ? origin : "uncaughtException",
        message: text(message, limits.message),
        stack: text(stack, limits.stack),
        place: place === null ? null : text(place, limits.place),
        ...(details === undefined || details === null ? null : { details: partsOf(details, limits) }),
        requests: requestsOf(requests, limits),
      };
    case "stuck":
      return { tsgi, silentMs: number(silentMs), at: whereaboutsOf(at, limits) };
    case "slow-loop":
      return { tsgi, blockedMs: number(blockedMs), skipped: number(skipped), at: whereaboutsOf(at, limits) };
    case "whereabouts":
      return { tsgi, ticket: number(ticket), at: whereaboutsOf(at, limits) };
    default:
      return null;
  }
}

function whereaboutsOf(given: unknown, limits: Limits): Whereabouts {
  const { frames, place, note, requests } = fieldsOf(given);
  return {
    frames: Array.isArray(frames) ? frames.slice(0, limits.frames).map((frame) => frameOf(frame, limits)) : null,
    place: typeof place === "string" ? text(place, limits.place) : null,
    note: typeof note === "string" ? text(note, limits.note) : null,
    requests: Array.isArray(requests) ? requestsOf(requests, limits) : null,
  };
}

function frameOf(given: unknown, limits: Limits): Frame {
  const { function: name, file, line, column } = fieldsOf(given);
  return {
    function: text(name, limits.word),
    file: text(file, limits.place),
    line: number(line),
    column: number(column),
  };
}

const partsOf = (given: unknown, limits: Limits): FailureParts =>
  given === "withheld" ? given : detailsOf(given, limits, CAUSES);

function detailsOf(given: unknown, limits: Limits, depth: number): FailureDetails {
  const { name, message, place, excerpt, frames, causes } = fieldsOf(given);
  return {
    name: text(name, limits.word),
    message: text(message, limits.message),
    place: place === null || place === undefined ? null : placeOf(place, limits),
    excerpt: text(excerpt, limits.message),
    frames: Array.isArray(frames) ? frames.slice(0, limits.frames).map((frame) => failureFrameOf(frame, limits)) : [],
    causes:
      Array.isArray(causes) && depth > 0
        ? causes.slice(0, CAUSES).map((cause) => detailsOf(cause, limits, depth - 1))
        : [],
  };
}

function failureFrameOf(given: unknown, limits: Limits): FailureFrame {
  const { callee, owner } = fieldsOf(given);
  const known = OWNERS.find((one) => one === owner) ?? "application";
  return { callee: text(callee, limits.word), ...placeOf(given, limits), owner: known };
}

const OWNERS = ["application", "package", "server", "node"] as const;

function placeOf(given: unknown, limits: Limits): { file: string; line: number; column: number } {
  const { file, line, column } = fieldsOf(given);
  return { file: text(file, limits.place), line: number(line), column: number(column) };
}

function requestsOf(given: unknown, limits: Limits): readonly RequestInFlight[] {
  if (!Array.isArray(given)) return [];
  return given.slice(0, limits.requests).map((one) => {
    const { id, method, target, ageMs } = fieldsOf(one);
    return {
      id: text(id, limits.word),
      method: text(method, limits.word),
      target: text(target, limits.target),
      ageMs: number(ageMs),
    };
  });
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

const number = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? Math.max(0, value) : 0;

const text = (value: unknown, limit: number): string => {
  if (typeof value !== "string") return "";
  return value.length <= limit ? value : `${value.slice(0, Math.max(0, limit - 1))}\u2026`;
};
