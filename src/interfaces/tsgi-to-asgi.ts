// A TSGI application as an ASGI one, for any ASGI server in TypeScript: the reference loop (gateway/run.ts) runs it, and what the loop gives is
// sent. What becomes of a websocket is the matter of tsgi-to-asgi-websocket.ts. Does not know the server.

import { randomUUID } from "node:crypto";
import process from "node:process";
import { ContractError } from "../gateway/body.ts";
import {
  type BodySource,
  type Exchange,
  type ExchangeEvent,
  type ExchangeRequest,
  RequestError,
  type UpgradeEvent,
  WAIT,
} from "../gateway/exchange.ts";
import { failureText } from "../gateway/failure.ts";
import type { GatewayHost, Trouble } from "../gateway/host.ts";
import { gatewayFor } from "../gateway/run.ts";
import type { Application, Environ, Shutdown, Startup, WorkerInfo } from "../gateway/types.ts";
import type { ConnectionInfo, FlatFields, RequestHead, ResponseEvent } from "../protocol/events.ts";
import type {
  AsgiApplication,
  HttpHandler,
  HttpScope,
  LifespanHandler,
  WebSocketHandler,
  WebSocketScope,
} from "./asgi-types.ts";
import { asksForWebSocket, carrier, door, WebSocketSide } from "./tsgi-to-asgi-websocket.ts";

type Receive = Parameters<HttpHandler>[1];
type Send = Parameters<HttpHandler>[2];

/** `startup` and `shutdown` are looked for on the application itself. */
export type TsgiTarget = Application & { readonly startup?: Startup; readonly shutdown?: Shutdown };

/** Makes an ASGI application of a TSGI one. */
export function tsgiToAsgi(application: TsgiTarget): AsgiApplication {
  const calls = new Map<string, Call>();
  let nextId = "";
  const host: GatewayHost = {
    facts: { software: "tsgi/asgi", multiprocess: true },
    nextRequestId: () => nextId,
    writeError: (text, id) => void process.stderr.write(`${text} (request ${id})\n`),
    report: (trouble) => {
      const call = calls.get(trouble.requestId);
      // What fails behind the end of its request is said all the same.
      if (call === undefined) say(trouble);
      else call.report(trouble);
    },
    refused: () => {},
    websockets: door,
  };
  const serve = gatewayFor((environ, startResponse) => {
    calls.get(environ["tsgi.request_id"])?.place(environ);
    return application(environ, startResponse);
  }, host);
  const run = async (call: Call, extra: Pick<ExchangeRequest, "head" | "carrier">): Promise<void> => {
    const { id, info } = call;
    calls.set(id, call);
    nextId = id;
    const exchange = serve({ ...extra, info, body: call, wake: () => call.wake() });
    try {
      await call.run(exchange);
    } finally {
      calls.delete(id);
    }
  };
  const http: HttpHandler = (scope, receive, send) => run(new Call(scope, receive, send), { head: headOf(scope) });
  const webSocket: WebSocketHandler = async (scope, receive, send) => {
    const side = new WebSocketSide(scope, receive, send);
    await side.connect();
    await run(Call.of(side), { head: asksForWebSocket(headOf(side.scope), scope), carrier });
  };
  const adapted = (scope: { readonly type: string }, receive: never, send: never): Promise<void> => {
    if (scope.type === "http") return http(scope as HttpScope, receive, send);
    if (scope.type === "lifespan") return lifespanOf(application)(scope as never, receive, send);
    if (scope.type === "websocket") return webSocket(scope as WebSocketScope, receive, send);
    return Promise.reject(new TypeError(`a TSGI application has no scope of type ${scope.type}`));
  };
  return adapted as unknown as AsgiApplication;
}

const say = ({ error, requestId }: Trouble): void =>
  void process.stderr.write(`${failureText(error)} (request ${requestId})\n`);

const lifespanOf =
  ({ startup, shutdown }: TsgiTarget): LifespanHandler =>
  async (scope, receive, send) => {
    const worker: WorkerInfo = scope.extensions?.tsgi ?? { slot: 1, generation: 1, workers: 1 };
    for (let event = await receive(); ; event = await receive()) {
      const isStart = event.type === "lifespan.startup";
      try {
        if (isStart) await startup?.(worker);
        else await shutdown?.({ ...worker, reason: "the server stops", signal: new AbortController().signal });
      } catch (error) {
        await send({ type: `${event.type}.failed`, message: failureText(error) });
        return;
      }
      await send({ type: `${event.type}.complete` });
      if (!isStart) return;
    }
  };

/** One request. */
class Call implements BodySource {
  readonly id: string;
  readonly info: ConnectionInfo;
  readonly #scope: HttpScope;
  readonly #receive: Receive;
  readonly #send: Send;
  #exchange: Exchange | undefined;
  #bodyOver = false;
  #isGone = false;
  #trouble: Trouble | undefined;
  #side: WebSocketSide | undefined;
  /** Of a websocket: its server says what failed. */
  #fail: ((error: unknown) => void) | undefined;
  #isWoken = false;
  #sleeper: (() => void) | undefined;
  #isWatching = false;
  #hasTrailers = false;
  /** What was listened to, and is to be let go. */
  readonly #unlisten: (() => void)[] = [];

  constructor(scope: HttpScope, receive: Receive, send: Send) {
    this.#scope = scope;
    this.#receive = receive;
    this.#send = send;
    this.id = scope.extensions?.tsgi?.request_id ?? randomUUID();
    this.info = infoOf(scope);
  }

  /** A request that may be upgraded. */
  static of(side: WebSocketSide): Call {
    const call = new Call(
      side.scope,
      () => side.receive(),
      (event) => side.send(event),
    );
    call.#side = side;
    call.#bodyOver = true;
    return call;
  }

  /** Where the server has mounted it. */
  place(environ: Environ): void {
    const { path, root_path: root = "" } = this.#scope;
    environ.SCRIPT_NAME = root;
    environ.PATH_INFO = root !== "" && path.startsWith(root) ? path.slice(root.length) : path;
  }

  report(trouble: Trouble): void {
    if (trouble.answer === "none") say(trouble);
    else if (this.#fail === undefined) this.#trouble = trouble;
    else this.#fail(trouble.error);
  }

  wake(): void {
    this.#isWoken = true;
    this.#sleeper?.();
  }

  async run(exchange: Exchange): Promise<void> {
    this.#exchange = exchange;
    try {
      for (;;) {
        this.#isWoken = false;
        const event = exchange.next();
        // The server logs it and answers, or cuts, as it does for every application.
        if (this.#trouble !== undefined) throw this.#trouble.error;
        if (event === WAIT) await this.#sleep();
        else if (await this.#put(event)) return;
        if (this.#isGone) return;
      }
    } finally {
      for (const unlisten of this.#unlisten) unlisten();
      // Where `send` was rejected; it does nothing when all went well.
      exchange.abort(new RequestError(499, "the client is gone"));
    }
  }

  /** True when it was the last. */
  async #put(event: ExchangeEvent): Promise<boolean> {
    switch (event.type) {
      case "information":
        if ("http.response.early_hint" in (this.#scope.extensions ?? {})) {
          const links = event.fields.filter(
            (_field, i) => i % 2 === 1 && event.fields[i - 1]!.toLowerCase() === "link",
          );
          await this.#send({ type: "http.response.early_hint", links });
        }
        return false;
      case "response":
        return this.#respond(event);
      case "data":
        await this.#send({ type: "http.response.body", body: event.bytes, more_body: true });
        return false;
      case "end":
        await this.#send({ type: "http.response.body" });
        if (this.#hasTrailers)
          await this.#send({ type: "http.response.trailers", headers: pairs(event.trailers ?? []) });
        return true;
      case "upgrade":
        await this.#converse(event);
        return true;
      default:
        throw new ContractError("the response was cut");
    }
  }

  async #respond({ status, fields, length, close, body = "", more }: ResponseEvent): Promise<boolean> {
    // The server knows what became of its client.
    if (this.#isGone) return true;
    const headers = [...pairs(fields)];
    if (length !== undefined) headers.push(["content-length", String(length)]);
    if (close) headers.push(["connection", "close"]);
    this.#hasTrailers = more && length === undefined && "http.response.trailers" in (this.#scope.extensions ?? {});
    await this.#send({ type: "http.response.start", status, headers, trailers: this.#hasTrailers });
    await this.#send({ type: "http.response.body", body, more_body: more });
    return !more;
  }

  async #converse(event: UpgradeEvent): Promise<void> {
    const failed = new Promise<never>((_resolve, reject) => {
      this.#fail = reject;
    });
    await Promise.race([this.#side!.converse(event), failed]);
  }

  async read(): Promise<Uint8Array | null> {
    while (!this.#bodyOver) {
      const event = await this.#receive();
      if (event.type === "http.disconnect") {
        this.#isGone = true;
        throw new RequestError(499, "the client closed the connection");
      }
      this.#bodyOver = !event.more_body;
      if (event.body.length > 0) return event.body;
    }
    return null;
  }

  async #sleep(): Promise<void> {
    this.#watch();
    if (this.#isWoken) return;
    await new Promise<void>((resolve) => {
      this.#sleeper = resolve;
    });
    this.#sleeper = undefined;
  }

  /** The application takes its time: the client may leave meanwhile, or the worker. */
  #watch(): void {
    const tsgi = this.#scope.extensions?.tsgi;
    if (tsgi === undefined) {
      // Without the signal, receive() tells; before the end of the body it would take what is the application's.
      if (this.#isWatching || !this.#bodyOver) return;
      this.#isWatching = true;
      this.#receive().then(() => this.#leave(new RequestError(499, "the client closed the connection")), nothing);
      return;
    }
    if (this.#isWatching) return;
    this.#isWatching = true;
    const exchange = this.#exchange!;
    this.#hear(tsgi.draining, (reason) => exchange.drain(reason));
    this.#hear(tsgi.signal, (reason) => {
      if (reason instanceof RequestError && reason.status === 499) this.#leave(reason);
      else exchange.warn(reason);
    });
  }

  #hear(signal: AbortSignal, tell: (reason: Error) => void): void {
    const heard = (): void => tell(signal.reason as Error);
    if (signal.aborted) heard();
    else {
      signal.addEventListener("abort", heard, { once: true });
      this.#unlisten.push(() => signal.removeEventListener("abort", heard));
    }
  }

  #leave(reason: Error): void {
    this.#isGone = true;
    this.#exchange!.abort(reason);
    this.wake();
  }
}

function headOf({ method, path, raw_path, query_string: query, http_version, headers }: HttpScope): RequestHead {
  const raw = raw_path || encodeURI(path);
  const fields = headers.flat();
  const find = (wanted: string): string | undefined => headers.find(([name]) => name === wanted)?.[1];
  return {
    ...{ method, target: query === "" ? raw : `${raw}?${query}`, version: http_version === "1.0" ? "1.0" : "1.1" },
    ...{ fields, length: find("transfer-encoding") === undefined ? Number(find("content-length") ?? 0) : "chunked" },
    ...{ expectContinue: false, keepAlive: true },
  };
}

const infoOf = ({ client, server, scheme }: HttpScope): ConnectionInfo => ({
  remoteAddress: client?.[0] ?? "",
  // 0 where only the address is known, as behind a proxy; the specification has it absent as well as null.
  remotePort: String(client?.[1] || ""),
  localAddress: server?.[0] ?? "",
  localPort: server?.[1] === undefined || server[1] === null ? "" : String(server[1]),
  scheme,
});

const pairs = (flat: FlatFields): [string, string][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2]!, flat[i * 2 + 1]!]);

const nothing = (): void => {};
