// What a handler does with the chunks of one response: in which order they go, when the headers go ahead of them, and whether there are
// as many bytes as was said. The rules are those of run.ts, awaited instead of pulled. Does not know how anything is put out.

import type { Piece, RequestHead } from "../protocol/events.ts";
import { ContractError, DONE, type ResponseBody, WAITING } from "./body.ts";
import { firstOf, hasNoBody, toPiece, unwantedBody, wrongLength } from "./chunk.ts";
import { FileWrapper } from "./file-wrapper.ts";
import type { Trouble } from "./host.ts";
import { Reply } from "./reply.ts";
import { NO_TRAILERS, trailerFields } from "./trailers.ts";

/** How a response ended: all of it is out; it was cut where the client can see it, if its wire can show that; the client left. */
export type Outcome = "whole" | "cut" | "left";

/** The steps of a handler that a delivery takes. */
export interface Steps {
  write(piece: Piece): Promise<void>;
  sendHeaders(): void;
  writeBody(piece: Piece): void;
  endBody(trailers: readonly string[]): void;
  flush(): void | Promise<void>;
  readonly headers: { setDefault(name: string, value: string): unknown } | undefined;
}

/** Told of what went wrong, and what the client gets for it. */
export type Log = (error: unknown, answer: Trouble["answer"]) => void;

export class Delivery {
  readonly reply: Reply;
  /** The application has written itself, so that the body is more than what it returned. */
  wrote = false;
  readonly #isHead: boolean;
  readonly #steps: Steps;
  readonly #log: Log;
  #body: ResponseBody | undefined;
  /** The bytes of the chunk with which the headers go out. */
  #first = 0;
  /** The headers are out, and nothing follows them. */
  #complete = false;
  #tail: Promise<void> = Promise.resolve();
  #lost: unknown;
  #wake: () => void = () => {};

  constructor(request: Pick<RequestHead, "method">, steps: Steps, log: Log) {
    this.reply = new Reply(request);
    this.#isHead = request.method === "HEAD";
    this.#steps = steps;
    this.#log = log;
  }

  /** How long the body is, where one chunk is all of it and the headers do not say so yet. */
  get knownLength(): number | undefined {
    return this.#first > 0 && !hasNoBody(this.reply.status) && this.#isAlone ? this.#first : undefined;
  }

  /** There will be a body, and nothing of it was written. */
  get isUntouched(): boolean {
    return !this.wrote && !this.reply.bodyless && this.reply.status !== undefined;
  }

  /** In order behind what was written before. Settles when it was handed over, or never will be. */
  write(piece: Piece): Promise<void> {
    const sent = this.#tail.then(() => this.#send(piece));
    // A rejected write that nobody awaits must not end the process.
    sent.catch(() => {});
    this.#tail = sent;
    return sent;
  }

  /** What was written and is not out yet will not be. */
  lose(why: unknown): void {
    this.#lost ??= why;
    this.#wake();
  }

  /** The response is over: what is written now comes too late. */
  close(): void {
    if (!this.#complete) this.lose(new ContractError("write() was called after the response was over"));
  }

  /** What the application returned; it can be asked for the next chunk when `wake` was called. */
  readonly wake = (): void => this.#wake();

  /** Sends a body chunk by chunk, as far as there is somebody to send it to. */
  async take(body: ResponseBody, result: unknown): Promise<void> {
    this.#body = body;
    if (this.#isAlone) return this.#takeOne(toPiece(body.only));
    if (result instanceof FileWrapper && this.#beginFile(result)) return;
    while (!this.#complete) {
      if (this.#lost !== undefined) throw this.#lost;
      const chunk = body.next();
      if (chunk === DONE) return;
      if (chunk === WAITING) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const piece = toPiece(chunk);
      // PEP 3333: nothing is sent before the first chunk that is not empty.
      if (piece.length > 0) await this.#steps.write(piece);
    }
  }

  /** Everything was given. Throws where less came than was said. */
  async finish(): Promise<void> {
    await this.#tail;
    const { reply } = this;
    const { length } = reply;
    if (reply.bodyless) {
      if (!this.#complete) this.#withhold("");
    } else {
      if (length !== undefined && reply.sent < length) throw wrongLength(length, reply.sent);
      if (!reply.begun) {
        if (reply.trailers === NO_TRAILERS) this.#steps.headers!.setDefault("Content-Length", "0");
        this.#begin();
      }
      return this.end();
    }
    await this.#steps.flush();
  }

  /** Says that the body is whole. */
  async end(): Promise<void> {
    this.#steps.endBody(trailerFields(this.reply.trailers));
    await this.#steps.flush();
  }

  /** Whether the body is one chunk and known at once. With trailers to come it must not have a length. */
  get #isAlone(): boolean {
    return !this.wrote && this.reply.trailers === NO_TRAILERS && this.#body?.single === true;
  }

  async #takeOne(piece: Piece): Promise<void> {
    const { reply } = this;
    const { length } = reply;
    if (!reply.bodyless && length !== undefined && length !== piece.length) throw wrongLength(length, piece.length);
    if (piece.length > 0) await this.#steps.write(piece);
  }

  /** Whether nothing of it is to be sent, so that nothing is read (PEP 3333: a file is sent up to the Content-Length). */
  #beginFile(file: FileWrapper): boolean {
    const { length, sent, bodyless } = this.reply;
    if (length !== undefined) file.atMost(Math.max(0, length - sent));
    return bodyless;
  }

  async #send(piece: Piece): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    if (piece.length === 0 || this.#complete) return;
    const { reply } = this;
    const { length } = reply;
    if (reply.bodyless) this.#withhold(piece);
    else {
      const room = length === undefined ? Number.POSITIVE_INFINITY : length - reply.sent;
      if (piece.length > room) return this.#sendPart(piece, room);
      this.#first = piece.length;
      if (!reply.begun) this.#begin();
      this.#put(piece);
    }
    await this.#steps.flush();
  }

  /** More bytes than Content-Length said are not sent; before the headers are out nothing is. */
  async #sendPart(piece: Piece, room: number): Promise<never> {
    const { reply } = this;
    const error = wrongLength(reply.length!, reply.sent + piece.length, "at least ");
    if (reply.begun && room > 0) {
      this.#put(firstOf(piece, room));
      await this.#steps.flush();
    }
    throw error;
  }

  /** HEAD, or a status that has no body: a chunk that is not empty shows that the headers are complete. */
  #withhold(piece: Piece): void {
    if (!this.#isHead && piece.length > 0) this.#log(unwantedBody(this.reply.status!), "none");
    this.#first = piece.length;
    this.#begin();
    this.#complete = true;
    this.#wake();
  }

  #begin(): void {
    this.#steps.sendHeaders();
    this.reply.begun = true;
  }

  #put(piece: Piece): void {
    this.reply.sent += piece.length;
    this.#steps.writeBody(piece);
  }
}
