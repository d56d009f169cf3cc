// Nest 11 on Express, in plain JavaScript: what the decorators of TypeScript would be is called by hand.

import "reflect-metadata";
import {
  All,
  Controller,
  Get,
  HttpCode,
  Module,
  Post,
  Query,
  Redirect,
  Req,
  Res,
  StreamableFile,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import * as parts from "./parts.mjs";

class Grid {
  method(req) {
    return req.method;
  }
  path(req, res) {
    res.type("text/plain").send((req.params.rest ?? []).join("/"));
  }
  query(query) {
    return query;
  }
  headers(req) {
    return req.headers;
  }
  setHeaders(_req, res) {
    for (const [name, value] of parts.FIELDS) res.set(name, value);
    for (const cookie of parts.COOKIES) res.append("Set-Cookie", cookie);
    res.send("ok");
  }
  cookies(req, res) {
    res.cookie("one", "1", { httpOnly: true }).cookie("two", "a b");
    res.json(parts.cookiesOf(req.headers.cookie));
  }
  digest(req) {
    return parts.digestOf(req, req.query.id);
  }
  echo(req, res) {
    if (req.headers["content-length"] !== undefined) res.set("Content-Length", req.headers["content-length"]);
    req.pipe(res);
  }
  bytes(req) {
    return new StreamableFile(parts.bytes(Number(req.params.n)), { length: Number(req.params.n) });
  }
  async chunks(req, res) {
    for (const piece of parts.pieces(Number(req.params.n))) {
      if (!res.write(piece)) await new Promise((resolve) => res.once("drain", resolve));
    }
    res.end();
  }
  async stream(req, res) {
    for await (const piece of parts.duplex(req)) res.write(piece);
    res.end();
  }
  sse(_req, res) {
    res.type("text/event-stream").write("data: one\n\n");
  }
  hang(req, res) {
    parts.say(`hang ${req.query.id}`);
    res.on("close", () => parts.say(`gone ${req.query.id}`));
  }
  file(_req, res) {
    res.sendFile(parts.FILE);
  }
  upload(req) {
    return parts.formOf(req.headers, req);
  }
  throw() {
    throw new Error("on purpose");
  }
  async throwLate(_req, res) {
    for await (const piece of parts.breaking()) res.write(piece);
  }
  refuse() {
    return "no";
  }
  redirect() {}
  noContent() {}
  notModified(_req, res) {
    res.set("ETag", '"one"');
  }
  earlyHints(_req, res) {
    res.writeEarlyHints({ link: parts.HINTS });
    res.send("ok");
  }
  async trailers(req, res) {
    await parts.digestOf(req);
    res.set("Trailer", "X-Sum");
    res.write(JSON.stringify(req.trailers));
    res.addTrailers({ "X-Sum": "42" });
    res.end();
  }
}

/** `decorators` above a method, `params` before its parameters. */
function decorate(name, decorators, params = []) {
  const descriptor = Object.getOwnPropertyDescriptor(Grid.prototype, name);
  for (const decorator of decorators) decorator(Grid.prototype, name, descriptor);
  params.forEach((param, i) => {
    param(Grid.prototype, name, i);
  });
}

const both = [Req(), Res()];
Controller()(Grid);
decorate("method", [All("method"), HttpCode(200)], [Req()]);
decorate("path", [Get("path/{*rest}")], both);
decorate("query", [Get("query")], [Query()]);
decorate("headers", [Get("headers")], [Req()]);
decorate("setHeaders", [Get("set-headers")], both);
decorate("cookies", [Get("cookies")], both);
decorate("digest", [Post("digest"), HttpCode(200)], [Req()]);
decorate("echo", [Post("echo"), HttpCode(200)], both);
decorate("bytes", [Get("bytes/:n")], [Req()]);
decorate("chunks", [Get("chunks/:n")], both);
decorate("stream", [Post("stream"), HttpCode(200)], both);
decorate("sse", [Get("sse")], both);
decorate("hang", [Get("hang")], both);
decorate("file", [Get("file")], both);
decorate("upload", [Post("upload"), HttpCode(200)], [Req()]);
decorate("throw", [Get("throw")]);
decorate("throwLate", [Get("throw-late")], both);
decorate("refuse", [Post("refuse"), HttpCode(403)]);
decorate("redirect", [Get("redirect"), Redirect("/method", 302)]);
decorate("noContent", [Get("no-content"), HttpCode(204)]);
decorate("notModified", [Get("not-modified"), HttpCode(304)], [Req(), Res({ passthrough: true })]);
decorate("earlyHints", [Get("early-hints")], both);
decorate("trailers", [Post("trailers"), HttpCode(200)], both);

class AppModule {}
Module({ controllers: [Grid] })(AppModule);

// A promise of the application, as the function that every quick start calls `bootstrap` gives it. The parsers of bodies are off, so that the
// bodies of the grid reach its routes as they are.
export const application = NestFactory.create(AppModule, { logger: false, bodyParser: false }).then((app) => {
  parts.echoOn(app.getHttpServer());
  return app;
});
