import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import { type TestContext, test } from "node:test";
import tls from "node:tls";
import type { Application } from "../../src/gateway/types.ts";
import { FAULTS, type FaultCode } from "../../src/protocol/faults.ts";
import { RawClient } from "../support/client.ts";
import { type InProcess, serveInProcess } from "../support/worker.ts";

const hello: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return ["hello"];
};

function serve(t: TestContext): InProcess {
  const server = serveInProcess(hello);
  t.after(() => server.close());
  return server;
}

/** How many lines of the log tell this fault. */
const told = (server: InProcess, code: FaultCode): number =>
  server.log.filter(({ message }) => message.includes(FAULTS[code].why)).length;

test("a TLS client on a plain port is told in HTTP, which it takes for a bad record, and has a log line of its own", async (t) => {
  const server = serve(t);
  const client = tls.connect({ host: "127.0.0.1", port: server.port, servername: "a.test" });
  const [error] = (await once(client, "error")) as [NodeJS.ErrnoException];
  assert.match(error.code ?? "", /^(?:ERR_SSL_|EPROTO)/);
  assert.equal(told(server, "edge.tls-hello"), 1);
});

test("an HTTP/2 client fails at once and has a log line of its own", async (t) => {
  const server = serve(t);
  const session = http2.connect(`http://127.0.0.1:${server.port}`);
  t.after(() => session.destroy());
  await once(session, "error");
  assert.equal(told(server, "edge.http2-preface"), 1);
});

for (const [name, code, bytes] of [
  ["uwsgi packet", "edge.uwsgi-packet", "\0\x1c\0\0\x0c\0QUERY_STRING\0\0\x06\0SCHEME\0\0"],
  ["PROXY line", "edge.proxy-line", "PROXY TCP4 192.0.2.1 192.0.2.2 1 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["PROXY v2 header", "edge.proxy-line", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
] as const) {
  test(`a ${name} on a port for HTTP is answered in HTTP, closes, and has a log line of its own`, async (t) => {
    const server = serve(t);
    const client = await RawClient.connect(server.port);
    t.after(() => client.close());
    client.send(bytes);
    const { status, body } = await client.response();
    assert.deepEqual([status, body], [400, `400 Bad Request: ${FAULTS[code].why}\n`]);
    assert.equal(await client.rest(), "");
    assert.equal(told(server, code), 1);
    assert.equal(server.worker.served, 0);
  });
}
