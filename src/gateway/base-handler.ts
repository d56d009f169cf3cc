// One request through an application, step by step, each step a member that a subclass may override (wsgiref's BaseHandler).
// Keeps the rules of PEP 3333 with the parts that run.ts has; for a server, where each request counts, that one is the loop.
// Does not know where bytes come from and go to.

import type { Piece } from "../protocol/events.ts";
import { MisuseError } from "../protocol/faults.ts";
import { trimBlanks } from "../protocol/grammar.ts";
import { closeResult, isPromise, ResponseBody } from "./body.ts";
import { toPiece } from "./chunk.ts";
import { Delivery, type Outcome } from "./delivery.ts";
import { RequestError } from "./exchange.ts";
import { failureText, verdictOn } from "./failure.ts";
import { HandlerDefaults } from "./handler-defaults.ts";
import { completeVariables, emptyEnviron, setContractKeys, takeVariables } from "./handler-environ.ts";
import type { Headers } from "./headers.ts";
import type { Trouble } from "./host.ts";
import { Notice } from "./notice.ts";
import { CHUNKED, LAST_CHUNK, needsChunks, preambleOf, wrapChunk } from "./preamble.ts";
import { statusLine } from "./refusal.ts";
import { checkHeaders } from "./said.ts";
import type { Application, Body, Chunk, Environ, Errors, HeaderList, Input, StartResponse, Write } from "./types.ts";
import { guessScheme } from "./util.ts";

export abstract class BaseHandler extends HandlerDefaults {
  environ: Environ = emptyEnviron();
  /** What the application returned. */
  result: unknown = undefined;
  status: string | undefined = undefined;
  headers: Headers | undefined = undefined;
  /** What the application failed with, while `errorOutput` answers for it. */
  error: unknown = undefined;
  outcome: Outcome | undefined = undefined;
  /** A log that fails keeps nothing from being closed, and costs no client its answer. */
  readonly #log = (error: unknown, answer: Trouble["answer"]): void => {
    const failed = (why: unknown): void => {
      this.#logFailure ??= { error: why };
    };
    try {
      const logged: unknown = this.logException(error, answer);
      if (isPromise(logged)) this.#logging.push(logged.then(undefined, failed));
    } catch (why) {
      failed(why);
    }
  };
  readonly #logging: PromiseLike<unknown>[] = [];
  #delivery = new Delivery({ method: "GET" }, this, this.#log);
  /** The body that was returned, until it is closed. */
  #body: ResponseBody | undefined;
  #isClosed = true;
  #isChunked = false;
  #state: "new" | "running" | "over" = "new";
  #gone: Error | undefined;
  #logFailure: { readonly error: unknown } | undefined;
  readonly #notice = new Notice();
  readonly #draining = new AbortController();
  readonly #start: StartResponse = (status, headers, error) => this.startResponse(status, headers, error);

  /** Where bytes go, in order; a string is latin-1. What is written may wait for `flush`. */
  abstract writeRaw(piece: Piece): void;
  /** Settles when what was written is handed over, which is when more may come; rejects when it never will be. */
  abstract flush(): void | Promise<void>;
  abstract getStdin(): Input;
  abstract getStderr(): Errors;
  /** Lays the request's own variables over `osEnviron`. */
  abstract addCgiVars(): void;

  get bytesSent(): number {
    return this.#delivery.reply.sent;
  }

  get headersSent(): boolean {
    return this.#delivery.reply.begun;
  }

  /**
   * Serves one request: the environ, the application, the response, and `close` whatever happens.
   *
   * @throws MisuseError when the handler had a request already; and what `logException` failed with, when all is over.
   */
  async run(application: Application): Promise<void> {
    if (this.#state !== "new") throw new MisuseError("a handler has one request: make another one for the next");
    this.#state = "running";
    try {
      this.setupEnviron();
      this.#renew();
      this.#take(await application(this.environ, this.#start));
      await this.finishResponse();
    } catch (error) {
      await this.#handle(error);
    }
    this.#state = "over";
    this.#delivery.close();
    this.#closeResult();
    try {
      await this.close();
      this.environ["tsgi.errors"]?.flush();
    } catch (error) {
      this.#log(error, "none");
    }
    await Promise.all(this.#logging);
    if (this.#logFailure !== undefined) throw this.#logFailure.error;
  }

  setupEnviron(): void {
    const environ = emptyEnviron();
    this.environ = environ;
    takeVariables(environ, this.osEnviron);
    this.addCgiVars();
    if (this.originServer && this.serverSoftware !== undefined) environ.SERVER_SOFTWARE ??= this.serverSoftware;
    environ["tsgi.url_scheme"] = this.getScheme();
    completeVariables(environ);
    setContractKeys(environ, this, {
      input: this.getStdin(),
      errors: this.getStderr(),
      earlyHints: (headers) => this.#hint(headers),
      trailers: (trailers) => this.#delivery.reply.add(trailers),
      draining: this.#draining.signal,
      signal: this.#notice.signal,
    });
  }

  getScheme(): "http" | "https" {
    return guessScheme(this.environ);
  }

  /** As the application calls it (PEP 3333, The start_response() Callable). Sends nothing. */
  startResponse(status: string, headers: HeaderList, error?: unknown): Write {
    const { reply } = this.#delivery;
    reply.say(status, headers, error);
    this.status = status;
    this.headers = new this.headersClass(
      headers.map(([name, value]) => [
        name,
        name.toLowerCase() === "content-length" ? String(reply.length) : trimBlanks(value),
      ]),
    );
    this.#notice.said(reply.isEventStream);
    return (chunk) => {
      this.#delivery.wrote = true;
      return this.write(chunk);
    };
  }

  /** Takes a chunk of the body, of what the application writes and of what it returned. The headers go ahead of the first that is not empty. */
  write(chunk: Chunk): Promise<void> {
    return this.#delivery.write(toPiece(chunk));
  }

  /** Sends what the application returned. */
  async finishResponse(): Promise<void> {
    const body = new ResponseBody(this.result, this.#delivery.wake);
    this.#body = body;
    if (this.#delivery.isUntouched && this.resultIsFile() && (await this.sendFile())) {
      await this.#delivery.end();
      this.outcome = "whole";
    } else {
      await this.#delivery.take(body, this.result);
      await this.finishContent();
    }
  }

  /** Everything was given: sends headers that nothing made necessary before, and ends the body. */
  async finishContent(): Promise<void> {
    await this.#delivery.finish();
    this.outcome = "whole";
  }

  /** Whether `sendFile` is asked. */
  resultIsFile(): boolean {
    return this.fileWrapper !== undefined && this.result instanceof this.fileWrapper;
  }

  /**
   * Sends `result`, a wrapped file, by better means than reading it: `sendHeaders`, then `writeBody`, or `writeRaw` where a length was said.
   * False for none, and then it is iterated. Not asked where there is no body to send, or a part of it was written.
   */
  async sendFile(): Promise<boolean> {
    return false;
  }

  sendHeaders(): void {
    this.cleanupHeaders();
    this.began();
    if (this.originServer && !this.clientIsModern()) return;
    this.#isChunked = !this.bodyless && needsChunks(this, this.environ.SERVER_PROTOCOL);
    this.sendPreamble();
    // Not of the preamble: one that was overridden would leave a framing that nobody was told of.
    this.writeRaw(`${this.#isChunked ? CHUNKED : ""}${this.headers!}`);
  }

  /** What comes before the fields: the status, and of an origin server also what belongs to the connection. */
  sendPreamble(): void {
    this.writeRaw(preambleOf(this));
  }

  /** The last change of the headers. */
  cleanupHeaders(): void {
    const { status } = this.#delivery.reply;
    const headers = this.headers!;
    // RFC 9110 sections 8.6 and 15.3.6.
    if (status === 204) headers.delete("Content-Length");
    else if (status === 205) headers.set("Content-Length", "0");
    else if (!headers.has("Content-Length")) this.setContentLength();
  }

  /** Says how long the body is, where the one chunk in hand is all of it. */
  setContentLength(): void {
    const { knownLength } = this.#delivery;
    if (knownLength !== undefined) this.headers!.set("Content-Length", String(knownLength));
  }

  /** Puts a part of the body out, framed as the headers said. */
  writeBody(piece: Piece): void {
    if (this.#isChunked) for (const part of wrapChunk(piece)) this.writeRaw(part);
    else this.writeRaw(piece);
  }

  /** The body is whole. `trailers` are names and values in turn; here they are dropped. */
  endBody(_trailers: readonly string[]): void {
    if (this.#isChunked) this.writeRaw(LAST_CHUNK);
  }

  /** Whether the client knows of status lines and fields: not before HTTP/1.0. */
  clientIsModern(): boolean {
    return this.environ.SERVER_PROTOCOL?.toUpperCase() !== "HTTP/0.9";
  }

  /** The application failed: logs it, then answers in its place, or cuts what is out already. A client that left is no failure. */
  async handleError(error: unknown): Promise<void> {
    const { reply } = this.#delivery;
    this.#delivery.lose(error);
    const told = this.#notice.explains(error);
    const { answer, blameless } = verdictOn(error, { told, headSent: reply.begun, endless: reply.isEndless });
    if (this.#gone !== undefined && !told) this.#log(error, "none");
    if (this.#gone === undefined && !blameless) this.#log(error, answer === "end" ? "none" : answer);
    this.#closeResult();
    if (this.#gone !== undefined) this.outcome = "left";
    else if (answer === "cut") this.outcome = "cut";
    else if (answer === "end") {
      this.endBody([]);
      await this.flush();
      this.outcome = "whole";
    } else {
      this.error = error;
      this.#renew();
      this.#take(await this.errorOutput(this.environ, this.#start));
      await this.finishResponse();
    }
  }

  /** An application in place of the one that failed: what the client is told. `error` is what happened; nothing of it is said. */
  errorOutput(_environ: Environ, startResponse: StartResponse): Body | Promise<Body> {
    const { error } = this;
    const status = error instanceof RequestError ? statusLine(error.status) : this.errorStatus;
    const headers = this.errorBody === undefined ? [["X-Request-Id", this.requestId] as const] : [];
    startResponse(status, [...this.errorHeaders, ...headers], error ?? new Error(status));
    return [this.errorBody ?? `${status}\nrequest ${this.requestId}\n`];
  }

  /** Writes to `tsgi.errors`. `answer` is what the client gets for it: a status, a response that is cut, or what it has already. */
  logException(error: unknown, _answer: Trouble["answer"]): void | Promise<void> {
    // A record of its own, and not the end of a line that the application has begun.
    this.getStderr().write(`${failureText(error)}\n`, "error");
  }

  /** The request is over, however it ended, and what was returned is closed. Called once. */
  close(): void | Promise<void> {}

  /** Sends interim headers (RFC 8297), where the wire has them. Here it has none. */
  sendEarlyHints(_fields: readonly string[]): void {}

  /** The client is gone, or the request is given up: `tsgi.signal` aborts, and nothing more is sent. */
  abort(reason: Error): void {
    if (this.#state === "over" || this.#gone !== undefined) return;
    this.#gone = reason;
    this.#notice.give(reason);
    this.#delivery.lose(reason);
  }

  /** The server leaves: `tsgi.draining` aborts, and an event stream is told to end. */
  drain(reason: Error): void {
    this.#draining.abort(reason);
    this.#notice.leave(reason, this.#delivery.reply.isEventStream);
  }

  /** The request will be cut soon: `tsgi.signal` aborts, and what still comes is sent. */
  warn(reason: Error): void {
    this.#notice.give(reason);
  }

  /** What `sendHeaders` calls before the first byte goes out: an error is no longer answered, but cuts the response. */
  protected began(): void {
    this.#delivery.reply.begun = true;
  }

  /** Whether nothing follows the headers: HEAD, or a status that has no body. */
  protected get bodyless(): boolean {
    return this.#delivery.reply.bodyless;
  }

  /** The names of trailers that the body will bring. */
  protected get announces(): readonly string[] | undefined {
    return this.#delivery.reply.announces;
  }

  /** What goes wrong while an error is handled is told, and that is all that can be done about it. */
  async #handle(error: unknown): Promise<void> {
    try {
      await this.handleError(error);
    } catch (worse) {
      this.#delivery.lose(worse);
      // Its client may leave while it is told what failed, which is its right at any time.
      const isLeft = this.#gone !== undefined && (worse instanceof RequestError || this.#notice.explains(worse));
      this.outcome = isLeft ? "left" : "cut";
      if (!isLeft) this.#log(worse, "cut");
    }
  }

  #renew(): void {
    this.#delivery = new Delivery({ method: this.environ.REQUEST_METHOD ?? "GET" }, this, this.#log);
    if (this.#gone !== undefined) this.#delivery.lose(this.#gone);
  }

  #take(result: unknown): void {
    this.result = result;
    this.#isClosed = false;
  }

  /** What was returned is closed once, whether or not it was a body. */
  #closeResult(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const report = (error: unknown) => this.#log(error, "none");
    if (this.#body !== undefined) this.#body.close(report);
    else closeResult(this.result, report);
    this.#body = undefined;
  }

  #hint(headers: HeaderList): void {
    const { fields } = checkHeaders(headers, "tsgi.early_hints");
    if (!this.headersSent && this.#state === "running") this.sendEarlyHints(fields);
  }
}
