import assert from "node:assert/strict";
import http from "node:http";
import http2 from "node:http2";
import { test } from "node:test";
import Fastify from "fastify";
import type { Departure } from "../../src/gateway/types.ts";
import { type Adopted, adopt, classOf, methodsOf } from "../../src/interfaces/adopt.ts";
import { express, Koa, nestOf } from "../support/untyped.ts";

const DEPARTURE: Departure = {
  slot: 1,
  generation: 1,
  workers: 1,
  reason: "a test",
  signal: new AbortController().signal,
};
const application = (_environ: unknown, _startResponse: unknown) => [];

async function adopted(...asked: Parameters<typeof adopt>): Promise<Adopted> {
  const found = await adopt(...asked);
  assert.ok("interface" in found, JSON.stringify(found));
  return found;
}

async function misfit(...asked: Parameters<typeof adopt>): Promise<string> {
  const found = await adopt(...asked);
  assert.ok("misfit" in found, JSON.stringify(found));
  return found.misfit;
}

test("--interface outweighs the value's own word, which outweighs the module's, which outweighs its shape", async () => {
  const own = Object.assign((_a: unknown, _b: unknown) => [], { interface: "node" });
  const cases: readonly (readonly [Parameters<typeof adopt>, name: string, why: string])[] = [
    [[own, { asked: "asgi", declared: "fetch" }], "asgi", "--interface asgi"],
    [[own, { asked: "auto", declared: "fetch" }], "node", 'its property interface is "node"'],
    [[application, { declared: "fetch" }], "fetch", 'the module exports interface = "fetch"'],
    [[application, { declared: 5 }], "tsgi", "any other function"],
    [[application], "tsgi", "any other function"],
    [[express(), {}], "node", "a function with handle(), use(), set() and listen()"],
  ];
  for (const [asked, name, why] of cases) {
    const found = await adopted(...asked);
    assert.deepEqual([found.interface, found.why, found.served === null], [name, why, name === "tsgi"]);
  }
});

test("what the interface does not serve is refused with what it is and what would fit", async () => {
  const fetching = { fetch: () => new Response() };
  const cases: readonly (readonly [Parameters<typeof adopt>, says: RegExp])[] = [
    [[5], /^it is no application of any kind\. What each interface wants:\n {2}tsgi /],
    [
      [5, { asked: "node" }],
      /^it is nothing that can be called\nThe interface node \(--interface node\) wants a function/,
    ],
    [
      [express(), { asked: "asgi" }],
      /^it is an Express application \(.*\), which --interface node serves\nThe interface asgi/,
    ],
    [[fetching, { asked: "node" }], /^it is an application with fetch\(\), which --interface fetch serves/],
    [[fetching, { asked: "tsgi" }], /which --interface fetch serves\nThe interface tsgi/],
    [[class {}, { asked: "asgi" }], /^it is a class, and only TSGI calls one/],
    [[http.createServer()], /^it is an http\.Server that nobody listens to/],
    [[http2.createServer()], /^it is a server of https or http2/],
    [[express.Router()], /^it is an Express router: put it into an application/],
    [
      [application, { declared: "wsgi" }],
      /^the module exports interface = "wsgi": expected tsgi, asgi, node or fetch$/,
    ],
    [[Fastify({ http2: true } as object)], /^its server is one of https or http2/],
  ];
  for (const [asked, says] of cases) assert.match(await misfit(...asked), says);
});

test("a function of TSGI's that is written like another interface's is doubted, unless TSGI was asked for", async () => {
  const handler = (req: unknown, res: unknown) => [req, res];
  assert.match(
    (await adopted(handler)).doubt ?? "",
    /called \(req, res\), .* start with --interface node, or give it the property interface = "node"$/,
  );
  assert.match(
    (await adopted((request: unknown) => [request])).doubt ?? "",
    /only parameter is called request, .*--interface fetch/,
  );
  assert.match((await adopted(async () => handler)).doubt ?? "", /takes no parameters: .*parentheses/);
  const plugin = async (fastify: { get(): void }, opts: unknown) => [fastify.get(), opts];
  assert.match((await adopted(plugin)).doubt ?? "", /called \(fastify, opts\), as those of a Fastify plugin/);
  assert.equal((await adopted(handler, { asked: "tsgi" })).doubt, null);
  assert.equal((await adopted(handler, { asked: "node" })).doubt, null);
  for (const asked of ["asgi", "fetch"] as const) {
    assert.match(
      (await adopted(handler, { asked })).doubt ?? "",
      /called \(req, res\), .* start with --interface node/,
    );
  }
  assert.equal((await adopted(application)).doubt, null);
});

test("Fastify is ready when it is adopted, and its shutdown closes it, though its server never listened", async () => {
  const said: string[] = [];
  const app = Fastify();
  app.register(async (inner) => void inner.addHook("onReady", async () => void said.push("ready")));
  app.addHook("onClose", async () => void said.push("closed"));
  const { served, what } = await adopted(app);
  assert.equal(what, "a Fastify application");
  assert.deepEqual(said, ["ready"]);
  await served?.shutdown?.(DEPARTURE);
  assert.deepEqual(said, ["ready", "closed"]);
});

test("a plugin that fails is told, with the step that it failed in", async () => {
  const app = Fastify();
  const error = new Error("no database");
  app.register(async () => {
    throw error;
  });
  assert.deepEqual(await adopt(app), { step: "ready()", thrown: error });
});

test("Nest is initialised when it is adopted, and closed by its shutdown", async () => {
  const said: string[] = [];
  class Site {
    onModuleInit = () => said.push("init");
    onModuleDestroy = () => said.push("destroy");
  }
  const { served } = await adopted(await nestOf(Site));
  assert.deepEqual(said, ["init"]);
  await served?.shutdown?.(DEPARTURE);
  assert.deepEqual(said, ["init", "destroy"]);
});

test("Koa, a server that only upgrades and a method of an object are served", async () => {
  assert.equal((await adopted(new Koa())).interface, "node");
  assert.equal((await adopted(http.createServer().on("upgrade", () => {}))).interface, "node");
  const site = { fetch() {}, handle(this: unknown) { return this; } }; // biome-ignore format: one line
  assert.equal((await adopted(site.handle, { asked: "asgi", owner: site })).interface, "asgi");
});

test("a class and its methods are named, those of the language are not", () => {
  class Base { render() {} } // biome-ignore format: one line
  class Site extends Base { close() {} get live() { return assert.fail("a getter was read"); } } // biome-ignore format: one line
  assert.deepEqual(methodsOf(new Site(), 9), ["close", "render"]);
  assert.deepEqual(methodsOf(new Site(), 1), ["close"]);
  assert.deepEqual(methodsOf(Promise.resolve(), 9), []);
  assert.deepEqual([classOf(new Site()), classOf({}), classOf(5)], ["Site", null, null]);
});
