// Fastify 5. It reads bodies itself, so a parser that hands on the stream is what its documentation has for raw ones.

import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import Fastify from "fastify";
import * as parts from "./parts.mjs";

export const application = Fastify({ bodyLimit: 104_857_600, routerOptions: { maxParamLength: 10_000 } });
application.addHttpMethod("PURGE");
application.removeAllContentTypeParsers();
application.addContentTypeParser("*", (_request, payload, done) => done(null, payload));

application.all("/method", (request) => request.method);
application.get("/path/*", (request, reply) => reply.type("text/plain; charset=utf-8").send(request.params["*"]));
application.get("/query", (request) => request.query);
application.get("/headers", (request) => request.headers);
application.get("/set-headers", (_request, reply) => {
  for (const [name, value] of parts.FIELDS) reply.header(name, value);
  for (const cookie of parts.COOKIES) reply.header("Set-Cookie", cookie);
  reply.send("ok");
});
application.get("/cookies", (request, reply) => {
  for (const cookie of parts.COOKIES) reply.header("Set-Cookie", cookie);
  reply.send(parts.cookiesOf(request.headers.cookie));
});
application.post("/digest", (request) => parts.digestOf(request.body ?? [], request.query.id));
application.post("/echo", (request, reply) => {
  const length = request.headers["content-length"];
  if (length !== undefined) reply.header("Content-Length", length);
  return reply.type("application/octet-stream").send(request.body ?? "");
});
application.get("/bytes/:n", (request, reply) => reply.send(parts.bytes(Number(request.params.n))));
application.get("/chunks/:n", (request, reply) => reply.send(Readable.from(parts.pieces(Number(request.params.n)))));
application.post("/stream", (request, reply) => reply.send(Readable.from(parts.duplex(request.body))));
application.get("/sse", (_request, reply) => {
  const stream = new Readable({ read() {} });
  stream.push("data: one\n\n");
  return reply.type("text/event-stream").send(stream);
});
application.get("/hang", (request, reply) => {
  parts.say(`hang ${request.query.id}`);
  reply.raw.on("close", () => parts.say(`gone ${request.query.id}`));
});
application.get("/file", (_request, reply) => reply.type("text/plain").send(createReadStream(parts.FILE)));
application.post("/upload", (request) => parts.formOf(request.headers, request.body));
application.get("/throw", () => {
  throw new Error("on purpose");
});
application.get("/throw-late", (_request, reply) => reply.send(Readable.from(parts.breaking())));
application.post("/refuse", (_request, reply) => reply.code(403).send("no"));
application.get("/redirect", (_request, reply) => reply.redirect("/method"));
application.get("/no-content", (_request, reply) => reply.code(204).send());
application.get("/not-modified", (_request, reply) => reply.header("ETag", '"one"').code(304).send());
application.get("/early-hints", (_request, reply) => {
  reply.raw.writeEarlyHints({ link: parts.HINTS });
  reply.send("ok");
});
application.post("/trailers", async (request, reply) => {
  await parts.digestOf(request.body);
  reply.trailer("X-Sum", async () => "42");
  return reply.send(JSON.stringify(request.raw.trailers));
});

parts.echoOn(application.server);
