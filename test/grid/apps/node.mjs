// Node's own server and nothing else: a server object that was not told to listen.

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import * as parts from "./parts.mjs";

const text = (res, body, status = 200) => {
  res.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Content-Length": Buffer.byteLength(body) });
  res.end(body);
};
const json = (res, value) => text(res, JSON.stringify(value));

const ROUTES = {
  "/method": (req, res) => text(res, req.method),
  "/query": (_req, res, url) => json(res, parts.listsOf(url.searchParams)),
  "/headers": (req, res) => json(res, req.headers),
  "/set-headers": (_req, res) => {
    for (const [name, value] of parts.FIELDS) res.setHeader(name, value);
    res.setHeader("Set-Cookie", parts.COOKIES);
    text(res, "ok");
  },
  "/cookies": (req, res) => {
    res.setHeader("Set-Cookie", parts.COOKIES);
    json(res, parts.cookiesOf(req.headers.cookie));
  },
  "/digest": async (req, res, url) => json(res, await parts.digestOf(req, url.searchParams.get("id"))),
  "/echo": (req, res) => {
    if (req.headers["content-length"] !== undefined) res.setHeader("Content-Length", req.headers["content-length"]);
    req.pipe(res);
  },
  "/stream": async (req, res) => {
    for await (const piece of parts.duplex(req)) res.write(piece);
    res.end();
  },
  "/sse": (_req, res) => {
    res.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: one\n\n");
  },
  "/hang": (_req, res, url) => {
    parts.say(`hang ${url.searchParams.get("id")}`);
    res.on("close", () => parts.say(`gone ${url.searchParams.get("id")}`));
  },
  "/file": (_req, res) => {
    res.writeHead(200, { "Content-Type": "text/plain", "Content-Length": statSync(parts.FILE).size });
    return pipeline(createReadStream(parts.FILE), res);
  },
  "/upload": async (req, res) => json(res, await parts.formOf(req.headers, req)),
  "/throw": () => {
    throw new Error("on purpose");
  },
  "/throw-late": async (_req, res) => {
    for await (const piece of parts.breaking()) res.write(piece);
  },
  "/refuse": (_req, res) => text(res, "no", 403),
  "/redirect": (_req, res) => res.writeHead(302, { Location: "/method" }).end(),
  "/no-content": (_req, res) => res.writeHead(204).end(),
  "/not-modified": (_req, res) => res.writeHead(304, { ETag: '"one"' }).end(),
  "/early-hints": (_req, res) => {
    res.writeEarlyHints({ link: parts.HINTS });
    text(res, "ok");
  },
  "/trailers": async (req, res) => {
    await parts.digestOf(req);
    res.setHeader("Trailer", "X-Sum");
    res.write(JSON.stringify(req.trailers));
    res.addTrailers({ "X-Sum": "42" });
    res.end();
  },
};

async function answer(req, res) {
  const [path] = req.url.split("?", 1);
  const [, kind, rest] = /^\/(path|bytes|chunks)\/(.*)$/s.exec(path) ?? [];
  if (kind === "path") return text(res, decodeURIComponent(rest));
  if (kind === "bytes") {
    const body = parts.bytes(Number(rest));
    res.writeHead(200, { "Content-Length": body.length });
    return res.end(body);
  }
  if (kind === "chunks") return pipeline(parts.pieces(Number(rest)), res);
  const route = ROUTES[path];
  return route === undefined ? text(res, "not here", 404) : route(req, res, new URL(req.url, "http://localhost"));
}

// What every program with async listeners has to write itself: node:http takes no notice of a promise.
export const application = createServer((req, res) => {
  answer(req, res).catch((error) => {
    if (res.headersSent) res.destroy(error);
    else text(res, "failed", error instanceof URIError ? 400 : 500);
  });
});
parts.echoOn(application);
