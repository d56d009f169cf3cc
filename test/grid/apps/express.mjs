// Express 5, with websockets by the server that tsgi offers to libraries.

import express from "express";
import { server } from "tsgi/node";
import * as parts from "./parts.mjs";

export const application = express();
application.disable("x-powered-by");

application.all("/method", (req, res) => res.type("text/plain").send(req.method));
application.get("/path/{*rest}", (req, res) => res.type("text/plain").send((req.params.rest ?? []).join("/")));
application.get("/query", (req, res) => res.json(req.query));
application.get("/headers", (req, res) => res.json(req.headers));
application.get("/set-headers", (_req, res) => {
  for (const [name, value] of parts.FIELDS) res.set(name, value);
  for (const cookie of parts.COOKIES) res.append("Set-Cookie", cookie);
  res.send("ok");
});
application.get("/cookies", (req, res) => {
  res.cookie("one", "1", { httpOnly: true }).cookie("two", "a b");
  res.json(parts.cookiesOf(req.headers.cookie));
});
application.post("/digest", async (req, res) => res.json(await parts.digestOf(req, req.query.id)));
application.post("/echo", (req, res) => {
  if (req.headers["content-length"] !== undefined) res.set("Content-Length", req.headers["content-length"]);
  req.pipe(res);
});
application.get("/bytes/:n", (req, res) =>
  res.type("application/octet-stream").send(parts.bytes(Number(req.params.n))),
);
application.get("/chunks/:n", async (req, res) => {
  for (const piece of parts.pieces(Number(req.params.n))) {
    if (!res.write(piece)) await new Promise((resolve) => res.once("drain", resolve));
  }
  res.end();
});
application.post("/stream", async (req, res) => {
  for await (const piece of parts.duplex(req)) res.write(piece);
  res.end();
});
application.get("/sse", (_req, res) => {
  res.type("text/event-stream").write("data: one\n\n");
});
application.get("/hang", (req, res) => {
  parts.say(`hang ${req.query.id}`);
  res.on("close", () => parts.say(`gone ${req.query.id}`));
});
application.get("/file", (_req, res) => res.sendFile(parts.FILE));
application.post("/upload", async (req, res) => res.json(await parts.formOf(req.headers, req)));
application.get("/throw", () => {
  throw new Error("on purpose");
});
application.get("/throw-late", async (_req, res) => {
  for await (const piece of parts.breaking()) res.write(piece);
});
application.post("/refuse", (_req, res) => res.status(403).send("no"));
application.get("/redirect", (_req, res) => res.redirect("/method"));
application.get("/no-content", (_req, res) => res.status(204).end());
application.get("/not-modified", (_req, res) => res.set("ETag", '"one"').status(304).end());
application.get("/early-hints", (_req, res) => {
  res.writeEarlyHints({ link: parts.HINTS });
  res.send("ok");
});
application.post("/trailers", async (req, res) => {
  await parts.digestOf(req);
  res.set("Trailer", "X-Sum");
  res.write(JSON.stringify(req.trailers));
  res.addTrailers({ "X-Sum": "42" });
  res.end();
});

parts.echoOn(server);
