// Koa 3, with the routes in one middleware, since its router is another package.

import { createReadStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import Koa from "koa";
import { server } from "tsgi/node";
import * as parts from "./parts.mjs";

export const application = new Koa();
application.silent = true;

const json = (ctx, value) => {
  ctx.type = "json";
  ctx.body = JSON.stringify(value);
};

const ROUTES = {
  "/method": (ctx) => {
    ctx.body = ctx.method;
  },
  "/query": (ctx) => json(ctx, ctx.query),
  "/headers": (ctx) => json(ctx, ctx.headers),
  "/set-headers": (ctx) => {
    for (const [name, value] of parts.FIELDS) ctx.set(name, value);
    for (const cookie of parts.COOKIES) ctx.append("Set-Cookie", cookie);
    ctx.body = "ok";
  },
  "/cookies": (ctx) => {
    ctx.cookies.set("one", "1");
    ctx.cookies.set("two", "a%20b", { httpOnly: false });
    json(ctx, { one: ctx.cookies.get("one"), two: decodeURIComponent(ctx.cookies.get("two") ?? "") });
  },
  "/digest": async (ctx) => json(ctx, await parts.digestOf(ctx.req, ctx.query.id)),
  "/echo": (ctx) => {
    ctx.body = ctx.req;
    if (ctx.request.length !== undefined) ctx.length = ctx.request.length;
  },
  "/stream": (ctx) => {
    ctx.body = Readable.from(parts.duplex(ctx.req));
  },
  "/sse": (ctx) => {
    const stream = new Readable({ read() {} });
    stream.push("data: one\n\n");
    ctx.type = "text/event-stream";
    ctx.body = stream;
  },
  "/hang": (ctx) => {
    parts.say(`hang ${ctx.query.id}`);
    return new Promise((resolve) => {
      ctx.res.on("close", () => {
        parts.say(`gone ${ctx.query.id}`);
        resolve();
      });
    });
  },
  "/file": (ctx) => {
    const { size, mtime } = statSync(parts.FILE);
    ctx.type = "text/plain";
    ctx.lastModified = mtime;
    ctx.etag = `${size}-${mtime.getTime()}`;
    ctx.status = 200;
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    ctx.length = size;
    ctx.body = createReadStream(parts.FILE);
  },
  "/upload": async (ctx) => json(ctx, await parts.formOf(ctx.headers, ctx.req)),
  "/throw": () => {
    throw new Error("on purpose");
  },
  "/throw-late": (ctx) => {
    ctx.body = Readable.from(parts.breaking());
  },
  "/refuse": (ctx) => {
    ctx.status = 403;
    ctx.body = "no";
  },
  "/redirect": (ctx) => ctx.redirect("/method"),
  "/no-content": (ctx) => {
    ctx.status = 204;
  },
  "/not-modified": (ctx) => {
    ctx.status = 304;
    ctx.etag = "one";
  },
  "/early-hints": (ctx) => {
    ctx.res.writeEarlyHints({ link: parts.HINTS });
    ctx.body = "ok";
  },
  "/trailers": async (ctx) => {
    await parts.digestOf(ctx.req);
    ctx.set("Trailer", "X-Sum");
    ctx.respond = false;
    ctx.res.statusCode = 200;
    ctx.res.write(JSON.stringify(ctx.req.trailers));
    ctx.res.addTrailers({ "X-Sum": "42" });
    ctx.res.end();
  },
};

application.use((ctx) => {
  const [, kind, rest] = /^\/(path|bytes|chunks)\/(.*)$/s.exec(ctx.path) ?? [];
  if (kind === "path") {
    try {
      ctx.body = decodeURIComponent(rest);
    } catch {
      ctx.throw(400);
    }
    ctx.status = 200;
    ctx.type = "text/plain";
    return;
  }
  if (kind === "bytes") {
    ctx.body = parts.bytes(Number(rest));
    return;
  }
  if (kind === "chunks") {
    ctx.body = Readable.from(parts.pieces(Number(rest)));
    return;
  }
  return ROUTES[ctx.path]?.(ctx);
});

parts.echoOn(server);
