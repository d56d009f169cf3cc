// What docs/interfaces.md promises of every interface, each promise kept by each of them: one application for each, and a worker in this
// process. The clock of its deadlines is set forward, so nobody waits for one.

import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { type TestContext, test } from "node:test";
import type { Hooks, PostRequestEvent } from "../../src/config/hooks.ts";
import type { Settings } from "../../src/config/options.ts";
import { askApplication } from "../../src/worker/own-request.ts";
import { get, RawClient } from "../support/client.ts";
import { INTERFACES, Seen, type Who } from "../support/four-interfaces.ts";
import { promisedBy } from "../support/interface-page.ts";
import { type InProcess, nothing, serveGateway } from "../support/worker.ts";

type Name = keyof typeof INTERFACES;

let ahead = 0;
const { now } = performance;
performance.now = () => now.call(performance) + ahead;

class Scene {
  readonly seen = new Seen();
  readonly server: InProcess;
  readonly name: Name;
  readonly #t: TestContext;

  constructor(t: TestContext, name: Name, settings: Partial<Settings>, hooks?: Hooks) {
    this.name = name;
    this.#t = t;
    const more = hooks === undefined ? {} : { requestHooks: { hooks, onTrouble: assert.fail } };
    this.server = serveGateway(INTERFACES[name](this.seen), { accessLog: "-", ...settings }, more);
    t.after(() => this.server.close());
  }

  async client(): Promise<RawClient> {
    const client = await RawClient.connect(this.server.port);
    this.#t.after(() => client.close());
    return client;
  }

  /** A request of its own connection. */
  async send(request: string): Promise<RawClient> {
    const client = await this.client();
    client.send(request);
    return client;
  }

  async ask(request: string) {
    return (await this.send(request)).response();
  }

  /** The deadlines' clock goes forward. A jump is a stall, after which nobody is judged at once. */
  forward(seconds: number): void {
    ahead += seconds * 1_000;
    this.server.worker.deadlines.sweep();
    this.server.worker.deadlines.sweep();
  }

  called(path: string): Promise<void> {
    return this.seen.until(() => this.seen.calls.includes(path));
  }

  heard(what: RegExp): Promise<void> {
    return this.seen.until(() => this.seen.heard.some((text) => what.test(text)));
  }
}

const post = (target: string, length: number, body = "", extra = "") =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n${extra}\r\n${body}`;

interface Promised {
  readonly settings?: Partial<Settings>;
  readonly hooks?: (noted: unknown[]) => Hooks;
  readonly keeps: (scene: Scene, noted: unknown[]) => Promise<unknown>;
}

/** By the sentences of the page, in its order. */
const PROMISES: Readonly<Record<string, Promised>> = {
  "`--limit-request-line`, `--limit-fields` and their like: 414 and 431, and the application is not called": {
    settings: { limitFields: 2, limitRequestLine: 64 },
    async keeps({ ask, seen }) {
      assert.equal((await ask(get("/", "A: 1\r\nB: 2\r\n"))).status, 431);
      assert.equal((await ask(get(`/${"a".repeat(80)}`))).status, 414);
      assert.deepEqual(seen.calls, []);
    },
  },
  "`--limit-body`: 413, and where the length was announced the application is not called": {
    settings: { limitBody: 10 },
    async keeps({ ask, seen }) {
      assert.equal((await ask(post("/read", 11))).status, 413);
      assert.deepEqual(seen.calls, []);
      const chunked =
        "POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n";
      assert.equal((await ask(chunked)).status, 413);
      assert.equal((await ask(post("/read", 10, "0123456789"))).body, "read 10");
    },
  },
  "`--head-timeout`: 408": {
    settings: { headTimeout: 5 },
    async keeps(scene) {
      const slow = await scene.send("GET / HTTP/1.1\r\nHost:");
      await scene.ask(get("/"));
      scene.forward(6);
      assert.equal((await slow.response()).status, 408);
    },
  },
  "`--body-timeout` and `--body-rate`: 408, and whoever reads is told": {
    settings: { bodyTimeout: 20, bodyRate: 1_000_000 },
    async keeps(scene) {
      for (const seconds of [6, 21]) {
        const slow = await scene.send(post("/read", 10, "half", "Expect: 100-continue\r\n"));
        assert.equal((await slow.response()).status, 100);
        scene.forward(seconds);
        assert.equal((await slow.response()).status, 408);
        await scene.heard(/^unread: /);
      }
      assert.deepEqual(scene.server.troubles, []);
    },
  },
  "`--request-timeout`: the application is told; 504 where nothing was sent, else a cut; one line of the log": {
    settings: { requestTimeout: 5 },
    async keeps(scene) {
      const hanging = await scene.send(get("/hang"));
      const begun = await scene.send(get("/begun"));
      await scene.called("/hang");
      await begun.until((text) => text.includes("first"));
      scene.forward(6);
      assert.equal((await hanging.response()).status, 504);
      assert.doesNotMatch(await begun.rest(), /\r\n0\r\n/);
      await scene.heard(/^told: .*--request-timeout/);
      assert.equal(scene.server.log.filter(({ message }) => /--request-timeout/.test(message)).length, 1);
      assert.deepEqual(scene.server.troubles, []);
    },
  },
  "`--limit-in-flight`: one request more waits for its turn": {
    settings: { limitInFlight: 1 },
    async keeps(scene) {
      const first = await scene.send(get("/held"));
      await scene.called("/held");
      const second = await scene.send(get("/second"));
      while (scene.server.worker.waiting === 0) await new Promise(setImmediate);
      assert.deepEqual(scene.seen.calls, ["/held"]);
      scene.seen.held.resolve();
      assert.deepEqual([(await first.response()).status, (await second.response()).status], [200, 200]);
    },
  },
  "`--overload 503`: a request over `--limit-in-flight`, and a connection over `--worker-connections`, is answered with 503":
    {
      settings: { workerConnections: 2, limitInFlight: 1, overload: "503" },
      async keeps(scene) {
        const first = await scene.send(get("/held"));
        await scene.called("/held");
        const second = await scene.send(get("/second"));
        assert.equal((await second.response()).status, 503);
        assert.equal((await (await scene.client()).response()).status, 503);
        scene.seen.held.resolve();
        assert.equal((await first.response()).status, 200);
        assert.deepEqual(scene.seen.calls, ["/held"]);
      },
    },
  "`--keep-alive` ends an idle connection; with `--limit-connection-requests` the last answer says `Connection: close`":
    {
      settings: { limitConnectionRequests: 2, keepAlive: 5 },
      async keeps(scene) {
        const idle = await scene.send(get("/"));
        assert.equal((await idle.response()).status, 200);
        scene.forward(6);
        assert.equal(await idle.rest(), "");
        const client = await scene.send(get("/") + get("/"));
        assert.equal((await client.response()).fields["connection"], undefined);
        assert.equal((await client.response()).fields["connection"], "close");
        assert.equal(await client.rest(), "");
      },
    },
  "`HEAD`: the fields of the answer, and no body": {
    async keeps(scene) {
      const client = await scene.send(get("/").replace("GET", "HEAD") + get("/"));
      assert.equal((await client.response({ bodyless: true })).status, 200);
      assert.equal(JSON.parse((await client.response()).body).id, "id-2");
    },
  },
  "`Expect: 100-continue`: sent when the application reads": {
    async keeps(scene) {
      const client = await scene.send(post("/read", 4, "", "Expect: 100-continue\r\n"));
      assert.equal((await client.response()).status, 100);
      client.send("body");
      assert.equal((await client.response()).body, "read 4");
      assert.equal((await scene.ask(post("/", 4, "", "Expect: 100-continue\r\n"))).status, 200);
    },
  },
  "an error: 500 with the request id and nothing of the inside, the same id in the log, and the connection goes on": {
    async keeps({ send, server }) {
      const client = await send(get("/broken") + get("/"));
      const { status, fields, body } = await client.response();
      assert.deepEqual([status, fields["x-request-id"]], [500, "id-1"]);
      assert.match(body, /request id-1/);
      assert.doesNotMatch(body, /broken/);
      const [{ requestId, method, target, answer, error }] = server.troubles as [(typeof server.troubles)[0]];
      const message = (error as Error).message;
      assert.deepEqual(
        [requestId, method, target, answer, message],
        ["id-1", "GET", "/broken", 500, "the application is broken"],
      );
      assert.equal((await client.response()).status, 200);
    },
  },
  "the request id is one, for the application, its answer and the logs": {
    settings: { accessLogFormat: "%({tsgi.request_id}e)s %(s)s" },
    async keeps({ ask, server }) {
      assert.equal((JSON.parse((await ask(get("/"))).body) as Who).id, "id-1");
      assert.deepEqual(server.accessLines, ["id-1 200"]);
    },
  },
  "`--access-log`: client, request line, status, bytes and time, also of a request that failed": {
    settings: { accessLogFormat: '%(h)s "%(r)s" %(s)s %(B)s %(D)s' },
    async keeps({ ask, server }) {
      const { body } = await ask(get("/who?a=1", "X-Forwarded-For: 203.0.113.7\r\n"));
      await ask(get("/broken"));
      assert.match(
        server.accessLines[0]!,
        new RegExp(`^203\\.0\\.113\\.7 "GET /who\\?a=1 HTTP/1\\.1" 200 ${body.length} \\d+$`),
      );
      assert.match(server.accessLines[1]!, /^127\.0\.0\.1 "GET \/broken HTTP\/1\.1" 500 \d+ \d+$/);
    },
  },
  "`X-Forwarded-For`, `-Proto` and `-Host` of a trusted peer: address, scheme and host": {
    async keeps({ ask }) {
      const who = JSON.parse((await ask(get("/", FORWARDED))).body) as Who;
      assert.deepEqual(who, { id: "id-1", address: "203.0.113.7", scheme: "https", host: "shop.example" });
    },
  },
  "the same of anybody else: nothing, wherever one looks": {
    settings: { forwardedAllow: [] },
    async keeps({ ask }) {
      const who = JSON.parse((await ask(get("/", FORWARDED))).body) as Who;
      assert.deepEqual(who, { id: "id-1", address: "127.0.0.1", scheme: "http", host: "example.com" });
    },
  },
  "`--ready-path`: asked of the application itself": {
    async keeps({ server, seen }) {
      const ask = { target: "/ready", agent: "tsgi", limitMs: 5_000 };
      const serve = server.worker.serveOwn((trouble) => assert.fail(String(trouble.error)));
      assert.deepEqual(await askApplication(serve, ask), { status: 200, end: "whole" });
      assert.deepEqual(seen.calls, ["/ready"]);
    },
  },
  "the hooks `preRequest` and `postRequest`": {
    hooks: (noted) => ({
      preRequest: ({ requestId, target }) => void noted.push([requestId, target]),
      postRequest: ({ requestId, status, bytes, aborted }: PostRequestEvent) =>
        void noted.push([requestId, status, bytes, aborted]),
    }),
    async keeps({ ask }, noted) {
      const { body } = await ask(get("/read"));
      await ask(get("/broken"));
      assert.deepEqual(noted.slice(0, 2), [
        ["id-1", "/read"],
        ["id-1", 200, body.length, false],
      ]);
      assert.deepEqual(noted[2], ["id-2", "/broken"]);
      assert.deepEqual((noted[3] as unknown[]).slice(0, 2), ["id-2", 500]);
    },
  },
  "a client that leaves: the application is told, and nothing is logged as an error": {
    async keeps(scene) {
      const client = await scene.send(get("/hang"));
      await scene.called("/hang");
      client.socket.resetAndDestroy();
      await scene.heard(/^told: /);
      const sending = await scene.send(post("/read", 10, "half", "Expect: 100-continue\r\n"));
      assert.equal((await sending.response()).status, 100);
      sending.socket.resetAndDestroy();
      await scene.heard(/^unread: /);
      await new Promise(setImmediate);
      assert.deepEqual(scene.server.troubles, []);
    },
  },
  "a worker that leaves: what is open is told by a signal and finished, with `Connection: close`; idle connections end":
    {
      async keeps(scene) {
        const idle = await scene.send(get("/"));
        await idle.response();
        const open = await scene.send(get("/held"));
        await scene.called("/held");
        scene.server.worker.drain(nothing, nothing, "a test");
        await scene.heard(/^draining$/);
        scene.seen.held.resolve();
        const { status, fields } = await open.response();
        assert.deepEqual([status, fields["connection"]], [200, "close"]);
        scene.forward(3);
        assert.equal(await idle.rest(), "");
      },
    },
  "a worker that leaves: an event stream ends as a whole one": {
    async keeps(scene) {
      const client = await scene.send(get("/events"));
      await client.until((text) => text.includes("first"));
      scene.server.worker.drain(nothing, nothing, "a test");
      assert.match(await client.rest(), /first\n\n\r\n0\r\n\r\n$/);
      assert.deepEqual(scene.server.troubles, []);
    },
  },
  "`--graceful-timeout`: the application is told before, and what is still open is cut": {
    async keeps(scene) {
      const client = await scene.send(get("/begun"));
      await client.until((text) => text.includes("first"));
      scene.server.worker.drain(nothing, nothing, "a test");
      scene.server.worker.abandon(nothing, "its time is over");
      assert.doesNotMatch(await client.rest(), /\r\n0\r\n/);
      await scene.heard(/^told: .*its time is over/);
      assert.deepEqual(scene.server.troubles, []);
    },
  },
};

const FORWARDED = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n";

test("docs/interfaces.md promises of each request what is tested here, and nothing else", () => {
  assert.deepEqual(promisedBy("request"), Object.keys(PROMISES));
});

for (const [sentence, { settings = {}, hooks, keeps }] of Object.entries(PROMISES)) {
  test(sentence, async (t) => {
    for (const name of Object.keys(INTERFACES) as Name[]) {
      await t.test(name, async (each) => {
        const noted: unknown[] = [];
        const scene = new Scene(each, name, settings, hooks?.(noted));
        scene.send = scene.send.bind(scene);
        scene.ask = scene.ask.bind(scene);
        await keeps(scene, noted);
      });
    }
  });
}
