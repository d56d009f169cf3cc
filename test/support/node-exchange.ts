// Drives one request through the node interface with plain values, without a connection: what it asks and answers, event by event.

import type { BodySource, Exchange, ExchangeEvent } from "../../src/gateway/exchange.ts";
import { NOBODY } from "../../src/gateway/forwarders.ts";
import type { GatewayHost, Trouble } from "../../src/gateway/host.ts";
import { type NodeTarget, nodeInterface } from "../../src/interfaces/node.ts";
import { headOf, INFO, type RequestLike, sourceOf } from "./exchange.ts";

export interface NodeDriven {
  readonly exchange: Exchange;
  readonly troubles: Trouble[];
  /** How often the body was asked for. */
  reads: number;
  /** How often it said that there is something to ask for. */
  wakes: number;
  /** What it answers until it waits or is over. */
  pump(): ExchangeEvent[];
}

export function drive(target: NodeTarget, request: RequestLike & { readonly source?: BodySource } = {}): NodeDriven {
  const troubles: Trouble[] = [];
  const host: GatewayHost = {
    facts: { software: "tsgi/test", multiprocess: false, forwarders: NOBODY },
    nextRequestId: () => "id-1",
    writeError() {},
    report: (trouble) => void troubles.push(trouble),
    refused() {},
  };
  const source = request.source ?? sourceOf(request.body ?? []);
  const serve = nodeInterface(target).gateway(host);
  const driven: NodeDriven = {
    troubles,
    reads: 0,
    wakes: 0,
    exchange: serve({
      head: headOf(request),
      info: request.info ?? INFO,
      body: {
        read() {
          driven.reads += 1;
          return source.read();
        },
      },
      wake() {
        driven.wakes += 1;
      },
    }),
    pump() {
      const events: ExchangeEvent[] = [];
      for (;;) {
        const event = driven.exchange.next();
        if (event.type !== "wait") events.push(event);
        const isLast = event.type === "response" && !event.more;
        if (isLast || event.type === "wait" || event.type === "end" || event.type === "cut") return events;
      }
    },
  };
  return driven;
}
