// ASGI as a user writes against it.

import type { Application } from "tsgi";
import {
  type AdaptedApplication,
  type AsgiApplication,
  asgiToTsgi,
  ClientDisconnectedError,
  type HttpHandler,
  type HttpScope,
  type LifespanHandler,
  type Scope,
  type SendEvent,
  type TsgiExtension,
  tsgiToAsgi,
  type WebSocketHandler,
} from "tsgi/asgi";

export const application: AsgiApplication = async (scope, receive, send) => {
  switch (scope.type) {
    case "http": {
      const host: string | undefined = scope.headers.find(([name]) => name === "host")?.[1];
      const port: number | null | undefined = scope.client?.[1];
      const event = await receive();
      if (event.type === "http.request") console.log(event.body satisfies Uint8Array, event.more_body, host, port);
      await send({ type: "http.response.start", status: 200, headers: new Map([["a", "b"]]) });
      await send({ type: "http.response.body", body: new Uint8Array(1), more_body: true });
      await send({ type: "http.response.body", body: "text" });
      return;
    }
    case "websocket": {
      const event = await receive();
      if (event.type === "websocket.receive") {
        if (event.text !== null) console.log(event.text satisfies string, event.bytes satisfies null);
        else console.log(event.bytes satisfies Uint8Array);
      }
      await send({ type: "websocket.accept", subprotocol: scope.subprotocols[0] });
      await send({ type: "websocket.close", code: 1000, reason: null });
      return;
    }
    default:
      scope.state["pool"] = 1;
      await send({ type: "lifespan.startup.complete" });
  }
};

export const http: HttpHandler = async (scope, receive, send) => {
  const { signal, draining }: TsgiExtension = scope.extensions.tsgi!;
  console.log(signal.aborted, draining.aborted, (await receive()).type satisfies "http.request" | "http.disconnect");
  await send({ type: "http.response.early_hint", links: ["</a>"] });
  // @ts-expect-error an event of another scope
  await send({ type: "websocket.accept" });
  // @ts-expect-error a status is a number
  await send({ type: "http.response.start", status: "200" });
  // @ts-expect-error the list is the server's
  scope.headers[0] = ["a", "b"];
};

export const chat: WebSocketHandler = async (scope, _receive, send) => {
  // @ts-expect-error a websocket has no method
  console.log(scope.method, scope.scheme satisfies "ws" | "wss");
  // @ts-expect-error bytes are bytes
  await send({ type: "websocket.send", bytes: "text" });
};

export const life: LifespanHandler = async (scope, receive) => {
  console.log(scope.extensions.tsgi?.slot satisfies number | undefined, (await receive()).type);
};

const copied = (scope: HttpScope): HttpScope => ({ ...scope, path: "/", root_path: "" });
export const outer =
  (inner: AsgiApplication): AsgiApplication =>
  (scope: Scope, receive, send) =>
    inner(scope.type === "http" ? copied(scope) : scope, receive, (event: SendEvent) => send(event));

export const adapted: AdaptedApplication = asgiToTsgi(application);
export const asTsgi: Application = adapted;
export const back: AsgiApplication = tsgiToAsgi(asTsgi);
export const isGone = (error: unknown): boolean =>
  error instanceof ClientDisconnectedError && error.cause !== undefined;
