// Elysia 1.4. It reads bodies itself; `parse: "none"` leaves them to the route.

import { createReadStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { Elysia, sse } from "elysia";
import { acceptWebSocket } from "tsgi/fetch";
import * as parts from "./parts.mjs";

const webStream = (chunks: AsyncIterable<unknown> | Iterable<unknown>): ReadableStream =>
  ReadableStream.from(chunks) as unknown as ReadableStream;
const bodyOf = (request: Request): AsyncIterable<Uint8Array> | [] =>
  (request.body as AsyncIterable<Uint8Array> | null) ?? [];
const raw = { parse: "none" } as const;

export const application = new Elysia()
  .all("/method", ({ request }) => request.method)
  .route("PURGE", "/method", ({ request }) => request.method)
  .get("/path/*", ({ params }) => decodeURIComponent(params["*"]))
  .get("/query", ({ request }) => parts.listsOf(new URL(request.url).searchParams))
  .get("/headers", ({ headers }) => headers)
  .get("/set-headers", ({ set }) => {
    for (const [name, value] of parts.FIELDS) set.headers[name] = value;
    set.headers["set-cookie"] = [...parts.COOKIES] as unknown as string;
    return "ok";
  })
  .get("/cookies", ({ cookie }) => {
    const found = Object.fromEntries(Object.entries(cookie).map(([name, { value }]) => [name, String(value)]));
    cookie["one"]?.set({ value: "1", httpOnly: true });
    cookie["two"]?.set({ value: "a b" });
    return found;
  })
  .post("/digest", ({ request, query }) => parts.digestOf(bodyOf(request), query["id"]), raw)
  .post(
    "/echo",
    ({ request }) => {
      const length = request.headers.get("content-length");
      return new Response(request.body, { headers: length === null ? {} : { "Content-Length": length } });
    },
    raw,
  )
  .get("/bytes/:n", ({ params }) => new Response(parts.bytes(Number(params.n))))
  .get("/chunks/:n", ({ params }) => new Response(webStream(parts.pieces(Number(params.n)))))
  .post("/stream", ({ request }) => new Response(webStream(parts.duplex(bodyOf(request)))), raw)
  .get("/sse", async function* ({ request }) {
    yield sse("one");
    await parts.gone(request.signal);
  })
  .get("/hang", async ({ request, query }) => {
    parts.say(`hang ${query["id"]}`);
    await parts.gone(request.signal);
    parts.say(`gone ${query["id"]}`);
    return "nobody";
  })
  .get("/file", () => {
    const body = Readable.toWeb(createReadStream(parts.FILE)) as ReadableStream;
    return new Response(body, { headers: { "Content-Length": String(statSync(parts.FILE).size) } });
  })
  .post("/upload", ({ body }) => {
    const { note, file } = body as { note: string; file: File };
    return { note, file: file.name, size: file.size };
  })
  .get("/throw", () => {
    throw new Error("on purpose");
  })
  .get("/throw-late", () => new Response(webStream(parts.breaking())))
  .post("/refuse", ({ status }) => status(403, "no"), raw)
  .get("/redirect", ({ redirect }) => redirect("/method"))
  .get("/no-content", () => new Response(null, { status: 204 }))
  .get("/not-modified", () => new Response(null, { status: 304, headers: { ETag: '"one"' } }))
  .get("/ws", ({ request }) => {
    const { socket, response } = acceptWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
