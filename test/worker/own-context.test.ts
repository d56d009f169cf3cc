import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import { nodeInterface } from "../../src/interfaces/node.ts";
import { inOwnContext } from "../../src/worker/own-context.ts";
import { get, RawClient } from "../support/client.ts";
import { serveGateway } from "../support/worker.ts";

const who = new AsyncLocalStorage<string>();

test("what runs in a context of its own sees nobody's, and leaves nothing to the next", () => {
  who.run("caller", () => {
    const seen = [1, 2].map(() =>
      inOwnContext(() => {
        const found = who.getStore();
        who.enterWith("entered");
        return found;
      }),
    );
    assert.deepEqual([...seen, who.getStore()], [undefined, undefined, "caller"]);
  });
});

/** Answers with whose context the request began in, and keeps its own to the end. */
const serve = (kept: unknown[], settings = {}) => {
  const { gateway } = nodeInterface((request, response) => {
    const began = who.getStore();
    const end = () => {
      response.on("finish", () => kept.push(who.getStore() === request.url));
      response.end(String(began));
    };
    if (request.url!.startsWith("/entered")) {
      who.enterWith(request.url!);
      end();
    } else {
      // Turns enough for the requests of the other clients to come.
      who.run(request.url!, async () => {
        for (let i = 0; i < 20; i += 1) await new Promise(setImmediate);
        end();
      });
    }
  });
  return serveGateway(gateway, settings);
};

for (const path of ["/run", "/entered"]) {
  test(`a request of a pipeline does not begin in the context of the one before it, ${path.slice(1)}`, async (t) => {
    const kept: unknown[] = [];
    const server = serve(kept);
    const client = await RawClient.connect(server.port);
    t.after(() => {
      client.close();
      server.close();
    });
    client.send([1, 2, 3].map((at) => get(`${path}${at}`)).join(""));
    for (let i = 0; i < 3; i += 1) assert.equal((await client.response()).body, "undefined");
    await new Promise(setImmediate);
    assert.deepEqual(kept, [true, true, true]);
  });
}

test("a request that waited for its turn does not begin in the context of the one that made room", async (t) => {
  const server = serve([], { limitInFlight: 1 });
  const clients = await Promise.all([1, 2, 3].map(() => RawClient.connect(server.port)));
  t.after(() => {
    for (const client of clients) client.close();
    server.close();
  });
  for (const [at, client] of clients.entries()) client.send(get(`/run${at}`));
  for (const client of clients) assert.equal((await client.response()).body, "undefined");
});
