// TSGI without a framework.

import { open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { Application, Environ, HeaderList } from "tsgi/gateway";
import * as parts from "./parts.mjs";

type Route = (environ: Environ, start: Parameters<Application>[1], query: URLSearchParams) => ReturnType<Application>;

const TEXT: HeaderList = [["Content-Type", "text/plain; charset=utf-8"]];

const json = (start: Parameters<Application>[1], value: unknown): string => {
  start("200 OK", [["Content-Type", "application/json"]]);
  return JSON.stringify(value);
};

const ROUTES: Readonly<Record<string, Route>> = {
  "/method": (environ, start) => {
    start("200 OK", TEXT);
    return environ.REQUEST_METHOD;
  },
  "/query": (_environ, start, query) => json(start, parts.listsOf(query)),
  "/headers": (environ, start) => {
    const names = Object.keys(environ).filter((name) => name.startsWith("HTTP_"));
    return json(
      start,
      Object.fromEntries(names.map((name) => [name.slice(5).toLowerCase().replaceAll("_", "-"), environ[name]])),
    );
  },
  "/set-headers": (_environ, start) => {
    start("200 OK", [...parts.FIELDS, ...parts.COOKIES.map((cookie) => ["Set-Cookie", cookie] as const)]);
    return "ok";
  },
  "/cookies": (environ, start) => {
    start(
      "200 OK",
      parts.COOKIES.map((cookie) => ["Set-Cookie", cookie] as const),
    );
    return JSON.stringify(parts.cookiesOf(environ["HTTP_COOKIE"] as string | undefined));
  },
  "/digest": async (environ, start, query) => json(start, await parts.digestOf(environ["tsgi.input"], query.get("id"))),
  "/echo": (environ, start) => {
    const length = environ.CONTENT_LENGTH;
    start("200 OK", length === undefined ? [] : [["Content-Length", length]]);
    return environ["tsgi.input"];
  },
  "/stream": (environ, start) => {
    start("200 OK", TEXT);
    return parts.duplex(environ["tsgi.input"]);
  },
  "/sse": (environ, start) => {
    start("200 OK", [["Content-Type", "text/event-stream"]]);
    return parts.events(environ["tsgi.signal"]);
  },
  "/hang": async (environ, start, query) => {
    parts.say(`hang ${query.get("id")}`);
    await parts.gone(environ["tsgi.signal"]);
    parts.say(`gone ${query.get("id")}`);
    start("200 OK", TEXT);
    return "nobody";
  },
  "/file": async (environ, start) => {
    const { size } = await stat(parts.FILE);
    start("200 OK", [...TEXT, ["Content-Length", String(size)]]);
    return environ["tsgi.file_wrapper"](await open(parts.FILE));
  },
  "/upload": async (environ, start) => {
    const headers = { "content-type": environ.CONTENT_TYPE ?? "" };
    return json(start, await parts.formOf(headers, Readable.from(environ["tsgi.input"])));
  },
  "/throw": () => {
    throw new Error("on purpose");
  },
  "/throw-late": (_environ, start) => {
    start("200 OK", TEXT);
    return parts.breaking();
  },
  "/refuse": (_environ, start) => {
    start("403 Forbidden", TEXT);
    return "no";
  },
  "/redirect": (_environ, start) => {
    start("302 Found", [["Location", "/method"]]);
    return [];
  },
  "/no-content": (_environ, start) => {
    start("204 No Content", []);
    return [];
  },
  "/not-modified": (_environ, start) => {
    start("304 Not Modified", [["ETag", '"one"']]);
    return [];
  },
  "/early-hints": (environ, start) => {
    environ["tsgi.early_hints"]([["Link", parts.HINTS]]);
    start("200 OK", TEXT);
    return "ok";
  },
  "/trailers": async (environ, start) => {
    const input = environ["tsgi.input"];
    await input.read();
    environ["tsgi.trailers"]([["X-Sum", "42"]]);
    start("200 OK", TEXT);
    return JSON.stringify(Object.fromEntries(input.trailers));
  },
};

export const application: Application = (environ, start) => {
  const path = environ.PATH_INFO;
  const [, kind, rest = ""] = /^\/(path|bytes|chunks)\/(.*)$/s.exec(path) ?? [];
  if (kind === "path") {
    start("200 OK", TEXT);
    return rest;
  }
  if (kind === "bytes") {
    start("200 OK", []);
    return parts.bytes(Number(rest));
  }
  if (kind === "chunks") {
    start("200 OK", []);
    return parts.pieces(Number(rest));
  }
  const upgrade = path === "/ws" ? environ["tsgi.upgrade"] : undefined;
  if (upgrade !== undefined) return upgrade(parts.echoing);
  const route = ROUTES[path];
  if (route !== undefined) return route(environ, start, new URLSearchParams(environ.QUERY_STRING));
  start("404 Not Found", TEXT);
  return "not here";
};
