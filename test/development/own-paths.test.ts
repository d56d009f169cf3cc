import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { isOwnPath, withOwnPaths } from "../../src/development/own-paths.ts";
import { gatewayFor } from "../../src/gateway/run.ts";
import { get, RawClient } from "../support/client.ts";
import { nothing, serveGateway } from "../support/worker.ts";

async function served(t: TestContext, script: boolean) {
  const server = serveGateway((host) => {
    const serve = gatewayFor((environ, startResponse) => {
      startResponse("200 OK", []);
      return ["application ", environ.PATH_INFO];
    }, host);
    return withOwnPaths(serve, { boot: "7.3", script, nextRequestId: host.nextRequestId });
  });
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  return { client, server };
}

test("the stream names the start, stays open, and ends when the worker leaves", async (t) => {
  const { client, server } = await served(t, true);
  client.send(get("/shop/.tsgi/events"));
  const text = await client.until((received) => received.includes("7.3\n\n"));
  assert.match(
    text,
    /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Type: text\/event-stream\r\n[\s\S]*Cache-Control: no-store\r\n/,
  );
  assert.match(text, /retry: \d+\n\nevent: boot\ndata: 7\.3\n\n/);
  assert.equal(server.worker.inFlight, 1);
  server.worker.drain(nothing, nothing, "a restart");
  await client.until((received) => received.endsWith("0\r\n\r\n"));
});

test("the script is one where it is wanted, and HEAD of both is whole", async (t) => {
  const { client } = await served(t, true);
  client.send(get("/.tsgi/reload.js"));
  const { status, fields, body } = await client.response();
  assert.deepEqual([status, fields["content-type"]], [200, "text/javascript; charset=utf-8"]);
  assert.match(body, /"7\.3"/);
  client.send("HEAD /.tsgi/events HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.equal((await client.response({ bodyless: true })).status, 200);
});

test("everything else is the application's, the script too where there is none", async (t) => {
  const { client } = await served(t, false);
  for (const path of ["/", "/.tsgi/", "/.tsgi/reload.js"]) {
    client.send(get(path));
    assert.equal((await client.response()).body, `application ${path}`);
  }
  assert.deepEqual([isOwnPath("/.tsgi/reload.js", true), isOwnPath("/.tsgi/reload.js", false)], [true, false]);
});
