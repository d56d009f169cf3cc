// Fetch applications as their authors write them, and the mistakes that the types must catch. Compiled by types.test.ts, never run.

import {
  type AcceptedWebSocket,
  acceptWebSocket,
  type ConnInfo,
  type FetchApplication,
  type FetchContext,
  type FetchEnv,
  type FetchHandler,
  type FetchSocket,
  getConnInfo,
  isWebSocketRequest,
  NativeRequest,
  NativeResponse,
  nativeFetch,
  type SocketCloseEvent,
  upgradeWebSocket,
  type WSContext,
  type WSEvents,
} from "tsgi/fetch";

// ---- what fits

export const synchronous: FetchHandler = () => new Response("hello");
export const short: FetchApplication = { fetch: async (request) => new Response(request.body) };

export const all: FetchApplication = {
  async fetch(request: Request, env: FetchEnv, context: FetchContext) {
    context.earlyHints([["Link", "</a.css>; rel=preload"]]);
    context.waitUntil(Promise.resolve());
    context.passThroughOnException();
    const aborted: boolean = env.draining.aborted || request.signal.aborted;
    const sum: string | null = env.trailers.get("x-sum");
    return Response.json({ id: env.requestId, from: env.remoteAddress, port: env.remotePort, aborted, sum });
  },
};

export const socket: FetchHandler = (request) => {
  if (!isWebSocketRequest(request)) return new Response("no", { status: 400 });
  const accepted: AcceptedWebSocket = acceptWebSocket(request, { protocol: "chat", headers: { "Set-Cookie": "a=1" } });
  const own: FetchSocket = accepted.socket;
  own.binaryType = "blob";
  own.onmessage = ({ data }) => own.send(data);
  own.onclose = ({ code }: SocketCloseEvent) => void code.toFixed();
  own.addEventListener("open", () => own.close(1000, "bye"));
  return accepted.response;
};

export const native: FetchHandler = () => new NativeResponse("x");
export const passed: FetchHandler = (request) =>
  nativeFetch(new NativeRequest("http://localhost/", { signal: request.signal }));

const events: WSEvents = {
  onOpen: (_event, ws: WSContext) => ws.send("hello"),
  onMessage: async (event, ws) => ws.send(String(event.data)),
  onClose: (event) => void event.wasClean,
};
export const handler = upgradeWebSocket(() => events, { protocol: ([first]) => first });
export const info: ConnInfo = getConnInfo({ env: {} });
export const port: number | undefined = info.remote.port;

// ---- what does not

// @ts-expect-error no Response
export const text: FetchHandler = () => "hello";

export const wrong: FetchHandler = (request, env, context) => {
  // @ts-expect-error read only
  env.requestId = "";
  // @ts-expect-error no promise
  context.waitUntil(1);
  // @ts-expect-error no such option
  acceptWebSocket(request, { subprotocol: "x" });
  return new Response();
};
