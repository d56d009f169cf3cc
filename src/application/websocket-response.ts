// A websocket as what a view gives back: it goes through the middlewares as every response does, and what they add goes out with the 101.
// Where the request asks for none, it is a 426. Knows the server's `tsgi.upgrade` and no protocol.

import type { Body, Environ, WebSocketHandler } from "../gateway/types.ts";
import type { Request } from "./request.ts";
import { Response } from "./response-base.ts";
import type { HeadersInit } from "./response-headers.ts";

export interface WebSocketInit {
  /** One of the subprotocols that the client offers. */
  readonly protocol?: string | undefined;
  readonly headers?: HeadersInit | undefined;
}

/** 204 keeps middlewares from a body that there is not. It is never sent: the server answers with 101, or with the refusal of a handshake. */
const STANDS_FOR = 204;
const UPGRADE_REQUIRED = 426;
/** A 101 has no body that they could speak of. */
const OF_A_BODY: ReadonlySet<string> = new Set(["content-type", "content-length"]);

export class WebSocketResponse extends Response {
  readonly #handler: WebSocketHandler;
  readonly #protocol: string | undefined;

  /** @param handler As for `tsgi.upgrade`: what it gets is iterated for messages, and closed when it is over. */
  constructor(request: Request, handler: WebSocketHandler, { protocol, headers }: WebSocketInit = {}) {
    const has = request.environ["tsgi.upgrade"] !== undefined;
    super(has ? "" : "this is a websocket\n", {
      ...{ status: has ? STANDS_FOR : UPGRADE_REQUIRED, contentType: "text/plain; charset=utf-8", headers },
    });
    this.#handler = handler;
    this.#protocol = protocol;
  }

  override body(environ: Environ): Body {
    const upgrade = environ["tsgi.upgrade"];
    // A middleware may have made something else of it.
    if (upgrade === undefined || this.status !== STANDS_FOR) return super.body(environ);
    const headers = this.headerList().filter(([name]) => !OF_A_BODY.has(name.toLowerCase()));
    return upgrade(this.#handler, { protocol: this.#protocol, headers });
  }
}
