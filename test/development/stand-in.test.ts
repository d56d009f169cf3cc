import assert from "node:assert/strict";
import { test } from "node:test";
import { standIn } from "../../src/development/stand-in.ts";
import type { BootFailure } from "../../src/ipc/messages.ts";
import { get, RawClient } from "../support/client.ts";
import { handshake } from "../support/websocket.ts";
import { serveGateway } from "../support/worker.ts";

const FAILURE: BootFailure = { code: "no-export", message: "secret.ts exports no application\n\nit exports x" };

test("every request is answered with the reason, one for a websocket too", async (t) => {
  const server = serveGateway(standIn(FAILURE, { errorPages: true, root: "/site" }));
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  client.send(get("/any/path"));
  const { status, body } = await client.response();
  assert.equal(status, 500);
  assert.match(
    body,
    /^The module has no such export.*\n\nsecret\.ts exports no application\n\nit exports x\n\nrequest id-1\n$/,
  );
  client.send("POST / HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nContent-Length: 2\r\n\r\nhi");
  assert.match((await client.response()).body, /<h1>secret\.ts exports no application<\/h1>/);
  client.send(handshake({ target: "/room" }));
  assert.equal((await client.response()).status, 500);
});

test("where no pages are wanted, a plain 500 says nothing of the inside", async (t) => {
  const server = serveGateway(standIn(FAILURE, { errorPages: false, root: "/site" }));
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  for (const accept of ["text/html", "application/json", "*/*"]) {
    client.send(`GET / HTTP/1.1\r\nHost: x\r\nAccept: ${accept}\r\n\r\n`);
    const { status, body } = await client.response();
    assert.deepEqual([status, body.split("\n")[0]], [500, "500 Internal Server Error"]);
    assert.doesNotMatch(body, /secret/);
  }
});
