// A handler in a server (wsgiref's ServerHandler): what it sends are the events of an exchange, so that the codec of the connection
// frames them, also for a client that keeps its connection. Does not know the connection.

import type { Piece, SendEvent } from "../protocol/events.ts";
import { BaseHandler } from "./base-handler.ts";
import { END } from "./exchange.ts";
import { takeVariables } from "./handler-environ.ts";
import type { Trouble } from "./host.ts";
import { checkHeaders, checkStatus } from "./said.ts";
import type { Environ, Errors, Input } from "./types.ts";

/** One request of a server, as its handler is given it. */
export interface ServerRequest {
  readonly requestId: string;
  /** As the worker's loop has it. */
  readonly environ: Environ;
  readonly input: Input;
  readonly errors: Errors;
  /** Takes what is next on the wire. */
  put(event: SendEvent): void;
  /** Settles when everything that was put is handed over, and rejects when it never will be. */
  handedOver(): void | Promise<void>;
  /** Writes the server's log. */
  report(trouble: Trouble): void;
}

/** What `makeServer` takes as `handlerClass`. */
export type ServerHandlerClass = new (request: ServerRequest) => ServerHandler;

export class ServerHandler extends BaseHandler {
  // The status line is the codec's: these are facts here, and no other value would change a byte.
  override originServer = true as const;
  override httpVersion = "1.1" as const;
  readonly request: ServerRequest;

  constructor(request: ServerRequest) {
    super();
    this.request = request;
    this.requestId = request.requestId;
    this.multiprocess = request.environ["tsgi.multiprocess"];
  }

  override addCgiVars(): void {
    const { environ } = this.request;
    const names = Object.keys(environ).filter((name) => !name.startsWith("tsgi."));
    takeVariables(this.environ, Object.fromEntries(names.map((name) => [name, environ[name] as string])));
    this.environ["tsgi.peer_addr"] = environ["tsgi.peer_addr"];
    if (this.serverSoftware !== undefined) this.environ.SERVER_SOFTWARE = this.serverSoftware;
  }

  override getScheme(): "http" | "https" {
    return this.request.environ["tsgi.url_scheme"];
  }

  override getStdin(): Input {
    return this.request.input;
  }

  override getStderr(): Errors {
    return this.request.errors;
  }

  override sendHeaders(): void {
    this.cleanupHeaders();
    if (this.serverSoftware !== undefined) this.headers!.setDefault("Server", this.serverSoftware);
    const { status, reason } = checkStatus(this.status);
    const { fields, length } = checkHeaders(this.headers?.list, "sendHeaders");
    this.began();
    this.request.put({
      ...{ type: "response", status, reason, fields, length, announces: this.announces },
      ...{ date: "", close: false, body: undefined, more: !this.bodyless },
    });
  }

  /** Nothing, and nothing may be written here: the status line, Date and what belongs to the connection are the codec's. */
  override sendPreamble(): void {}

  /** Bytes of the body; the codec frames them. */
  override writeRaw(piece: Piece): void {
    this.request.put({ type: "data", bytes: piece });
  }

  override endBody(trailers: readonly string[]): void {
    this.request.put(trailers.length === 0 ? END : { type: "end", trailers });
  }

  override flush(): void | Promise<void> {
    return this.request.handedOver();
  }

  override sendEarlyHints(fields: readonly string[]): void {
    if (this.environ.SERVER_PROTOCOL !== "HTTP/1.0") this.request.put({ type: "information", status: 103, fields });
  }

  /** Tells the server, whose log has the request and its id. */
  override logException(error: unknown, answer: Trouble["answer"]): void {
    const { REQUEST_METHOD: method, RAW_URI: target } = this.request.environ;
    this.request.report({ requestId: this.requestId, method, target, error, answer });
  }
}
