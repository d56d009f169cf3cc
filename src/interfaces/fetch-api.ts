// `tsgi/fetch`: what a fetch application can ask of this server beyond the platform.

import type { FetchContext, FetchEnv } from "./fetch-context.ts";

export type { ConnInfo } from "./fetch-conninfo.ts";
export { getConnInfo } from "./fetch-conninfo.ts";
export type { FetchContext, FetchEnv, HintHeaders } from "./fetch-context.ts";
export { NativeRequest, NativeResponse, nativeFetch } from "./fetch-native.ts";
export type { FetchSocket, SocketCloseEvent } from "./fetch-socket.ts";
export type {
  AcceptedWebSocket,
  AcceptWebSocketOptions,
  HonoContext,
  UpgradeWebSocket,
  UpgradeWebSocketOptions,
  WSContext,
  WSEvents,
} from "./fetch-websocket.ts";
export { acceptWebSocket, isWebSocketRequest, upgradeWebSocket } from "./fetch-websocket.ts";

/** The function form: `export default (request) => new Response(...)`, served with `--interface fetch`. */
export type FetchHandler = (request: Request, env: FetchEnv, context: FetchContext) => Response | Promise<Response>;

/** The object form, which `--interface auto` recognises: `export default { fetch(request, env, context) {...} }`. */
export interface FetchApplication {
  fetch(request: Request, env: FetchEnv, context: FetchContext): Response | Promise<Response>;
}
