// Two servers that answer each request with what they understood of it, node:http and a worker of ours, and a client that sends them
// the same bytes. What is compared are answers on the wire, so that whatever a client would see counts.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import type { TestContext } from "node:test";
import type { Application } from "../../src/gateway/types.ts";
import type { Limits } from "../../src/protocol/codec.ts";
import { serveInProcess } from "../support/worker.ts";

/** A request as it was understood. */
export interface Understood {
  readonly method: string;
  readonly target: string;
  /** Latin-1; of a long body its size and a digest. */
  readonly body: string;
}

/** The field that tells it: an answer to HEAD has no body, and some clients' requests are HEAD. */
export const UNDERSTOOD = "x-understood";

const told = (understood: Understood): string =>
  JSON.stringify(understood).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

const shown = (body: Uint8Array): string =>
  body.length <= 200
    ? Buffer.from(body).toString("latin1")
    : `${body.length} bytes, ${createHash("sha256").update(body).digest("hex")}`;

/** node:http as it comes, but that it answers a client that has ended its side; a port. */
export async function nodeServer(t: TestContext): Promise<number> {
  const server = http.createServer({ insecureHTTPParser: false }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    request.on("end", () => {
      const { method = "", url = "" } = request;
      response.setHeader(UNDERSTOOD, told({ method, target: url, body: shown(Buffer.concat(chunks)) }));
      // Without it node closes on every 1.0 client, which says nothing about what it read.
      response.setHeader("Content-Length", 0);
      response.end();
    });
  });
  (server as unknown as { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

const application: Application = async (environ, startResponse) => {
  const body = await environ["tsgi.input"].read();
  const understood = { method: environ.REQUEST_METHOD, target: environ.RAW_URI, body: shown(body) };
  startResponse("200 OK", [["X-Understood", told(understood)]]);
  return [];
};

/** A worker of ours with the limits of a case; a port. */
export function tsgiServer(t: TestContext, limits: Limits): number {
  const server = serveInProcess(application, {
    limitRequestLine: limits.requestLine,
    limitFields: limits.fields,
    limitFieldSize: limits.fieldSize,
    limitFieldsSize: limits.allFields,
    limitBody: limits.body,
  });
  t.after(() => server.close());
  return server.port;
}

/** Sends these bytes and the end, and gives everything that came back until the server ended too. */
export async function say(port: number, wire: Uint8Array): Promise<string> {
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let received = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    received += text;
  });
  // A server may reset us in the middle of a sentence; what it said before counts.
  socket.on("error", () => {});
  const closed = once(socket, "close");
  socket.on("end", () => socket.destroy());
  socket.end(wire);
  await closed;
  return received;
}
