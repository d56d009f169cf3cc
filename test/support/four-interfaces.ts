// One application, written once for each interface: what it was asked and what it heard is noted, so that a promise of the server can be
// looked at from both sides.

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Serve } from "../../src/gateway/exchange.ts";
import type { GatewayHost } from "../../src/gateway/host.ts";
import { gatewayFor } from "../../src/gateway/run.ts";
import type { Application } from "../../src/gateway/types.ts";
import { asgiInterface } from "../../src/interfaces/asgi.ts";
import type { AsgiApplication, HttpRequestEvent } from "../../src/interfaces/asgi-types.ts";
import { fetchInterface } from "../../src/interfaces/fetch.ts";
import type { FetchHandler } from "../../src/interfaces/fetch-api.ts";
import { nodeInterface } from "../../src/interfaces/node.ts";
import { requestInfo } from "../../src/interfaces/node-api.ts";
import { deferred } from "./deferred.ts";

/** What happens under which path is the same for all of them. */
export class Seen {
  readonly calls: string[] = [];
  /** What it was told: `told: ...` by its signal, `draining`, `unread: ...` by the body. */
  readonly heard: string[] = [];
  /** What `/held` waits for. */
  readonly held = deferred<void>();
  #wake: (() => void)[] = [];

  hear(text: string): void {
    this.heard.push(text);
    for (const wake of this.#wake.splice(0)) wake();
  }

  called(path: string): void {
    this.calls.push(path);
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Waits until this is so. */
  async until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise<void>((wake) => this.#wake.push(wake));
  }
}

export interface Who {
  readonly id: string;
  readonly address: string;
  readonly scheme: string;
  readonly host: string;
}

const STREAM = "text/event-stream";
const FIRST = "data: first\n\n";
const broken = (): never => {
  throw new Error("the application is broken");
};
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Says what the signals say, and gives a promise of the first one. */
function listen(seen: Seen, signal: AbortSignal, draining: AbortSignal): Promise<unknown> {
  draining.addEventListener("abort", () => seen.hear("draining"));
  signal.addEventListener("abort", () => seen.hear(`told: ${textOf(signal.reason)}`));
  return once(signal, "abort");
}

const tsgi = (seen: Seen): Application =>
  async function* (environ, startResponse) {
    const path = environ.PATH_INFO;
    seen.called(path);
    const told = listen(seen, environ["tsgi.signal"], environ["tsgi.draining"]);
    const say = (type = "text/plain") => startResponse("200 OK", [["Content-Type", type]]);
    if (path === "/broken") broken();
    if (path === "/read") {
      const body = await environ["tsgi.input"].read().catch((error) => {
        seen.hear(`unread: ${textOf(error)}`);
        throw error;
      });
      say();
      yield `read ${body.length}`;
      return;
    }
    if (path === "/hang") await told;
    if (path === "/held") await seen.held.promise;
    if (path === "/begun" || path === "/events") {
      say(path === "/events" ? STREAM : "text/plain");
      yield FIRST;
      await told;
      return;
    }
    say();
    const who: Who = {
      id: environ["tsgi.request_id"],
      address: environ.REMOTE_ADDR,
      scheme: environ["tsgi.url_scheme"],
      host: String(environ.HTTP_HOST),
    };
    yield JSON.stringify(who);
  };

const asgi =
  (seen: Seen): AsgiApplication =>
  async (scope, receive, send) => {
    if (scope.type !== "http") return;
    const { path } = scope;
    seen.called(path);
    const { signal, draining, request_id: id } = scope.extensions.tsgi!;
    const told = listen(seen, signal, draining);
    const start = (type = "text/plain") =>
      send({ type: "http.response.start", status: 200, headers: [["content-type", type]] });
    const end = (body: string) => send({ type: "http.response.body", body });
    if (path === "/broken") broken();
    if (path === "/read") {
      let size = 0;
      for (;;) {
        const event = await receive();
        if (event.type === "http.disconnect") return seen.hear("unread: http.disconnect");
        size += (event as HttpRequestEvent).body.length;
        if (!(event as HttpRequestEvent).more_body) break;
      }
      await start();
      return end(`read ${size}`);
    }
    if (path === "/hang") await told;
    if (path === "/held") await seen.held.promise;
    if (path === "/begun" || path === "/events") {
      await start(path === "/events" ? STREAM : "text/plain");
      await send({ type: "http.response.body", body: FIRST, more_body: true });
      await told;
      return;
    }
    await start();
    const host = scope.headers.find(([name]) => name === "host")?.[1] ?? "";
    await end(JSON.stringify({ id, address: scope.client![0], scheme: scope.scheme, host } satisfies Who));
  };

const node = (seen: Seen) => async (request: IncomingMessage, response: ServerResponse) => {
  const path = request.url!.split("?")[0]!;
  seen.called(path);
  const { requestId: id, signal, draining } = requestInfo(request);
  const told = listen(seen, signal, draining);
  response.setHeader("Content-Type", path === "/events" ? STREAM : "text/plain");
  if (path === "/broken") broken();
  if (path === "/read") {
    let size = 0;
    try {
      for await (const chunk of request) size += (chunk as Uint8Array).length;
    } catch (error) {
      seen.hear(`unread: ${textOf(error)}`);
      throw error;
    }
    response.end(`read ${size}`);
    return;
  }
  if (path === "/hang") await told;
  if (path === "/held") await seen.held.promise;
  if (path === "/begun" || path === "/events") {
    response.write(FIRST);
    return;
  }
  const { remoteAddress = "", encrypted = false } = request.socket as typeof request.socket & { encrypted?: boolean };
  const who: Who = {
    id,
    address: remoteAddress,
    scheme: encrypted ? "https" : "http",
    host: request.headers.host ?? "",
  };
  response.end(JSON.stringify(who));
};

const fetched =
  (seen: Seen): FetchHandler =>
  async (request, env) => {
    const url = new URL(request.url);
    const path = url.pathname;
    seen.called(path);
    const told = listen(seen, request.signal, env.draining);
    if (path === "/broken") broken();
    if (path === "/read") {
      try {
        return new Response(`read ${(await request.arrayBuffer()).byteLength}`);
      } catch (error) {
        seen.hear(`unread: ${textOf(error)}`);
        throw error;
      }
    }
    if (path === "/hang") await told;
    if (path === "/held") await seen.held.promise;
    if (path === "/begun" || path === "/events") {
      const type = path === "/events" ? STREAM : "text/plain";
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode(FIRST));
          await told;
          if (path === "/events") controller.close();
        },
      });
      return new Response(body, { headers: { "Content-Type": type } });
    }
    const who: Who = {
      id: env.requestId,
      address: env.remoteAddress,
      scheme: url.protocol.slice(0, -1),
      host: url.host,
    };
    return new Response(JSON.stringify(who));
  };

/** What serves it. */
export const INTERFACES: Readonly<
  Record<"tsgi" | "asgi" | "node" | "fetch", (seen: Seen) => (host: GatewayHost) => Serve>
> = {
  tsgi: (seen) => (host) => gatewayFor(tsgi(seen), host),
  asgi: (seen) => asgiInterface(asgi(seen)).gateway,
  node: (seen) => nodeInterface(node(seen)).gateway,
  fetch: (seen) => fetchInterface({ fetch: fetched(seen) }).gateway,
};
