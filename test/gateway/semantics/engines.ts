// The engines under the suite: the workers' loop, a handler between two streams, and a handler in a server. Each is given a request as
// bytes would bring it, and what it puts out is read as a client reads it.
//
// Normalised, because each wire has its own: Date, Server, Connection, Transfer-Encoding and Trailer, chunks against the end of the
// connection, and whether trailers are sent. A client that leaves is an abort for an exchange, and a write that fails for a stream.

import { CUT, type Exchange, RequestError, type Serve, WAIT } from "../../../src/gateway/exchange.ts";
import { handlerGateway } from "../../../src/gateway/handler-exchange.ts";
import { ServerHandler, SimpleHandler } from "../../../src/gateway/handlers.ts";
import type { GatewayHost, Trouble } from "../../../src/gateway/host.ts";
import { gatewayFor } from "../../../src/gateway/run.ts";
import type { Application } from "../../../src/gateway/types.ts";
import type { Piece, RequestHead } from "../../../src/protocol/events.ts";
import { FAULTS } from "../../../src/protocol/faults.ts";
import { Http1Codec } from "../../../src/protocol/http1/codec.ts";
import { INFO } from "../../support/exchange.ts";
import type { Answer, Request } from "./case.ts";

export interface Seen {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly string[];
  readonly length: number | undefined;
  readonly body: string;
  readonly end: "whole" | "cut" | "left";
  readonly logs: readonly (readonly [message: string, answer: Answer])[];
  readonly lines: readonly string[];
}

export type Engine = (application: Application, request: Request) => Promise<Seen>;

const LIMITS = { requestLine: 8_190, fields: 100, fieldSize: 8_190, allFields: 65_536, body: 1_000_000 };

/** What an engine notes beside the bytes. */
class Log {
  readonly logs: [message: string, answer: Answer][] = [];
  readonly lines: string[] = [];

  add(error: unknown, answer: Answer): void {
    this.logs.push([error instanceof Error ? error.message : String(error), answer]);
  }
}

/** The wire of a request. */
function bytesOf({ method = "GET", target = "/", version = "1.1", fields = [], body, missing = 0 }: Request): Buffer {
  const lines = [`${method} ${target} HTTP/${version}`, "Host: example.com"];
  for (const [name, value] of fields) lines.push(`${name}: ${value}`);
  if (body !== undefined) lines.push(`Content-Length: ${body.length + missing}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`, "latin1");
}

/** Through the codec, as a connection has it, without a socket. */
const throughCodec =
  (serveFor: (application: Application, host: GatewayHost) => Serve): Engine =>
  async (application, request) => {
    const log = new Log();
    const codec = new Http1Codec({ server: "", limits: LIMITS });
    const host: GatewayHost = {
      facts: { software: "tsgi/test", multiprocess: false },
      nextRequestId: () => "id-1",
      writeError: (line) => log.lines.push(line),
      report: ({ error, answer }: Trouble) => log.add(error, answer),
      refused: () => {},
    };
    codec.receive(bytesOf(request));
    const first = codec.nextEvent();
    if (first.type !== "request") throw new Error(`the codec refused the request: ${first.type}`);
    if ((request.missing ?? 0) > 0) codec.receiveEof();
    const out: Piece[] = [];
    const end = await pull(serveFor(application, host), { codec, head: first.head, out, request });
    return { ...readAnswer(out.map(bytes), end), logs: log.logs, lines: log.lines };
  };

interface Pull {
  readonly codec: Http1Codec;
  readonly head: RequestHead;
  readonly out: Piece[];
  readonly request: Request;
}

function pull(serve: Serve, { codec, head, out, request }: Pull): Promise<Seen["end"]> {
  return new Promise((done, failed) => {
    let exchange: Exchange | undefined;
    let busy = false;
    let sent = 0;
    const body = {
      read: () => {
        const event = codec.nextEvent();
        if (event.type === "data") return Buffer.from(event.bytes);
        if (event.type === "end") return null;
        if (event.type !== "fault") throw new Error(`the codec answered ${event.type}`);
        return Promise.reject(new RequestError(event.fault.status, FAULTS[event.fault.code].why));
      },
    };
    const wake = (): void => {
      if (busy) return;
      busy = true;
      try {
        while (step());
      } catch (error) {
        failed(error as Error);
      }
      busy = false;
    };
    const step = (): boolean => {
      const event = exchange!.next();
      if (event === WAIT) return false;
      if (event === CUT) return finish("cut");
      if (event.type === "wait" || event.type === "cut" || event.type === "upgrade") return false;
      codec.send(event, out);
      if (event.type === "response") sent += event.body?.length ?? 0;
      if (event.type === "data") sent += event.bytes.length;
      if (request.leavesAfter !== undefined && sent >= request.leavesAfter) {
        exchange!.abort(new RequestError(499, "the client closed the connection"));
        return finish("left");
      }
      return event.type === "end" || (event.type === "response" && !event.more) ? finish("whole") : true;
    };
    const finish = (end: Seen["end"]): false => {
      // What closes asynchronously does so now.
      setImmediate(() => done(end));
      busy = true;
      return false;
    };
    exchange = serve({ head, info: INFO, body, wake });
    wake();
  });
}

/** Between two streams. */
const betweenStreams: Engine = async (application, request) => {
  const log = new Log();
  const { method = "GET", target = "/", version = "1.1", fields = [], body } = request;
  const [path = "", query = ""] = target.split("?");
  const environ: Record<string, string> = {
    ...{ REQUEST_METHOD: method, PATH_INFO: path, QUERY_STRING: query, REQUEST_URI: target },
    ...{ SERVER_NAME: "127.0.0.1", SERVER_PORT: "8000", SERVER_PROTOCOL: `HTTP/${version}` },
    ...{ REMOTE_ADDR: "192.0.2.7", REMOTE_PORT: "50123", HTTP_HOST: "example.com", SERVER_SOFTWARE: "tsgi/test" },
  };
  for (const [name, value] of fields) environ[`HTTP_${name.toUpperCase().replaceAll("-", "_")}`] = value;
  if (body !== undefined) environ["CONTENT_LENGTH"] = String(body.length + (request.missing ?? 0));
  const out: Buffer[] = [];
  const stdout = {
    async write(bytes: Uint8Array) {
      if (request.leavesAfter !== undefined && bodyOf(out).length >= request.leavesAfter) {
        throw Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
      }
      out.push(Buffer.from(bytes));
    },
  };
  const stderr = { write: (text: string) => log.lines.push(text.trimEnd()) };
  class Noting extends SimpleHandler {
    override requestId = "id-1";
    override logException(error: unknown, answer: Answer): void {
      log.add(error, answer);
    }
  }
  const stdin = body === undefined ? null : Buffer.from(body, "latin1");
  const handler = new Noting({ stdin, stdout, stderr, environ });
  await handler.run(application);
  await new Promise(setImmediate);
  return { ...readAnswer(out, handler.outcome!), logs: log.logs, lines: log.lines };
};

export const ENGINES: Readonly<Record<string, Engine>> = {
  "the workers' loop": throughCodec(gatewayFor),
  "a SimpleHandler": betweenStreams,
  "a ServerHandler": throughCodec(handlerGateway(ServerHandler)),
};

const bytes = (piece: Piece): Buffer => (typeof piece === "string" ? Buffer.from(piece, "latin1") : Buffer.from(piece));
const bodyOf = (out: readonly Buffer[]): string => {
  const text = Buffer.concat(out).toString("latin1");
  const at = text.indexOf("\r\n\r\n");
  return at < 0 ? "" : text.slice(at + 4);
};

/** Fields of the wire, not of the response. */
const OF_THE_WIRE = new Set(["date", "server", "connection", "transfer-encoding", "trailer", "content-length"]);

function readAnswer(out: readonly Buffer[], end: Seen["end"]): Omit<Seen, "logs" | "lines"> {
  const text = Buffer.concat(out)
    .toString("latin1")
    .replace(/^(?:HTTP\/1\.1 1\d\d [\s\S]*?\r\n\r\n)+/, "");
  const at = text.indexOf("\r\n\r\n");
  if (at < 0) return { status: 0, reason: "", headers: [], length: undefined, body: "", end };
  const [first = "", ...lines] = text.slice(0, at).split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3}) (.*)$/.exec(first);
  if (status === null) throw new Error(`no status line: ${first}`);
  const value = (name: string) =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const length = value("content-length");
  const { body, whole } = unframe(text.slice(at + 4), value("transfer-encoding") === "chunked", length);
  // A body under HEAD, or with a status that has none, is whole without a byte. One that was too long has all that was announced.
  const fits = whole === undefined || body === "" || whole === (end === "whole") || (whole && length !== undefined);
  if (!fits) throw new Error(`the engine says ${end}, and the client sees ${JSON.stringify(text)}`);
  return {
    status: Number(status[1]),
    reason: status[2]!,
    headers: lines.filter((line) => !OF_THE_WIRE.has(line.split(":")[0]!.toLowerCase())),
    length: length === undefined ? undefined : Number(length),
    body,
    end,
  };
}

/** The body, and whether the client can tell that it is all; undefined where only the end of the connection tells. */
function unframe(text: string, chunked: boolean, length: string | undefined): { body: string; whole?: boolean } {
  if (!chunked) return length === undefined ? { body: text } : { body: text, whole: text.length === Number(length) };
  let body = "";
  let rest = text;
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/.exec(rest);
    if (size === null) return { body, whole: false };
    const count = Number.parseInt(size[1]!, 16);
    if (count === 0) return { body, whole: rest.endsWith("\r\n\r\n") };
    body += rest.slice(size[0].length, size[0].length + count);
    rest = rest.slice(size[0].length + count + 2);
  }
}
