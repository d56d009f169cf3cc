// A server of one's own: the codec and the gateway loop, by the names of the package. Compiled by types.test.ts, never run.

import type { Application } from "tsgi";
import { type Exchange, type ExchangeEvent, type GatewayHost, gatewayFor, type Serve } from "tsgi/gateway";
import { type Codec, FAULTS, type Fault, Http1Codec, type Piece, type ProtocolEvent, refusal } from "tsgi/protocol";

export const codec: Codec = new Http1Codec({
  server: "mine/1.0",
  limits: { requestLine: 8_190, fields: 100, fieldSize: 8_190, allFields: 65_536, body: 0 },
});

export function statusOf(event: ProtocolEvent): number | undefined {
  switch (event.type) {
    case "request":
      return event.head.fields.length === 0 ? 400 : undefined;
    case "data":
      return event.bytes.length;
    case "end":
      return event.trailers.length;
    case "fault":
      return FAULTS[event.fault.code].status;
    case "closed":
    case "need-data":
    case "paused":
      return undefined;
    default:
      // A new event must not compile until it is answered here.
      event satisfies never;
      return undefined;
  }
}

export function answer(fault: Fault): readonly Piece[] {
  const out: Piece[] = [];
  codec.send(refusal(fault, new Date().toUTCString()), out);
  codec.send({ type: "data", bytes: "latin-1" }, out);
  // @ts-expect-error: a piece is text or bytes
  codec.send({ type: "data", bytes: [1, 2] }, out);
  // @ts-expect-error: a response says whether more follows
  codec.send({ type: "response", status: 200, reason: "OK", fields: [], length: 0, date: "", close: false }, out);
  return out;
}

// @ts-expect-error: the limits are not optional
export const unlimited = new Http1Codec({ server: "mine/1.0" });

export const serveWith = (application: Application, host: GatewayHost): Serve => gatewayFor(application, host);
export const isOver = (event: ExchangeEvent): boolean => event.type === "end" || event.type === "cut";
export const leave = (exchange: Exchange): void => exchange.abort(new Error("gone"));
