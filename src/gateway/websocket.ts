// `tsgi.upgrade`: what a TSGI application returns to make a websocket of a request, and what becomes of it. Knows handshakes by their
// verdict only; the protocol is behind GatewayHost.websockets.

import type { RequestHead, ResponseEvent } from "../protocol/events.ts";
import { ContractError, closeResult, UPGRADE, type Upgrading } from "./body.ts";
import { Conversation } from "./conversation.ts";
import type { ExchangeRequest, UpgradeEvent } from "./exchange.ts";
import type { GatewayHost, Trouble, WebSocketDoor, WireSocket } from "./host.ts";
import { checkHeaders, show } from "./said.ts";
import type { Chunk, Environ, Upgrade, UpgradeOptions, WebSocketHandler } from "./types.ts";
import { asksForWebSocket } from "./upgrade.ts";

/** Puts `tsgi.upgrade` into the environ of a request that asks for a websocket, where there are any. */
export function offerUpgrade(environ: Environ, request: ExchangeRequest, host: GatewayHost): void {
  const { websockets } = host;
  if (websockets === undefined || request.carrier === undefined) return;
  if (!asksForWebSocket(request.head)) return;
  const { head } = request;
  const requestId = environ["tsgi.request_id"];
  const report = reporter(host, head, requestId);
  const upgrade: Upgrade = (handler, options = {}) => bodyFor(head, websockets, { handler, options, report });
  environ["tsgi.upgrade"] = upgrade;
}

/** Holds of the request what the log says of it, and nothing more. */
function reporter(host: GatewayHost, { method, target }: RequestHead, requestId: string): Report {
  return (error, answer) => host.report({ requestId, method, target, error, answer });
}

type Report = (error: unknown, answer: Trouble["answer"]) => void;

interface Given {
  readonly handler: WebSocketHandler;
  readonly options: UpgradeOptions;
  readonly report: Report;
}

function bodyFor(head: RequestHead, websockets: WebSocketDoor, given: Given): UpgradeBody {
  const { handler, options, report } = given;
  if (typeof handler !== "function") {
    throw new TypeError(`tsgi.upgrade: ${show(handler)}: expected a function that is given the websocket`);
  }
  const { protocol, headers } = options;
  const fields = headers === undefined ? [] : fieldsOf(headers);
  const refusal = websockets.refusal(head);
  const body = new UpgradeBody(handler, report);
  body.event =
    refusal ?? websockets.accept(head, { protocol, fields, open: (wire) => body.open(wire), lost: () => body.end() });
  return body;
}

/** Fields of a 101: none that are the handshake's own (RFC 6455 section 4.2.2), and none that speak of a body. */
function fieldsOf(headers: UpgradeOptions["headers"]): readonly string[] {
  const { fields, length } = checkHeaders(headers, "tsgi.upgrade");
  if (length !== undefined)
    throw new TypeError("tsgi.upgrade: header Content-Length: expected none, a 101 has no body");
  for (let i = 0; i < fields.length; i += 2) {
    if (!/^sec-websocket-/i.test(fields[i]!)) continue;
    throw new TypeError(`tsgi.upgrade: header "${fields[i]}" is the server's (a subprotocol is the option protocol)`);
  }
  return fields;
}

class UpgradeBody implements AsyncIterable<Chunk>, Upgrading {
  event: UpgradeEvent | ResponseEvent | undefined;
  isOpen = false;
  readonly #handler: WebSocketHandler;
  readonly #report: Report;

  constructor(handler: WebSocketHandler, report: Report) {
    this.#handler = handler;
    this.#report = report;
  }

  get [UPGRADE](): Upgrading {
    return this;
  }

  [Symbol.asyncIterator](): never {
    throw new ContractError("what tsgi.upgrade gave was read as a body: a middleware has to return it as it is");
  }

  handOver(begun: boolean): UpgradeEvent | ResponseEvent {
    if (begun) throw new ContractError("what tsgi.upgrade gave was returned after the response had begun");
    const event = this.event!;
    this.isOpen = event.type === "upgrade";
    // A websocket may last for days: what was the request's is let go.
    this.event = undefined;
    return event;
  }

  open(wire: WireSocket): void {
    void this.#converse(new Conversation(wire));
  }

  /** The websocket is nobody's any more, which is when `close()` is called, as at the end of every body. */
  end(): void {
    closeResult(this, (error) => this.#report(error, "none"));
  }

  async #converse(socket: Conversation): Promise<void> {
    try {
      await this.#handler(socket);
      socket.close();
    } catch (error) {
      if (!socket.explains(error)) this.#report(error, "cut");
      socket.close(1_011);
    }
    socket.deafen();
    this.end();
  }
}
