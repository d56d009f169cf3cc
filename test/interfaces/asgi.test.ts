// The whole interface on a worker's sockets, and what its speed rests on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asgiInterface } from "../../src/interfaces/asgi.ts";
import type { AsgiApplication } from "../../src/interfaces/asgi-types.ts";
import { driveAsgi } from "../support/asgi.ts";
import { RawClient } from "../support/client.ts";
import { serveGateway } from "../support/worker.ts";

const application: AsgiApplication = async (scope, receive, send) => {
  if (scope.type === "lifespan") {
    await receive();
    scope.state["greeting"] = "hello";
    await send({ type: "lifespan.startup.complete" });
    await receive();
    return;
  }
  if (scope.type !== "http") throw new Error("no websockets here");
  const parts: Uint8Array[] = [];
  for (let event = await receive(); event.type === "http.request"; event = await receive()) {
    parts.push(event.body);
    if (!event.more_body) break;
  }
  await send({ type: "http.response.start", status: 200, headers: [["content-type", "text/plain"]] });
  await send({ type: "http.response.body", body: `${scope.state["greeting"]} ${scope.path} `, more_body: true });
  await send({ type: "http.response.body", body: Buffer.concat(parts) });
};

test("one application serves its lifespan and its requests, whose bodies go both ways on a connection that is kept", async (t) => {
  const served = asgiInterface(application);
  await served.startup!({ slot: 1, generation: 1, workers: 1 });
  const server = serveGateway(served.gateway);
  t.after(() => server.close());
  const big = "x".repeat(1_000_000);
  for (const body of ["", "small", big]) {
    const init = body === "" ? {} : { method: "POST", body };
    const answer = await fetch(`http://127.0.0.1:${server.port}/caf%C3%A9`, init);
    assert.equal(await answer.text(), `hello /café ${body}`);
  }
  assert.deepEqual(server.troubles, []);
});

test("a handshake that is wrong never reaches the application, and an upgrade to something else is a request like any other", async (t) => {
  let called = 0;
  const server = serveGateway(
    asgiInterface(async (_scope, _receive, send) => {
      called += 1;
      await send({ type: "http.response.start", status: 200 });
      await send({ type: "http.response.body" });
    }).gateway,
  );
  t.after(() => server.close());
  const ask = async (fields: string): Promise<string> => {
    const client = await RawClient.connect(server.port);
    t.after(() => client.close());
    client.send(`GET / HTTP/1.1\r\nHost: h\r\n${fields}\r\n`);
    return (await client.response()).head.split("\r\n")[0]!;
  };
  const upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\n";
  assert.match(await ask(`${upgrade}Sec-WebSocket-Version: 13\r\n`), / 400 /);
  assert.match(await ask(`${upgrade}Sec-WebSocket-Version: 8\r\n`), / 426 /);
  assert.equal(called, 0);
  assert.match(await ask("Connection: upgrade\r\nUpgrade: h2c\r\n"), / 200 /);
  assert.equal(called, 1);
});

test("a start and a body that come together are one event, and its fields are the frozen list of the request before", async () => {
  const hello = () =>
    driveAsgi(async (_scope, _receive, send) => {
      await send({ type: "http.response.start", status: 200, headers: [["content-type", "text/plain"]] });
      await send({ type: "http.response.body", body: "hello" });
    });
  const [first, second] = [await hello(), await hello()];
  assert.equal(first.events.length, 1);
  assert.equal(first.response.fields, second.response.fields);
  assert.ok(Object.isFrozen(first.response.fields));
});

test("what has nothing to wait for is one promise for all", async () => {
  const promises = new Set<Promise<void>>();
  await driveAsgi(async (_scope, _receive, send) => {
    promises.add(send({ type: "http.response.start", status: 200 }));
    await null;
    promises.add(send({ type: "http.response.body", body: "a", more_body: true }));
    promises.add(send({ type: "http.response.body" }));
  });
  assert.equal(promises.size, 1);
});
