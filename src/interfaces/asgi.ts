// ASGI 3.0: `application(scope, receive, send)`, called once for each request, each websocket, and the lifespan of a worker. Decides which of
// the three it is. The specification is docs/asgi.md.

import { DrainingSignals } from "../gateway/draining.ts";
import type { Exchange, ExchangeRequest } from "../gateway/exchange.ts";
import { asksForWebSocket } from "../gateway/upgrade.ts";
import type { ResponseEvent } from "../protocol/events.ts";
import type { AsgiParts } from "./asgi-exchange.ts";
import { HttpExchange } from "./asgi-http.ts";
import { AsgiLifespan } from "./asgi-lifespan.ts";
import type { AsgiApplication } from "./asgi-types.ts";
import { WebSocketExchange } from "./asgi-websocket.ts";
import { handshakeRefusal } from "./handshake.ts";
import type { Served } from "./interface.ts";

/** What `--interface asgi` serves. */
export type AsgiTarget = AsgiApplication;

/** Makes it ready to be served. Each has one lifespan, whose state all its requests share. */
export function asgiInterface(application: AsgiTarget): Served {
  const lifespan = new AsgiLifespan(application);
  const { state } = lifespan;
  return {
    gateway: (host) => {
      lifespan.tellTo((text, level) => host.writeError(text, "", level));
      const parts: AsgiParts = { application, host, state, signals: new DrainingSignals() };
      return (request) => open(parts, request);
    },
    startup: (worker) => lifespan.startup(worker),
    shutdown: (departure) => lifespan.shutdown(departure),
  };
}

function open(parts: AsgiParts, request: ExchangeRequest): Exchange {
  const { host } = parts;
  // RFC 9110 section 7.8: an upgrade that cannot be made is a request like any other.
  const isWebSocket = host.websockets !== undefined && request.carrier !== undefined && asksForWebSocket(request.head);
  if (!isWebSocket) return new HttpExchange(parts, request);
  const refusal = handshakeRefusal(request.head);
  return refusal === undefined ? new WebSocketExchange(parts, request) : refused(refusal, host.nextRequestId());
}

/** A handshake that is wrong never reaches the application (RFC 6455 section 4.2.1). */
function refused(refusal: ResponseEvent, requestId: string): Exchange {
  const next = () => refusal;
  return { requestId, next, expire: next, lookup: () => undefined, drain() {}, warn() {}, abort() {} };
}
