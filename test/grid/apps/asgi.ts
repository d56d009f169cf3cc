// ASGI 3.0 without a framework.

import { Readable } from "node:stream";
import * as parts from "./parts.mjs";

interface Scope {
  readonly type: string;
  readonly method: string;
  readonly path: string;
  readonly query_string: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly extensions: { readonly tsgi: { readonly signal: AbortSignal } };
}
type Message = { readonly type: string; readonly [name: string]: unknown };
type Receive = () => Promise<Message>;
type Send = (message: Message) => Promise<void>;

interface Call {
  readonly scope: Scope;
  readonly receive: Receive;
  readonly send: Send;
  readonly query: URLSearchParams;
}

type Pairs = readonly (readonly [string, string])[];

const TEXT: Pairs = [["content-type", "text/plain; charset=utf-8"]];

const headersOf = (scope: Scope): Record<string, string> => {
  const found: Record<string, string> = {};
  for (const [name, value] of scope.headers) {
    found[name] = name in found ? `${found[name]}${name === "cookie" ? "; " : ", "}${value}` : value;
  }
  return found;
};

const begin = ({ send }: Call, status: number, pairs: Pairs, more: object = {}): Promise<void> => {
  return send({ type: "http.response.start", status, headers: pairs, ...more });
};

const put = ({ send }: Call, chunk: Uint8Array | string, isLast = false): Promise<void> =>
  send({ type: "http.response.body", body: Buffer.from(chunk as string), more_body: !isLast });

async function whole(call: Call, status: number, pairs: Pairs, body: Uint8Array | string): Promise<void> {
  await begin(call, status, [...pairs, ["content-length", String(Buffer.byteLength(body))]]);
  await put(call, body, true);
}

const json = (call: Call, value: unknown): Promise<void> => whole(call, 200, TEXT, JSON.stringify(value));

async function flow(call: Call, pairs: Pairs, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  await begin(call, 200, pairs);
  for await (const chunk of chunks) await put(call, chunk);
  await put(call, "", true);
}

async function* bodyOf({ receive }: Call): AsyncGenerator<Buffer> {
  for (;;) {
    const message = await receive();
    if (message.type === "http.disconnect") throw new Error("the client is gone");
    yield Buffer.from((message["body"] as Uint8Array | undefined) ?? []);
    if (message["more_body"] !== true) return;
  }
}

/** The body is read to its end before: what comes then is that the client is gone, or the worker leaves. */
async function untilGone(call: Call): Promise<void> {
  while ((await call.receive()).type !== "http.disconnect");
}

const cookies: Pairs = parts.COOKIES.map((cookie) => ["set-cookie", cookie] as const);

const ROUTES: Readonly<Record<string, (call: Call) => Promise<void>>> = {
  "/method": (call) => whole(call, 200, TEXT, call.scope.method),
  "/query": (call) => json(call, parts.listsOf(call.query)),
  "/headers": (call) => json(call, headersOf(call.scope)),
  "/set-headers": (call) => whole(call, 200, [...parts.FIELDS, ...cookies], "ok"),
  "/cookies": (call) => whole(call, 200, cookies, JSON.stringify(parts.cookiesOf(headersOf(call.scope)["cookie"]))),
  "/digest": async (call) => json(call, await parts.digestOf(bodyOf(call), call.query.get("id"))),
  "/echo": (call) => {
    const length = headersOf(call.scope)["content-length"];
    return flow(call, length === undefined ? [] : [["content-length", length]], bodyOf(call));
  },
  "/stream": (call) => flow(call, TEXT, parts.duplex(bodyOf(call))),
  "/sse": async (call) => {
    await begin(call, 200, [["content-type", "text/event-stream"]]);
    await put(call, "data: one\n\n");
    // tsgi's own extension: it aborts for a client that has left, and for an event stream whose worker leaves.
    await parts.gone(call.scope.extensions.tsgi.signal);
    await put(call, "", true);
  },
  "/hang": async (call) => {
    parts.say(`hang ${call.query.get("id")}`);
    await untilGone(call);
    parts.say(`gone ${call.query.get("id")}`);
  },
  "/file": async (call) => {
    await begin(call, 200, [...TEXT, ["content-length", "1000"]]);
    await call.send({ type: "http.response.pathsend", path: parts.FILE });
  },
  "/upload": async (call) => json(call, await parts.formOf(headersOf(call.scope), Readable.from(bodyOf(call)))),
  "/throw": async () => {
    throw new Error("on purpose");
  },
  "/throw-late": (call) => flow(call, TEXT, parts.breaking()),
  "/refuse": (call) => whole(call, 403, TEXT, "no"),
  "/redirect": (call) => whole(call, 302, [["location", "/method"]], ""),
  "/no-content": async (call) => {
    await begin(call, 204, []);
    await put(call, "", true);
  },
  "/not-modified": async (call) => {
    await begin(call, 304, [["etag", '"one"']]);
    await put(call, "", true);
  },
  "/early-hints": async (call) => {
    await call.send({ type: "http.response.early_hint", links: [parts.HINTS] });
    await whole(call, 200, TEXT, "ok");
  },
  "/trailers": async (call) => {
    await parts.digestOf(bodyOf(call), undefined);
    await begin(call, 200, [...TEXT, ["trailer", "x-sum"]], { trailers: true });
    await put(call, "{}", true);
    await call.send({
      type: "http.response.trailers",
      headers: [["x-sum", "42"]],
      more_trailers: false,
    });
  },
};

async function websocket({ receive, send }: Call): Promise<void> {
  for (;;) {
    const message = await receive();
    if (message.type === "websocket.disconnect") return;
    if (message.type === "websocket.connect") await send({ type: "websocket.accept" });
    else {
      const { text, bytes } = message;
      await send(typeof text === "string" ? { type: "websocket.send", text } : { type: "websocket.send", bytes });
    }
  }
}

async function http(call: Call): Promise<void> {
  const { path } = call.scope;
  const [, kind, rest = ""] = /^\/(path|bytes|chunks)\/(.*)$/s.exec(path) ?? [];
  if (kind === "path") return whole(call, 200, TEXT, rest);
  if (kind === "bytes") return whole(call, 200, [], parts.bytes(Number(rest)));
  if (kind === "chunks") return flow(call, [], parts.pieces(Number(rest)));
  return (ROUTES[path] ?? ((one) => whole(one, 404, TEXT, "not here")))(call);
}

async function lifespan({ receive, send }: Call): Promise<void> {
  for (;;) {
    const { type } = await receive();
    await send({ type: `${type}.complete` });
    if (type === "lifespan.shutdown") return;
  }
}

export async function application(scope: Scope, receive: Receive, send: Send): Promise<void> {
  const query = new URLSearchParams(scope.query_string);
  const call: Call = { scope, receive, send, query };
  if (scope.type === "lifespan") return lifespan(call);
  return scope.type === "websocket" ? websocket(call) : http(call);
}
