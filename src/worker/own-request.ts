// A request that the server itself asks of its application, without a socket: through the same `Serve` as a client's, pulled to its
// end, its body dropped. Does not know what the answer is wanted for.

import { type ExchangeEvent, RequestError, type Serve } from "../gateway/exchange.ts";
import type { ConnectionInfo, RequestHead } from "../protocol/events.ts";
import { NO_BODY } from "./request-body.ts";
import { FAIR_SHARE } from "./turns.ts";

export interface OwnRequest {
  /** Path and query. */
  readonly target: string;
  /** The User-Agent field. */
  readonly agent: string;
  readonly limitMs: number;
}

export interface OwnAnswer {
  /** Null when none came in time. */
  readonly status: number | null;
  /** How the body ended: `late` when it had not within the limit. */
  readonly end: "whole" | "cut" | "late";
}

/** As a client on the same machine is seen. */
const INFO: ConnectionInfo = Object.freeze({
  remoteAddress: "127.0.0.1",
  remotePort: "",
  localAddress: "127.0.0.1",
  localPort: "",
  scheme: "http",
});

/** Never rejects: what an application does wrong is an answer. */
export function askApplication(serve: Serve, { target, agent, limitMs }: OwnRequest): Promise<OwnAnswer> {
  return new Promise((answer) => {
    let status: number | null = null;
    let busy = false;
    let over = false;
    const exchange = serve({ head: headOf(target, agent), info: INFO, body: NO_BODY, wake: pull });
    const timer = setTimeout(() => {
      finish("late");
      exchange.abort(new RequestError(504, `the server asked ${target} itself and waits no longer`));
    }, limitMs);
    pull();

    function pull(): void {
      // An application that writes while it runs wakes us from within.
      if (busy) return;
      busy = true;
      let share = FAIR_SHARE;
      while (share > 0 && !over && take(exchange.next())) share -= 1;
      busy = false;
      if (share === 0) setImmediate(pull);
    }

    function take(event: ExchangeEvent): boolean {
      if (event.type === "response") status = event.status;
      if (event.type === "cut") finish("cut");
      else if (event.type === "end" || (event.type === "response" && !event.more)) finish("whole");
      return event.type !== "wait";
    }

    function finish(end: OwnAnswer["end"]): void {
      over = true;
      clearTimeout(timer);
      answer({ status, end });
    }
  });
}

const headOf = (target: string, agent: string): RequestHead => ({
  method: "GET",
  target,
  version: "1.1",
  fields: ["host", "localhost", "user-agent", agent, "accept", "*/*"],
  length: 0,
  expectContinue: false,
  keepAlive: true,
});
