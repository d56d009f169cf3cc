// h3 2.

import { createReadStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { createEventStream, getQuery, H3, type H3Event, parseCookies, redirect, setCookie } from "h3";
import { acceptWebSocket } from "tsgi/fetch";
import * as parts from "./parts.mjs";

export const application = new H3({ silent: true });

const webStream = (chunks: AsyncIterable<unknown> | Iterable<unknown>): ReadableStream =>
  ReadableStream.from(chunks) as unknown as ReadableStream;
const bodyOf = (event: H3Event): AsyncIterable<Uint8Array> | [] =>
  (event.req.body as AsyncIterable<Uint8Array> | null) ?? [];
const idOf = (event: H3Event): string | null => event.url.searchParams.get("id");

application.all("/method", (event) => event.req.method);
application.get("/path/**:rest", (event) => decodeURIComponent(event.context.params?.["rest"] ?? ""));
application.get("/query", (event) => getQuery(event));
application.get("/headers", (event) => Object.fromEntries(event.req.headers));
application.get("/set-headers", (event) => {
  for (const [name, value] of parts.FIELDS) event.res.headers.set(name, value);
  for (const cookie of parts.COOKIES) event.res.headers.append("Set-Cookie", cookie);
  return "ok";
});
application.get("/cookies", (event) => {
  setCookie(event, "one", "1", { httpOnly: true });
  setCookie(event, "two", "a b");
  return { ...parseCookies(event) };
});
application.post("/digest", (event) => parts.digestOf(bodyOf(event), idOf(event)));
application.post("/echo", (event) => {
  const length = event.req.headers.get("content-length");
  if (length !== null) event.res.headers.set("Content-Length", length);
  return event.req.body ?? "";
});
application.get("/bytes/:n", (event) => parts.bytes(Number(event.context.params?.["n"])));
application.get("/chunks/:n", (event) => webStream(parts.pieces(Number(event.context.params?.["n"]))));
application.post("/stream", (event) => webStream(parts.duplex(bodyOf(event))));
application.get("/sse", (event) => {
  const stream = createEventStream(event);
  void stream.push("one");
  return stream.send();
});
application.get("/hang", async (event) => {
  parts.say(`hang ${idOf(event)}`);
  await parts.gone(event.req.signal);
  parts.say(`gone ${idOf(event)}`);
  return "nobody";
});
application.get("/file", (event) => {
  event.res.headers.set("Content-Length", String(statSync(parts.FILE).size));
  return Readable.toWeb(createReadStream(parts.FILE)) as ReadableStream;
});
application.post("/upload", async (event) => {
  const form = await event.req.formData();
  const file = form.get("file") as File;
  return { note: form.get("note"), file: file.name, size: file.size };
});
application.get("/throw", () => {
  throw new Error("on purpose");
});
application.get("/throw-late", () => webStream(parts.breaking()));
application.post("/refuse", (event) => {
  event.res.status = 403;
  return "no";
});
application.get("/redirect", () => redirect("/method"));
application.get("/no-content", (event) => {
  event.res.status = 204;
  return null;
});
application.get("/not-modified", () => new Response(null, { status: 304, headers: { ETag: '"one"' } }));
application.get("/ws", (event) => {
  const { socket, response } = acceptWebSocket(event.req as unknown as Request);
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
});
