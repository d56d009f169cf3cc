// Server-sent events (WHATWG HTML section 9.2): what is to be said, as text/event-stream.

import type { Chunk } from "../gateway/types.ts";
import type { ResponseInit } from "./response-base.ts";
import { endSource, StreamingResponse } from "./streaming-response.ts";

export interface ServerSentEvent {
  /** Text of any number of lines. */
  readonly data?: string;
  /** The type that the page listens for; default `"message"`. One line. */
  readonly event?: string;
  /** What the browser says in Last-Event-ID when it connects again. One line. */
  readonly id?: string;
  /** Milliseconds until it connects again. */
  readonly retry?: number;
  /** Not seen by the page; keeps proxies from giving up. */
  readonly comment?: string;
}

/** Proxies are told to hold nothing back, caches to keep nothing. A server that leaves ends it at once, and browsers connect again. */
export class EventStreamResponse extends StreamingResponse {
  constructor(
    events: Iterable<ServerSentEvent> | AsyncIterable<ServerSentEvent>,
    init: Omit<ResponseInit, "contentType"> = {},
  ) {
    super(Symbol.asyncIterator in events ? textsOf(events) : textsOf(asAsync(events)), {
      ...init,
      contentType: "text/event-stream",
    });
    // HEAD asks for no event: what they come from would never hear of the end.
    this.closeWith(() => endSource(events));
    this.headers.setDefault("Cache-Control", "no-store").setDefault("X-Accel-Buffering", "no");
  }
}

async function* asAsync(events: Iterable<ServerSentEvent>): AsyncGenerator<ServerSentEvent, void, void> {
  yield* events;
}

async function* textsOf(events: AsyncIterable<ServerSentEvent>): AsyncGenerator<Chunk, void, void> {
  for await (const event of events) yield eventText(event);
}

/** @throws TypeError for a line break where it would begin another field. */
export function eventText(event: ServerSentEvent): string {
  let text = "";
  if (event.comment !== undefined) text += linesOf("", event.comment);
  if (event.event !== undefined) text += oneLine("event", event.event);
  if (event.id !== undefined) text += oneLine("id", event.id);
  if (event.retry !== undefined) text += oneLine("retry", String(event.retry));
  if (event.data !== undefined) text += linesOf("data", event.data);
  return `${text}\n`;
}

function oneLine(field: string, value: string): string {
  if (/[\r\n\0]/.test(value))
    throw new TypeError(`the ${field} of an event is ${JSON.stringify(value)}: expected one line`);
  return `${field}: ${value}\n`;
}

const linesOf = (field: string, value: string): string =>
  value
    .split(/\r\n|\r|\n/)
    .map((line) => `${field}: ${line}\n`)
    .join("");
