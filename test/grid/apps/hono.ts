// Hono 4.

import { createReadStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { stream, streamSSE } from "hono/streaming";
import { type FetchContext, upgradeWebSocket } from "tsgi/fetch";
import * as parts from "./parts.mjs";

export const application = new Hono();

const webStream = (chunks: AsyncIterable<unknown> | Iterable<unknown>): ReadableStream =>
  ReadableStream.from(chunks) as unknown as ReadableStream;
const bodyOf = (c: Context): AsyncIterable<Uint8Array> | [] =>
  (c.req.raw.body as AsyncIterable<Uint8Array> | null) ?? [];

application.all("/method", (c) => c.text(c.req.method));
application.get("/path/:rest{.*}", (c) => c.text(c.req.param("rest") ?? ""));
application.get("/query", (c) => c.json(c.req.queries()));
application.get("/headers", (c) => c.json(c.req.header()));
application.get("/set-headers", (c) => {
  for (const [name, value] of parts.FIELDS) c.header(name, value);
  for (const cookie of parts.COOKIES) c.header("Set-Cookie", cookie, { append: true });
  return c.text("ok");
});
application.get("/cookies", (c) => {
  setCookie(c, "one", "1", { httpOnly: true });
  setCookie(c, "two", "a b");
  return c.json(getCookie(c));
});
application.post("/digest", async (c) => c.json(await parts.digestOf(bodyOf(c), c.req.query("id"))));
application.post("/echo", (c) => {
  const length = c.req.header("content-length");
  return new Response(c.req.raw.body, { headers: length === undefined ? {} : { "Content-Length": length } });
});
application.get("/bytes/:n", (c) => c.body(parts.bytes(Number(c.req.param("n")))));
application.get("/chunks/:n", (c) =>
  stream(c, async (out) => {
    for (const piece of parts.pieces(Number(c.req.param("n")))) await out.write(piece);
  }),
);
application.post("/stream", (c) => c.body(webStream(parts.duplex(bodyOf(c)))));
application.get("/sse", (c) =>
  streamSSE(c, async (out) => {
    await out.writeSSE({ data: "one" });
    await parts.gone(c.req.raw.signal);
  }),
);
application.get("/hang", async (c) => {
  parts.say(`hang ${c.req.query("id")}`);
  await parts.gone(c.req.raw.signal);
  parts.say(`gone ${c.req.query("id")}`);
  return c.text("nobody");
});
application.get("/file", (c) => {
  c.header("Content-Length", String(statSync(parts.FILE).size));
  return c.body(Readable.toWeb(createReadStream(parts.FILE)) as ReadableStream);
});
application.post("/upload", async (c) => {
  const form = await c.req.parseBody();
  const file = form["file"] as File;
  return c.json({ note: form["note"], file: file.name, size: file.size });
});
application.get("/throw", () => {
  throw new Error("on purpose");
});
application.get("/throw-late", (c) => c.body(webStream(parts.breaking())));
application.post("/refuse", (c) => c.text("no", 403));
application.get("/redirect", (c) => c.redirect("/method"));
application.get("/no-content", (c) => c.body(null, 204));
application.get("/not-modified", (c) => c.body(null, 304, { ETag: '"one"' }));
application.get("/early-hints", (c) => {
  (c.executionCtx as unknown as FetchContext).earlyHints({ Link: parts.HINTS });
  return c.text("ok");
});
application.get(
  "/ws",
  upgradeWebSocket(() => ({
    onMessage: (event, ws) => ws.send(event.data),
  })),
);
