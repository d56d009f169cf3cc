import assert from "node:assert/strict";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { test } from "node:test";
import { Elysia } from "elysia";
import Fastify from "fastify";
import { H3 } from "h3";
import { Hono } from "hono";
import {
  isClass,
  isFastify,
  parametersOf,
  RULES,
  recognise,
  takesRequestAndResponse,
} from "../../src/interfaces/detect.ts";
import { express, Koa, nestOf } from "../support/untyped.ts";

test("each framework at its released version is recognised, and each function by what it takes", async () => {
  class Site {}
  const connect = Object.assign((_req: never, _res: never, _next: never) => {}, { handle() {}, use() {}, listen() {} });
  const cases: readonly (readonly [value: unknown, kind: string | undefined])[] = [
    [await nestOf(Site), "nest"],
    [Fastify(), "fastify"],
    [Fastify().decorate("fetch", () => {}), "fastify"],
    [new Koa(), "koa"],
    [express(), "express"],
    [connect, "connect"],
    [express.Router(), "router"],
    [http.createServer(), "http-server"],
    [https.createServer(), "tls-server"],
    [http2.createServer(), "tls-server"],
    [net.createServer(), "net-server"],
    [new Hono(), "fetch"],
    [new Elysia(), "fetch"],
    [new H3(), "fetch"],
    [{ port: 3000, fetch: () => new Response() }, "fetch"],
    [async (_a: unknown, _b: unknown, _c: unknown) => {}, "asgi"],
    [async (scope: unknown, receive: unknown, send = receive) => [scope, send], "asgi"],
    [(req: unknown, res: unknown, next: unknown) => [req, res, next], "tsgi"],
    [(_environ: unknown, _startResponse: unknown) => [], "tsgi"],
    [class Body { all; constructor(a: 1, b: 2, c: 3) { this.all = [a, b, c]; } }, "tsgi"], // biome-ignore format: one line
    [(...all: unknown[]) => all, "tsgi"],
    [{ render() {} }, undefined],
    [{ fetch: "a string" }, undefined],
    [[], undefined],
    [null, undefined],
    ["text", undefined],
  ];
  for (const [value, kind] of cases) assert.equal(recognise(value)?.kind, kind, String(kind));
});

test("nothing is called and no getter is read before it is decided", () => {
  const forbidden = (): never => assert.fail("it was looked at");
  const getters = { get fetch() { return forbidden(); } }; // biome-ignore format: one line
  assert.equal(recognise(getters)?.kind, "fetch");
  const koa = { callback: forbidden, use: forbidden, middleware: [] };
  assert.equal(recognise(koa)?.kind, "koa");
  const fastify = { ready: forbidden, inject: forbidden, routing: forbidden, get server() { return forbidden(); } }; // biome-ignore format: one line
  assert.equal(isFastify(fastify), true);
  const hostile = new Proxy({}, { getOwnPropertyDescriptor: forbidden, get: forbidden, getPrototypeOf: forbidden });
  assert.equal(recognise(hostile), null);
});

test("each kind has one rule with a sentence for a person", () => {
  const kinds = RULES.map(({ kind }) => kind);
  assert.equal(new Set(kinds).size, kinds.length);
  for (const { what, why } of RULES) {
    assert.match(what, /^an? /);
    assert.notEqual(why, "");
  }
});

test("parameters are read as they are written", () => {
  const cases: readonly (readonly [text: string, names: readonly string[]])[] = [
    ["(req, res) => {}", ["req", "res"]],
    ["async req => req", ["req"]],
    ["function app(a = { b: [1, 2] }, { c, d }, ...rest) {}", ["a", "", "rest"]],
    ["async function* body(req /* the, request */, res) {}", ["req", "res"]],
    ["() => {}", []],
    ["class A { constructor(req, res) {} }", []],
    ["Math.max", []],
  ];
  for (const [text, names] of cases) {
    // biome-ignore lint/security/noGlobalEval: the text is what is read.
    assert.deepEqual(parametersOf(globalThis.eval(`(${text})`)), names, text);
  }
  assert.deepEqual(parametersOf(function named(_a: 1) {}.bind(null)), []);
  assert.deepEqual(parametersOf("text"), []);
  assert.equal(
    takesRequestAndResponse((_req: unknown, _res: unknown) => {}),
    true,
  );
  assert.equal(
    takesRequestAndResponse((_environ: unknown, _startResponse: unknown) => {}),
    false,
  );
  assert.equal(isClass(class {}), true);
  assert.equal(
    isClass(() => {}),
    false,
  );
});
