// Drives one request through the ASGI interface with plain values: what a connection does, without a connection. The test pulls events, so it
// decides what was handed over.

import { DrainingSignals } from "../../src/gateway/draining.ts";
import { type BodySource, CUT, type Exchange, type ExchangeEvent, WAIT } from "../../src/gateway/exchange.ts";
import { type Forwarders, NOBODY } from "../../src/gateway/forwarders.ts";
import type { GatewayHost, Trouble } from "../../src/gateway/host.ts";
import { HttpExchange } from "../../src/interfaces/asgi-http.ts";
import type { AsgiApplication, AsgiState, HttpHandler } from "../../src/interfaces/asgi-types.ts";
import type { RequestHead } from "../../src/protocol/events.ts";
import { headOf, INFO, type RequestLike, sourceOf } from "./exchange.ts";

export interface AsgiRequest extends RequestLike {
  /** Bytes that the head announced, where it did. */
  readonly length?: number;
  readonly source?: BodySource;
  readonly state?: AsgiState;
  readonly forwarders?: Forwarders;
  /** The connection has no room until `pump` is called. */
  readonly isBlocked?: boolean;
}

export class AsgiDriven {
  readonly events: ExchangeEvent[] = [];
  readonly troubles: Trouble[] = [];
  readonly refused: string[] = [];
  readonly exchange: Exchange;
  readonly done: Promise<this>;
  isBlocked: boolean;
  #finish!: (self: this) => void;
  #pumping = false;
  #over = false;

  constructor(application: AsgiApplication | HttpHandler, request: AsgiRequest = {}) {
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.isBlocked = request.isBlocked ?? false;
    const head: RequestHead = {
      ...headOf(request),
      ...(request.length === undefined ? {} : { length: request.length }),
    };
    const host: GatewayHost = {
      facts: { software: "tsgi/test", multiprocess: false, forwarders: request.forwarders ?? NOBODY },
      nextRequestId: () => "id-1",
      writeError: () => {},
      report: (trouble) => this.troubles.push(trouble),
      refused: ({ code }) => this.refused.push(code),
    };
    this.exchange = new HttpExchange(
      { application: application as AsgiApplication, host, state: request.state ?? {}, signals: new DrainingSignals() },
      {
        head,
        info: request.info ?? INFO,
        body: request.source ?? sourceOf(request.body ?? []),
        wake: () => {
          if (!this.isBlocked) this.pump();
        },
      },
    );
    if (!this.isBlocked) this.pump();
  }

  /** Asks for what there is. */
  pump(most = Number.POSITIVE_INFINITY): void {
    if (this.#pumping || this.#over) return;
    this.#pumping = true;
    for (let i = 0; i < most && !this.#over; i += 1) {
      const event = this.exchange.next();
      if (event === WAIT) break;
      this.events.push(event);
      this.#over = event === CUT || event.type === "end" || (event.type === "response" && !event.more);
    }
    this.#pumping = false;
    if (this.#over) this.#finish(this);
  }

  get response() {
    const found = this.events.find((event) => event.type === "response");
    if (found?.type !== "response") throw new Error("there is no response");
    return found;
  }

  get status(): number {
    return this.response.status;
  }

  get body(): string {
    return this.events
      .map((event) => (event.type === "response" ? (event.body ?? "") : event.type === "data" ? event.bytes : ""))
      .map((piece) => (typeof piece === "string" ? piece : Buffer.from(piece).toString("latin1")))
      .join("");
  }

  /** How it ended. */
  get end(): "whole" | "cut" | "waiting" {
    return !this.#over ? "waiting" : this.events.at(-1) === CUT ? "cut" : "whole";
  }

  /** What was reported: the message, and what the client got. */
  get said(): readonly (readonly [string, Trouble["answer"]])[] {
    return this.troubles.map(({ error, answer }) => [error instanceof Error ? error.message : String(error), answer]);
  }
}

export const startAsgi = (application: HttpHandler, request?: AsgiRequest): AsgiDriven =>
  new AsgiDriven(application, request);

export const driveAsgi = (application: HttpHandler, request?: AsgiRequest): Promise<AsgiDriven> =>
  startAsgi(application, request).done;

/** Lets everything that is ready happen. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
