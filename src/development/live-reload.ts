// Puts the tag of the reload script into the pages that an application answers with. Only whole pages that a person looks at: no
// fragment, no part, nothing encoded. No byte is held back: each chunk is looked at and goes on.

import process from "node:process";
import { AroundExchange } from "../gateway/around.ts";
import type { Exchange, ExchangeEvent, ExchangeRequest, Serve } from "../gateway/exchange.ts";
import type { FlatFields, Piece, RequestHead, ResponseEvent } from "../protocol/events.ts";
import { permitting } from "./csp.ts";
import { insert, spotIn } from "./inject.ts";
import { fieldOf } from "./preference.ts";
import { OWN_PAGES, SCRIPT_PATH } from "./words.ts";

/** Further on there is no head any more. */
const LOOKED_AT_BYTES = 65_536;

/**
 * A page with the tag is another one than the application made, so nothing that speaks of its bytes holds. And it belongs to this start of
 * the application: one out of a cache would reload for ever.
 */
const VOID: ReadonlySet<string> = new Set([
  ...["content-length", "etag", "last-modified", "content-md5", "digest", "content-digest", "repr-digest"],
  ...["accept-ranges", "cache-control", "expires"],
]);

export interface LiveReloadOptions {
  /** Which start the pages are of (`bootId`). */
  readonly boot: string;
  /** Pages of errors only: what frameworks show by themselves. */
  readonly errorsOnly: boolean;
}

export function withLiveReload(serve: Serve, options: LiveReloadOptions): Serve {
  return (request) => (mayBePage(request.head) ? new Tagging(serve(request), request, options) : serve(request));
}

/** A reload sends no form again. And who asks by script, or for a picture, gets what the application gives. */
function mayBePage({ method, fields }: RequestHead): boolean {
  if (method !== "GET" || fieldOf(fields, "hx-request") !== "" || fieldOf(fields, "x-requested-with") !== "")
    return false;
  return /^(?:|document|i?frame)$/.test(fieldOf(fields, "sec-fetch-dest"));
}

class Tagging extends AroundExchange {
  readonly #options: LiveReloadOptions;
  /** The browser says that it shows the answer, whatever its text looks like. */
  readonly #isShown: boolean;
  #made: string | undefined;
  #phase: "before" | "looking" | "done" = "before";
  #looked = 0;
  /** A page, whose head has not come yet. */
  #isOwed = false;
  #end: ExchangeEvent | undefined;

  constructor(inner: Exchange, { head }: ExchangeRequest, options: LiveReloadOptions) {
    super(inner);
    this.#options = options;
    this.#isShown = fieldOf(head.fields, "sec-fetch-dest") !== "";
  }

  override next(): ExchangeEvent {
    return this.#end ?? this.#note(this.inner.next());
  }

  #note(event: ExchangeEvent): ExchangeEvent {
    if (event.type === "end" && this.#isOwed) {
      this.#isOwed = false;
      this.#end = event;
      // Behind everything is better than nowhere: a browser takes it for a part of the body.
      return { type: "data", bytes: this.#tag() };
    }
    if (this.#phase === "done") return event;
    if (event.type === "response") return this.#begin(event);
    return event.type === "data" ? { type: "data", bytes: this.#look(event.bytes) } : event;
  }

  #begin(event: ResponseEvent): ResponseEvent {
    this.#phase = "done";
    if (!this.#isWanted(event)) return event;
    const { body, more } = event;
    if (!more) return body === undefined ? event : this.#whole(event, body);
    this.#phase = "looking";
    const looked = body === undefined ? undefined : this.#look(body);
    // Whether the tag gets in is known when the head has long been sent.
    return { ...event, length: undefined, fields: this.#fields(event.fields), body: looked };
  }

  #isWanted(event: ResponseEvent): boolean {
    const { status, fields } = event;
    if (OWN_PAGES.has(event)) return false;
    if (this.#options.errorsOnly && status < 500) return false;
    if (status === 204 || status === 206 || status === 304 || fieldOf(fields, "content-range") !== "") return false;
    if (!/^text\/html\s*(?:;(?!.*utf-?(?:16|32))|$)/i.test(fieldOf(fields, "content-type"))) return false;
    if (!/^(?:identity)?$/i.test(fieldOf(fields, "content-encoding"))) return false;
    return !/^attachment/i.test(fieldOf(fields, "content-disposition"));
  }

  #whole(event: ResponseEvent, body: Piece): ResponseEvent {
    if (body.length === 0 || this.#isThere(body)) return event;
    const spot = spotIn(body.length > LOOKED_AT_BYTES ? slice(body) : body);
    if (spot === null && !this.#isShown) return event;
    const tagged = insert(body, spot?.at ?? 0, this.#tag());
    return { ...event, length: tagged.length, fields: this.#fields(event.fields), body: tagged };
  }

  #nonce(): string {
    this.#made ??= process.getBuiltinModule("node:crypto").randomBytes(12).toString("base64");
    return this.#made;
  }

  #look(piece: Piece): Piece {
    this.#looked += piece.length;
    if (this.#isThere(piece)) {
      this.#isOwed = false;
      this.#phase = "done";
      return piece;
    }
    const spot = spotIn(piece.length > LOOKED_AT_BYTES ? slice(piece) : piece);
    if (spot?.sure === true) {
      this.#isOwed = false;
      this.#phase = "done";
      return insert(piece, spot.at, this.#tag());
    }
    // Chunks that cut every tag hide all of them.
    if (spot !== null || (this.#isShown && piece.length > 0)) this.#isOwed = true;
    if (this.#looked > LOOKED_AT_BYTES) this.#phase = "done";
    return piece;
  }

  /** Somebody put the tag into the page himself. */
  #isThere(piece: Piece): boolean {
    return typeof piece === "string" ? piece.includes(SCRIPT_PATH) : Buffer.from(piece).includes(SCRIPT_PATH);
  }

  #tag(): string {
    return `<script src="${SCRIPT_PATH}" data-boot="${this.#options.boot}" nonce="${this.#nonce()}" async></script>`;
  }

  #fields(fields: FlatFields): FlatFields {
    const kept: string[] = [];
    for (let i = 0; i < fields.length; i += 2) {
      const [name, value] = [fields[i]!, fields[i + 1]!];
      if (VOID.has(name.toLowerCase())) continue;
      kept.push(name, name.toLowerCase() === "content-security-policy" ? permitting(value, this.#nonce()) : value);
    }
    return [...kept, "Cache-Control", "no-store"];
  }
}

const slice = (piece: Piece): Piece =>
  typeof piece === "string" ? piece.slice(0, LOOKED_AT_BYTES) : piece.subarray(0, LOOKED_AT_BYTES);
