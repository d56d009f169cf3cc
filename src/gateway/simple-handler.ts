// A handler between two streams (wsgiref's SimpleHandler): a request's variables and its body come in, a response goes out, and what
// went wrong goes to a third. Does not open, end or close any of them.

import { Buffer } from "node:buffer";
import type { Piece } from "../protocol/events.ts";
import { BaseHandler } from "./base-handler.ts";
import { ErrorStream } from "./errors.ts";
import { RequestError } from "./exchange.ts";
import { takeVariables, type Variables } from "./handler-environ.ts";
import { InputStream } from "./input.ts";
import { show } from "./said.ts";
import { type ByteSource, checkSource, type SaidLength, StreamBody } from "./stream-body.ts";
import type { Errors, Input } from "./types.ts";

/** Where a response goes: a Node stream, or anything that can be written to. A promise that `write` gives is awaited before more is written. */
export interface Output {
  write(bytes: Uint8Array): unknown;
}

/** Where lines for an operator go. */
export interface TextOutput {
  write(text: string): unknown;
}

export interface SimpleHandlerOptions {
  /** As long as CONTENT_LENGTH says. */
  readonly stdin: ByteSource;
  readonly stdout: Output;
  readonly stderr: TextOutput;
  /** The request: CGI names. What the contract has and this has not is filled in. */
  readonly environ: Variables;
  readonly multithread?: boolean;
  readonly multiprocess?: boolean;
}

/** The part of `stream.Writable` that tells how a write went. */
interface NodeOutput extends Output {
  write(bytes: Uint8Array, done?: (error?: Error | null) => void): unknown;
  on(event: "error" | "close", listener: (error?: Error) => void): unknown;
  off(event: "error" | "close", listener: (error?: Error) => void): unknown;
}

export class SimpleHandler extends BaseHandler {
  readonly stdout: Output;
  readonly stderr: TextOutput;
  readonly #baseEnviron: Variables;
  readonly #stdin: ByteSource;
  readonly #onLeft = (error?: Error): void => void this.#left(error);
  #errors: Errors | undefined;
  #body: StreamBody | undefined;
  #pieces: Buffer[] = [];
  #hasLeft = false;

  constructor({ stdin, stdout, stderr, environ, multithread = true, multiprocess = false }: SimpleHandlerOptions) {
    super();
    if (typeof stdout?.write !== "function")
      throw new TypeError(`stdout: ${show(stdout)}: expected a stream to write to`);
    if (typeof stderr?.write !== "function")
      throw new TypeError(`stderr: ${show(stderr)}: expected a stream to write to`);
    if (typeof environ !== "object" || environ === null) {
      throw new TypeError(`environ: ${show(environ)}: expected an object, the request's CGI names and their values`);
    }
    this.#stdin = checkSource(stdin);
    this.stdout = stdout;
    this.stderr = stderr;
    this.#baseEnviron = environ;
    this.multithread = multithread;
    this.multiprocess = multiprocess;
    if (isNodeOutput(stdout)) for (const event of LEFT) stdout.on(event, this.#onLeft);
  }

  override addCgiVars(): void {
    takeVariables(this.environ, this.#baseEnviron);
  }

  override getStdin(): Input {
    this.#body ??= new StreamBody(this.#stdin, this.bodyLength());
    return new InputStream(this.#body);
  }

  /** How many bytes of `stdin` are the body. A server that took chunks apart knows no length, and ends what it passes on. */
  bodyLength(): SaidLength {
    const { CONTENT_LENGTH, HTTP_TRANSFER_ENCODING } = this.environ;
    return CONTENT_LENGTH === undefined && HTTP_TRANSFER_ENCODING !== undefined ? "to-the-end" : CONTENT_LENGTH;
  }

  override getStderr(): Errors {
    this.#errors ??= new ErrorStream((line) => void this.stderr.write(`${line}\n`), this.requestId);
    return this.#errors;
  }

  override writeRaw(piece: Piece): void {
    this.#pieces.push(typeof piece === "string" ? Buffer.from(piece, "latin1") : Buffer.from(piece));
  }

  /** Waits until the stream has given the bytes on: an application never fills the memory for a client that reads slowly. */
  override async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    if (bytes.length === 0) return;
    try {
      await this.#write(bytes);
    } catch (error) {
      throw this.#left(error);
    }
  }

  override close(): void {
    this.#body?.close();
    const { stdout } = this;
    // The error of a stream comes after all that it fails: nobody there to hear it would end the process.
    if (isNodeOutput(stdout) && !this.#hasLeft) for (const event of LEFT) stdout.off(event, this.#onLeft);
  }

  #write(bytes: Buffer): unknown {
    const { stdout } = this;
    if (!isNodeOutput(stdout)) return stdout.write(bytes);
    return new Promise<void>((resolve, reject) => {
      stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Nobody reads any more. That is the client's right, and no failure of the application. */
  #left(cause: unknown): RequestError {
    this.#hasLeft = true;
    const reason = new RequestError(499, "the client closed the connection");
    if (cause !== undefined) reason.cause = cause;
    this.abort(reason);
    return reason;
  }
}

const LEFT = ["error", "close"] as const;

const isNodeOutput = (output: Output): output is NodeOutput =>
  "on" in output && "off" in output && "writableEnded" in output;
