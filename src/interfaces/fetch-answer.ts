// What a handler returned, as what can be sent: a light Response that is all here, or any other with its stream. Names what is no Response,
// and one that cannot be sent.

import { STATUS_CODES } from "node:http";
import { ContractError } from "../gateway/body.ts";
import { hasNoBody, unwantedBody, wrongLength } from "../gateway/chunk.ts";
import { show } from "../gateway/said.ts";
import type { FlatFields, Piece, ResponseEvent } from "../protocol/events.ts";
import { decodedFields, type SentFields, sentFields } from "./fetch-fields.ts";
import { flatOf } from "./fetch-headers.ts";
import { isResponse } from "./fetch-native.ts";
import { LightResponse, pieceOf } from "./fetch-response.ts";

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly sent: SentFields;
  /** What Content-Length said, or the body's own length where it is known before it is read. */
  readonly length: number | undefined;
  /** The body, if it is all here. */
  readonly whole: Piece | undefined;
  readonly stream: ReadableStream<unknown> | undefined;
}

const USED =
  "the handler returned a Response whose body was read or is being read already: return a new one, or clone() before reading";

/** @throws ContractError that says what was returned and what fits. */
export function answerOf(result: unknown): Answer {
  if (typeof result === "object" && result !== null && LightResponse.is(result)) return lightAnswer(result);
  if (isResponse(result) || isForeign(result)) return otherAnswer(result);
  const hint =
    result === undefined
      ? " (is a return missing?)"
      : typeof result === "string"
        ? " (new Response(text) makes one of a text)"
        : typeof result === "object"
          ? " (Response.json(value) makes one of a value)"
          : "";
  throw new ContractError(`the fetch handler returned ${show(result)}${hint}: expected a Response or a promise of one`);
}

/** Of a class that is no relative of this process's own: undici's as a package, a polyfill's. */
const isForeign = (value: unknown): value is Response =>
  typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Response]";

function lightAnswer(response: LightResponse): Answer {
  const native = LightResponse.nativeIn(response);
  const { status } = response;
  const reason = response.statusText || STATUS_CODES[status] || "";
  const sent = sentFields(LightResponse.fieldsOf(response), status);
  if (native !== undefined) return { status, reason, sent, length: sent.length, ...streamIn(native) };
  const body = LightResponse.bodyOf(response);
  if (body instanceof Blob) {
    return { status, reason, sent, length: sent.length ?? body.size, whole: undefined, stream: body.stream() };
  }
  const whole = body === null ? "" : pieceOf(body);
  return { status, reason, sent, length: sent.length, whole, stream: undefined };
}

function otherAnswer(response: Response): Answer {
  const { status, statusText, headers, type } = response;
  if (type === "error" || !Number.isInteger(status) || status < 200 || status > 999) {
    throw new ContractError(
      `the fetch handler returned a Response with status ${status}${type === "error" ? ", as Response.error() makes" : ""}: expected 200 to 599`,
    );
  }
  const fields: FlatFields = flatOf(headers);
  const sent = sentFields(response.url === "" ? fields : decodedFields(fields), status);
  const reason = statusText || STATUS_CODES[status] || "";
  return { status, reason, sent, length: sent.length, ...streamIn(response) };
}

function streamIn(response: Response): Pick<Answer, "whole" | "stream"> {
  const { body } = response;
  if (response.bodyUsed || body?.locked === true) throw new ContractError(USED);
  return body === null ? { whole: "", stream: undefined } : { whole: undefined, stream: body };
}

/** Whether nothing of a body is sent (RFC 9110 section 9.3.2 and chunk.ts). */
export const isBodyless = (method: string, status: number): boolean => method === "HEAD" || hasNoBody(status);

/** The one event of a response whose body is all here. */
export function wholeEvent(answer: Answer, whole: Piece): ResponseEvent {
  const { length = whole.length } = answer;
  if (length !== whole.length) throw wrongLength(length, whole.length);
  return eventOf(answer, { length, body: whole.length === 0 ? undefined : whole, more: false });
}

/**
 * The one event of a response that has no body on the wire. To HEAD it says what GET would have said, as far as that is known: no body
 * does not mean that GET would have none.
 */
export function bodylessEvent(answer: Answer): ResponseEvent {
  const { status, length, whole } = answer;
  const said = length ?? (hasNoBody(status) ? undefined : whole?.length || undefined);
  return eventOf(answer, { length: said, body: undefined, more: false });
}

/** What is logged where a body was given with a status that has none; the platform lets nobody make such a Response, subclasses may. */
export const unwantedIn = ({ status, whole, stream }: Answer): ContractError | undefined =>
  hasNoBody(status) && (stream !== undefined || (whole ?? "").length > 0) ? unwantedBody(status) : undefined;

/** How a response begins. */
export interface Opening {
  readonly length: number | undefined;
  readonly body: Piece | undefined;
  readonly more: boolean;
}

export function eventOf({ status, reason, sent }: Answer, { length, body, more }: Opening): ResponseEvent {
  return { type: "response", status, reason, fields: sent.fields, length, date: "", close: sent.close, body, more };
}

/** Tells the source of a body that nobody will read it. */
export function dropBody(result: unknown, reason: unknown): void {
  if (!isResponse(result)) return;
  const { body } = result;
  if (body !== null && !body.locked) body.cancel(reason).catch(() => {});
}
