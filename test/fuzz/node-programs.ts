// Random programs of calls on a request and its response, for Node's own server and for ours: what each call gave, what the application
// heard, and what the client got. A program is data, so that it can be printed and run again.

import type { IncomingMessage, ServerResponse } from "node:http";
import process from "node:process";
import { Readable } from "node:stream";
import type { Random } from "../support/random.ts";

/** When a call is made: with the one before it, in the next turn of the microtasks, the ticks or the loop. */
type Moment = "now" | "tick" | "turn";

export interface Call {
  readonly on: "req" | "res";
  readonly name: string;
  readonly given: readonly unknown[];
  readonly moment: Moment;
}

export interface Program {
  readonly method: string;
  /** Says so, which is the default. */
  readonly keepsAlive: boolean;
  readonly body: readonly string[] | undefined;
  readonly framing: "length" | "chunked";
  /** The next request comes in the same packet. */
  readonly pipelined: boolean;
  readonly calls: readonly Call[];
}

const NAMES = ["X-A", "x-a", "X-B", "Set-Cookie", "Content-Type", "Vary", "Link", "Cookie"] as const;
const FRAMING = ["Connection", "Date", "Keep-Alive"] as const;
const BAD_NAMES = ["", "a b", "X-A:", "x\r\ny", "\u00e9"] as const;
const VALUES = ["1", "text/plain", "a, b", "", " padded ", 7, ["1", "2"], ["one"], []] as const;
const BAD_VALUES = ["a\r\nX-Split: 1", "a\nb", "\u20ac", undefined, "\u0000", ["ok", "bad\r\n"]] as const;
const SIZES = [0, 1, 5, 5, 5, 300, 16_384] as const;
const STATUSES = [200, 200, 200, 201, 204, 304, 404, 500, 999, 0, 1000, "204", "x"] as const;

const headerName = (random: Random): string =>
  random.chance(0.05) ? random.pick(BAD_NAMES) : random.pick(random.chance(0.3) ? FRAMING : NAMES);

function headerValue(random: Random, name: string): unknown {
  if (random.chance(0.06)) return random.pick(BAD_VALUES);
  switch (name) {
    case "Connection":
      return random.pick(["close", "keep-alive", "Close"]);
    case "Date":
      return "Thu, 01 Jan 1970 00:00:00 GMT";
    default:
      return random.pick(VALUES);
  }
}

function headers(random: Random): unknown {
  const pairs = Array.from({ length: random.below(4) }, () => {
    // Where a later one is bad, Node has taken an earlier `Connection: close` to heart.
    const name = random.chance(0.05) ? random.pick(BAD_NAMES) : random.pick(NAMES);
    return [name, headerValue(random, name)] as const;
  });
  const shape = random.below(4);
  if (shape === 0) return pairs.flat(1);
  if (shape === 1) return pairs;
  return Object.fromEntries(pairs);
}

const chunk = (random: Random): unknown => {
  if (random.chance(0.03)) return random.pick([null, undefined, 5, {}]);
  const size = random.pick(SIZES);
  return random.chance(0.4)
    ? { bytes: size }
    : random.chance(0.1)
      ? "\u20ac".repeat(Math.min(size, 5))
      : "w".repeat(size);
};

const RES: Readonly<Record<string, (random: Random) => readonly unknown[]>> = {
  setHeader(random) {
    const name = headerName(random);
    return [name, headerValue(random, name)];
  },
  appendHeader(random) {
    const name = headerName(random);
    return [name, headerValue(random, name)];
  },
  removeHeader: (random) => [headerName(random)],
  // A bad one would throw into the stream that pipeInto leaves behind.
  setStatus: (random) => [random.pick([200, 201, 204, 304, 404, 999])],
  setMessage: (random) => [random.pick(["Fine", ""])],
  writeHead(random) {
    const status = random.pick(STATUSES);
    const shape = random.below(4);
    if (shape === 0) return [status];
    if (shape === 1) return [status, "Reason"];
    // Where a field is bad, Node has taken to heart that a 304 has no body.
    const said = status === 204 || status === 304 || status === "204" ? 200 : status;
    return shape === 2 ? [said, headers(random)] : [said, "Reason", headers(random)];
  },
  flushHeaders: () => [],
  write: (random) => [chunk(random), ...(random.chance(0.3) ? ["CALLBACK"] : [])],
  end: (random) => [...(random.chance(0.5) ? [chunk(random)] : []), ...(random.chance(0.3) ? ["CALLBACK"] : [])],
  writeContinue: (random) => (random.chance(0.3) ? ["CALLBACK"] : []),
  writeProcessing: (random) => (random.chance(0.3) ? ["CALLBACK"] : []),
  writeEarlyHints: (random) => [
    random.pick([
      { link: "</a.css>; rel=preload; as=style" },
      { link: ["</a.css>; rel=preload; as=style", "</b.js>; rel=preload; as=script"], "x-a": "1" },
      { link: [] },
      { "x-a": "1" },
    ]),
  ],
  addTrailers: (random) => [
    random.pick([
      { "X-T": "1" },
      [
        ["X-T", "1"],
        ["X-U", "2"],
      ],
      { "X-T": "\r\n" },
      { "a b": "1" },
    ]),
  ],
  strict: () => [],
  pipeInto: (random) => [random.pick(SIZES)],
};
const REQ: readonly string[] = ["resume", "listen", "iterate", "readable"];

const ENDS: ReadonlySet<string> = new Set(["end", "pipeInto"]);
/** Behind the end Node loses what is corked, and who is told when depends on the socket. */
const BEHIND: ReadonlySet<string> = new Set(["setHeader", "appendHeader", "removeHeader", "write", "setStatus"]);
const INTERIM = ["writeContinue", "writeProcessing", "writeEarlyHints"] as const;

// Not cork(): Node 22 and 24 lose the end of a chunk that was corked.
const weights: Readonly<Record<string, number>> = {
  ...{ setHeader: 8, appendHeader: 2, removeHeader: 2, setStatus: 2, setMessage: 1, writeHead: 4, flushHeaders: 1 },
  ...{ write: 8, end: 5, addTrailers: 1, strict: 0.3, pipeInto: 0.5 },
};
const total = Object.values(weights).reduce((sum, one) => sum + one, 0);

function resCall(random: Random): string {
  let left = random.next() * total;
  for (const [name, weight] of Object.entries(weights)) {
    left -= weight;
    if (left < 0) return name;
  }
  return "end";
}

export function programOf(random: Random): Program {
  const hasBody = random.chance(0.4);
  const method = random.pick(hasBody ? ["POST", "POST", "PUT", "GET"] : ["GET", "GET", "GET", "HEAD", "DELETE"]);
  const calls: Call[] = [];
  // Later ones Node writes into the middle of the response.
  for (const name of INTERIM) {
    if (random.chance(0.1)) calls.push({ on: "res", name, given: RES[name]!(random), moment: "now" });
  }
  const count = 1 + random.below(8);
  for (let i = 0; i < count; i += 1) {
    const moment = random.pick<Moment>(["now", "now", "now", "tick", "turn"]);
    if (random.chance(hasBody ? 0.25 : 0.08)) {
      // One reader: two would share the body as it comes, and one that comes behind the end gets what is left.
      if (calls.every(({ on, name }) => on === "res" && !ENDS.has(name)))
        calls.push({ on: "req", name: random.pick(REQ), given: [], moment });
    } else {
      const name = resCall(random);
      const isBehind = calls.some((call) => ENDS.has(call.name));
      if (isBehind && !BEHIND.has(name)) continue;
      const given = RES[name]!(random);
      calls.push({ on: "res", name, given: isBehind ? given.filter((one) => one !== "CALLBACK") : given, moment });
    }
  }
  return {
    method,
    keepsAlive: random.chance(0.3),
    body: hasBody ? Array.from({ length: random.below(4) }, () => "b".repeat(1 + random.below(40))) : undefined,
    framing: random.chance(0.5) ? "chunked" : "length",
    pipelined: random.chance(0.3),
    calls,
  };
}

export function requestOf(program: Program, target: string): string {
  const { method, keepsAlive, body, framing } = program;
  const lines = [`${method} ${target} HTTP/1.1`, "Host: example.com", "TE: trailers"];
  lines.push(keepsAlive ? "Connection: keep-alive, TE" : "Connection: TE");
  if (body === undefined) return `${lines.join("\r\n")}\r\n\r\n`;
  if (framing === "length") {
    const whole = body.join("");
    return `${lines.join("\r\n")}\r\nContent-Length: ${whole.length}\r\n\r\n${whole}`;
  }
  const chunks = body.map((one) => `${one.length.toString(16)}\r\n${one}\r\n`).join("");
  return `${lines.join("\r\n")}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
}

/** What an application did and heard, each in its order. */
export interface Heard {
  readonly calls: string[];
  readonly res: string[];
  readonly req: string[];
  readonly told: string[];
}

const codeOf = (error: unknown): string => {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return String(code ?? name ?? error);
};

/** Runs a program; whatever it leaves open is ended. Resolves when the response is closed. */
export async function run(program: Program, req: IncomingMessage, res: ServerResponse): Promise<Heard> {
  const heard: Heard = { calls: [], res: [], req: [], told: [] };
  const closed = new Promise<void>((resolve) => {
    res.on("close", () => resolve());
  });
  for (const event of ["finish", "close"]) res.on(event, () => heard.res.push(event));
  // Of a write behind the end, which may come before or behind `finish`.
  res.on("error", () => {});
  res.on("pipe", () => heard.res.push("pipe"));
  for (const event of ["close", "aborted"]) req.on(event, () => heard.req.push(event));
  req.on("error", (error) => heard.req.push(`error ${codeOf(error)}`));
  for (const [at, call] of program.calls.entries()) {
    if (call.moment === "tick") await new Promise<void>((resolve) => process.nextTick(resolve));
    else if (call.moment === "turn") for (let i = 0; i < 2; i += 1) await new Promise(setImmediate);
    try {
      const said = call.on === "res" ? onResponse(call, res, heard, at) : onRequest(call, req, heard);
      heard.calls.push(`${call.name}: ${said}`);
    } catch (error) {
      heard.calls.push(`${call.name} threw ${codeOf(error)}`);
    }
  }
  await new Promise(setImmediate);
  try {
    if (!res.writableEnded && !res.destroyed) res.end("(rest)");
  } catch (error) {
    heard.calls.push(`rest threw ${codeOf(error)}`);
    res.destroy();
  }
  await closed;
  heard.told.sort();
  for (let i = 0; i < 3; i += 1) await new Promise(setImmediate);
  heard.calls.push(stateOf(res));
  return heard;
}

const stateOf = (res: ServerResponse): string =>
  ["headersSent", "writableEnded", "destroyed", "closed", "statusCode", "statusMessage", "finished"]
    .map((name) => `${name}=${(res as unknown as Record<string, unknown>)[name]}`)
    .join(" ");

function onResponse({ name, given }: Call, res: ServerResponse, heard: Heard, at: number): string {
  const all = given.map((one) => {
    if (one === "CALLBACK")
      return (error?: Error | null) => heard.told.push(`told ${at} ${error ? codeOf(error) : ""}`);
    const bytes = (one as { bytes?: number } | null | undefined)?.bytes;
    // A copy: appendHeader adds to the list that it was given.
    return typeof bytes === "number" ? Buffer.alloc(bytes, "B") : structuredClone(one);
  });
  switch (name) {
    case "setStatus":
      res.statusCode = given[0] as number;
      return "";
    case "setMessage":
      res.statusMessage = given[0] as string;
      return "";
    case "strict":
      res.strictContentLength = true;
      return "";
    case "pipeInto":
      Readable.from([Buffer.alloc(given[0] as number, "P"), Buffer.from("!")]).pipe(res);
      return "";
    default: {
      const answer = (res as unknown as Record<string, (...all: unknown[]) => unknown>)[name]!(...all);
      // Whether there is room is each server's own business.
      return answer === res ? "res" : name === "write" ? "" : String(answer);
    }
  }
}

function onRequest({ name }: Call, req: IncomingMessage, heard: Heard): string {
  switch (name) {
    case "listen": {
      let size = 0;
      req.on("data", (bytes: Buffer) => {
        size += bytes.length;
      });
      req.on("end", () => heard.req.push(`end after ${size}`));
      return "";
    }
    case "iterate":
      void (async () => {
        let size = 0;
        try {
          for await (const bytes of req) size += (bytes as Buffer).length;
          heard.req.push(`read ${size}`);
        } catch (error) {
          heard.req.push(`not read: ${codeOf(error)}`);
        }
      })();
      return "";
    case "readable":
      req.on("readable", () => {
        while (req.read() !== null) {}
      });
      return "";
    default:
      req.resume();
      return "";
  }
}

/** What came back, response by response, without what each server says in its own way. */
export function answersOf(text: string, isHead: boolean): string[] {
  const answers: string[] = [];
  let rest = text;
  let head = isHead;
  while (rest !== "") {
    const at = rest.indexOf("\r\n\r\n");
    if (at < 0) return [...answers, `part of a head: ${rest}`];
    const [first, ...lines] = rest.slice(0, at).split("\r\n");
    rest = rest.slice(at + 4);
    const fields = lines
      .filter((line) => !/^(date|connection|keep-alive|server|x-request-id):/i.test(line))
      .map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()))
      .sort();
    const status = Number(first!.slice(9, 12));
    let body = "";
    if (status < 200 || status === 204 || status === 304 || head) body = "";
    else if (fields.includes("transfer-encoding: chunked")) {
      for (;;) {
        const line = rest.indexOf("\r\n");
        const size = Number.parseInt(rest.slice(0, line), 16);
        if (line < 0 || Number.isNaN(size)) {
          body += `(cut ${JSON.stringify(rest.slice(0, 30))})`;
          rest = "";
          break;
        }
        rest = rest.slice(line + 2);
        if (size === 0) {
          const end = rest.startsWith("\r\n") ? 0 : rest.indexOf("\r\n\r\n") + 2;
          body += end > 0 ? `(trailers ${rest.slice(0, end)})` : "";
          rest = rest.slice(end + 2);
          break;
        }
        if (rest.length < size + 2) {
          body += `${rest}(cut)`;
          rest = "";
          break;
        }
        body += rest.slice(0, size);
        rest = rest.slice(size + 2);
      }
    } else {
      const length = fields.find((line) => line.startsWith("content-length:"));
      const size = length === undefined ? rest.length : Number(length.slice(15));
      body = rest.slice(0, size) + (length !== undefined && rest.length < size ? "(cut)" : "");
      rest = rest.slice(size);
    }
    if (status >= 200) head = false;
    // Node sends it unasked, where the application reads is where we do.
    if (status === 100) continue;
    answers.push([first, ...fields, shorten(body)].join("\n"));
  }
  return answers;
}

const shorten = (body: string): string => body.replace(/([\s\S])\1{20,}/g, (run, one) => `${one}*${run.length}`);
