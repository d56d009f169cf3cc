// What is measured, who takes part, and the bars. A new row, peer or bar is one entry here.

import {
  BASE,
  CLUSTER,
  cluster,
  FLOOR,
  gunicorn,
  here,
  http,
  inTurn,
  net,
  pool,
  served,
  tsgi,
  uvicorn,
  uwsgi,
} from "./peers.ts";
import type { Row } from "./row.ts";

export { BASE, FLOOR, SUBJECT } from "./peers.ts";
export { type Bar, MEASURES, type Peer, type Row } from "./row.ts";

/** What the bar of a figure that is a ratio already is against. */
export const ITSELF = "the figure itself";
export const SATURATION_SHARE = 0.7;
export const RATE_CONNECTIONS = 64;
export const IDLE_CONNECTIONS = 10_000;
export const SPREAD_CONNECTIONS = 200;
export const SPREAD_WORKERS = 4;
export const WEBSOCKETS = 64;

/** The common case: tsgi and node:http with one connection load, and one bar between them. */
function againstHttp(
  row: Pick<Row, "name" | "title" | "body" | "load"> & Partial<Row> & { readonly most: number },
  handler: string,
  application = handler,
): Row {
  const { most, ...rest } = row;
  return {
    measure: "cpu",
    path: "/",
    peers: [http(handler), tsgi(application)],
    bars: [{ against: BASE, most }],
    ...rest,
  };
}

const HELLO = "Hello, world!";
const script = (name: string): readonly string[] => ["-s", here(`wrk/${name}.lua`)];
/** The body of wrk/post.lua. */
const ONE_KB_OF_JSON = `{"name":"bench","text":"${"x".repeat(998)}"}`;
const TEN_MB = 10_485_760;
const ONE_MB = 1_048_576;

/** An application on tsgi against the same one on what it usually runs on. */
function sameApplication(row: Pick<Row, "name" | "title" | "peers" | "bars"> & Partial<Row>): Row {
  return { measure: "cpu", path: "/", body: HELLO, load: ["-c64"], ...row };
}

export const ROWS: readonly Row[] = [
  {
    name: "hello",
    title: "hello world: GET / with keep-alive, 64 connections, 13 bytes back",
    measure: "cpu",
    path: "/",
    body: HELLO,
    load: ["-c64"],
    peers: [
      net,
      http("hello"),
      { name: "fastify", program: "node", args: ["fastify.mjs"] },
      tsgi("application"),
      { name: "Bun.serve", program: "bun", args: ["bun.mjs"], note: "a handler, no static route" },
      uwsgi(
        "uWSGI",
        "http11-socket with 64 threads, one for each connection that is kept. The HTTP router with http-keepalive costs more, and fewer threads leave connections waiting",
        ...["--http11-socket", "127.0.0.1:0", "--threads", "64"],
      ),
      uwsgi(
        "uWSGI, closing",
        "http-socket, where it cannot keep connections: one for each request",
        ...["--http-socket", "127.0.0.1:0", "--add-header", "Connection: close"],
      ),
      uvicorn("uvicorn", "uvloop and httptools, both compiled", "uvloop", "httptools"),
      uvicorn(
        "uvicorn, h11",
        "asyncio and h11: what runs where the compiled parts are not installed",
        "asyncio",
        "h11",
      ),
      gunicorn,
    ],
    bars: [
      { against: FLOOR, most: 1.25 },
      { against: BASE, most: 0.5 },
      { against: "fastify", most: 0.55 },
      { against: "Bun.serve", most: 1 },
      { against: "uWSGI", most: 0.45 },
      { against: "uWSGI, closing", most: 0.45 },
      { against: "uvicorn", most: 0.15 },
      { against: "uvicorn, h11", most: 0.15 },
      { against: "gunicorn", most: 0.15 },
    ],
  },
  againstHttp(
    {
      name: "headers",
      title: "hello world with 20 request headers, cookies and a query",
      path: "/articles/17?utm_source=mail&utm_medium=link&page=3&sort=date&q=hello%20world",
      body: HELLO,
      load: ["-c64", ...script("headers")],
      most: 0.55,
    },
    "hello",
    "application",
  ),
  {
    name: "view",
    title: "a view that answers in JSON, with a number out of its path",
    measure: "cpu",
    path: "/articles/42/",
    body: '{"id":42,"title":"Article 42","tags":["news","tsgi"],"published":true}',
    load: ["-c64"],
    peers: [
      { name: "fastify", program: "node", args: ["view-fastify.mjs"], note: "no plugin, no schema" },
      { name: "express", program: "node", args: ["view-express.mjs"], note: "no middleware" },
      {
        ...served("site.mjs:application", 1),
        note: "tsgi/application with five middlewares: security, session, common, CSRF, messages",
      },
    ],
    bars: [
      { against: "fastify", most: 1 },
      { against: "express", most: 0.6 },
    ],
  },
  sameApplication({
    name: "hono",
    title: "hello world in Hono: the interface fetch against the two adapters",
    peers: [
      {
        name: "@hono/node-server",
        program: "node",
        args: ["hono-node-server.mjs"],
        note: "with its own light Request and Response, as it comes",
      },
      { name: "srvx", program: "node", args: ["hono-srvx.mjs"] },
      served("hono.mjs:default", 1),
    ],
    bars: [
      { against: "@hono/node-server", most: 0.5 },
      { against: "srvx", most: 0.5 },
    ],
  }),
  sameApplication({
    name: "fastify",
    title: "hello world in Fastify: the interface node against its own listen()",
    peers: [{ name: "listen()", program: "node", args: ["fastify.mjs"] }, served("fastify-app.mjs:default", 1)],
    bars: [{ against: "listen()", most: 1 }],
  }),
  sameApplication({
    name: "express",
    title: "hello world in Express: the interface node against its own listen()",
    peers: [{ name: "listen()", program: "node", args: ["express.mjs"] }, served("express-app.mjs:default", 1)],
    bars: [{ against: "listen()", most: 1 }],
  }),
  sameApplication({
    name: "asgi",
    title: "hello world as an ASGI application against a TSGI one",
    peers: [{ ...tsgi("application"), name: "TSGI" }, served("asgi.mjs:application", 1)],
    bars: [{ against: "TSGI", most: 1.3 }],
  }),
  sameApplication({
    name: "websocket",
    title: `websocket echo of 100-byte messages, ${WEBSOCKETS} clients`,
    message: 100,
    load: [],
    peers: [
      { name: "ws", program: "node", args: ["websocket.mjs"], note: "a request is a message" },
      { ...served("websocket-app.mjs:server", 1), note: "the same server object, adopted" },
      { ...served("asgi.mjs:application", 1), name: "tsgi, asgi" },
    ],
    bars: [{ against: "ws", most: 1.1 }],
  }),
  {
    name: "node-1m",
    title: "1 MB each way through one Node handler: POST, read and echoed, 8 connections",
    measure: "cpu",
    path: "/",
    post: "x".repeat(ONE_MB),
    body: "x".repeat(ONE_MB),
    load: ["-c8", ...script("post-1m")],
    peers: [http("echo"), served("handlers.mjs:echo", 1, "--interface", "node")],
    bars: [{ against: BASE, most: 1 }],
  },
  {
    name: "access-log",
    title: "hello world with the access log on, to a file",
    measure: "cpu",
    path: "/",
    body: HELLO,
    load: ["-c64"],
    peers: [{ ...tsgi("application"), name: "log off" }, tsgi("application", "--access-log", "{tmp}/access.log")],
    bars: [{ against: "log off", most: 1.25 }],
  },
  {
    name: "pipelined",
    title: "hello world, pipelined by 16",
    measure: "cpu",
    path: "/",
    body: HELLO,
    load: ["-c64", ...script("pipeline")],
    peers: [{ ...tsgi("application"), name: "one at a time", load: ["-c64"] }, tsgi("application")],
    bars: [{ against: "one at a time", most: 0.5 }],
  },
  againstHttp(
    {
      name: "echo",
      title: "POST 1 KB JSON, read and echoed, 64 connections",
      post: ONE_KB_OF_JSON,
      body: ONE_KB_OF_JSON,
      load: ["-c64", ...script("post")],
      most: 0.6,
    },
    "echo",
  ),
  againstHttp(
    { name: "64k", title: "64 KB response, one chunk", body: "x".repeat(65_536), load: ["-c64"], most: 1 },
    "whole64k",
  ),
  againstHttp(
    {
      name: "64k-streamed",
      title: "64 KB response, streamed in 4 chunks",
      body: "x".repeat(65_536),
      load: ["-c64"],
      most: 1,
    },
    "streamed64k",
  ),
  againstHttp(
    { name: "1m", title: "1 MB response, one chunk", body: "x".repeat(1_048_576), load: ["-c16"], most: 1 },
    "whole1m",
  ),
  againstHttp(
    {
      name: "1m-streamed",
      title: "1 MB response, streamed in 64 chunks",
      body: "x".repeat(1_048_576),
      load: ["-c16"],
      most: 1,
    },
    "streamed1m",
  ),
  againstHttp(
    {
      name: "upload",
      title: "10 MB upload, read to the end, 8 connections",
      post: "x".repeat(TEN_MB),
      body: String(TEN_MB),
      load: ["-c8", ...script("upload")],
      most: 1,
    },
    "count",
  ),
  againstHttp(
    {
      name: "idle",
      title: "10,000 idle keep-alive connections, each after one request",
      measure: "memory",
      body: HELLO,
      load: ["-c4"],
      most: 0.7,
    },
    "hello",
    "application",
  ),
  againstHttp(
    {
      name: "p99",
      title: "hello world at 70 % of node:http's saturation, 64 connections",
      measure: "latency",
      body: HELLO,
      load: [`-c${RATE_CONNECTIONS}`],
      peers: [net, http("hello"), tsgi("application")],
      most: 0.7,
    },
    "hello",
  ),
  {
    name: "closing",
    title: "connections per second without keep-alive, 2 workers",
    measure: "rate",
    path: "/",
    body: HELLO,
    load: ["-c64", "-H", "Connection: close"],
    peers: [cluster(2), pool(2, "who"), inTurn(pool(2, "who"))],
    bars: [{ against: CLUSTER, least: 1.4 }],
  },
  {
    name: "spread",
    title: `spread of ${SPREAD_CONNECTIONS} keep-alive connections, opened at once, over ${SPREAD_WORKERS} workers`,
    measure: "spread",
    path: "/",
    body: HELLO,
    load: ["-c8"],
    peers: [cluster(SPREAD_WORKERS), pool(SPREAD_WORKERS, "who"), inTurn(pool(SPREAD_WORKERS, "who"))],
    bars: [{ against: ITSELF, most: 1.5 }],
  },
];
