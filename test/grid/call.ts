// A client that keeps to the rules but for its target, which goes out as it was given. Every answer is one that can be compared.

import { createHash } from "node:crypto";
import http from "node:http";

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Without `Content-Length` among the headers an iterable goes out in chunks. */
  readonly body?: Iterable<Uint8Array> | AsyncIterable<Uint8Array> | string;
  readonly agent?: http.Agent;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case; those that came several times joined with ", ". */
  readonly fields: Readonly<Record<string, string>>;
  /** Names as they came. */
  readonly names: readonly string[];
  readonly cookies: readonly string[];
  readonly text: string;
  readonly size: number;
  readonly sha256: string;
  /** The body came to the end that its framing promised. */
  readonly complete: boolean;
  readonly trailers: Readonly<Record<string, string | undefined>>;
  readonly hints: readonly string[];
}

/** An answer that never comes is one too, and must not hold up the others. */
const LIMIT_MS = 10_000;

/** Bodies beyond this are summed up and not kept. */
const KEPT = 262_144;

const none = new http.Agent({ keepAlive: false });

export function call(port: number, path: string, asked: Call = {}): Promise<Answer> {
  const { method = "GET", headers = {}, body, agent = none } = asked;
  return new Promise((resolve, reject) => {
    const hints: string[] = [];
    const request = http.request(
      { host: "127.0.0.1", port, path, method, headers: headers as http.OutgoingHttpHeaders, agent },
      (response) => resolve(read(response, hints)),
    );
    request.setTimeout(LIMIT_MS, () => request.destroy(new Error("no answer in time")));
    request.on("information", (info) => hints.push(`${info.statusCode} ${info.headers.link ?? ""}`));
    request.on("error", reject);
    void send(request, body).catch(reject);
  });
}

async function send(request: http.ClientRequest, body: Call["body"]): Promise<void> {
  if (typeof body !== "object") {
    request.end(body);
    return;
  }
  for await (const chunk of body) {
    if (request.destroyed) return;
    if (!request.write(chunk)) await new Promise<void>((resolve) => either(request, ["drain", "close"], resolve));
  }
  request.end();
}

function either(emitter: NodeJS.EventEmitter, events: readonly string[], done: () => void): void {
  const over = () => {
    for (const event of events) emitter.off(event, over);
    done();
  };
  for (const event of events) emitter.on(event, over);
}

async function read(response: http.IncomingMessage, hints: readonly string[]): Promise<Answer> {
  const hash = createHash("sha256");
  const kept: Buffer[] = [];
  let size = 0;
  await new Promise<void>((resolve) => {
    response.on("data", (chunk: Buffer) => {
      hash.update(chunk);
      size += chunk.length;
      if (size <= KEPT) kept.push(chunk);
    });
    response.on("error", () => {});
    response.on("close", resolve);
  });
  const raw = response.rawHeaders;
  const fields = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
  return {
    status: response.statusCode!,
    fields: Object.fromEntries(fields),
    names: raw.filter((_, i) => i % 2 === 0),
    cookies: response.headers["set-cookie"] ?? [],
    text: Buffer.concat(kept).toString("utf8"),
    size,
    sha256: hash.digest("hex"),
    complete: response.complete,
    trailers: response.trailers,
    hints,
  };
}
