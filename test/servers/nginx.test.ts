// What an application sees of a request that came through nginx, in every name and value, and what the client sees of its answers.
// The environs are in golden/; UPDATE_GOLDEN=1 writes them anew, to be read before they are believed.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { RawClient, type RawResponse } from "../support/client.ts";
import { FRONT_TITLES, FRONTS, noNginx, startSite } from "../support/nginx.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** Values that are different each time, with the form that they must have. */
const CHANGING: readonly (readonly [name: string, form: RegExp, placeholder: string])[] = [
  ["HTTP_X_REQUEST_ID", /^[0-9a-f]{32}$/, "<nginx's $request_id>"],
  ["tsgi.request_id", /^[0-9a-f]{10}-[0-9a-v]{3,}$/, "<a request id>"],
  ["SERVER_SOFTWARE", new RegExp(`^tsgi/${version.replaceAll(".", "\\.")}$`), "<tsgi and its version>"],
];

interface Case {
  readonly request: string;
  readonly status: number;
  readonly body: string;
}

const form = "name=Ada+Lovelace&city=%C3%84&empty=";

const CASES: Readonly<Record<string, Case>> = {
  "GET with a query and percent-encoding": {
    request:
      "GET /caf%C3%A9/a%2Fb/%2541/%F0%9F%90%98/%ff/x/..//y?q=%2F%41&q=%C3%A9&bare&x=1%2541+2 HTTP/1.1\r\nHost: Example.com:8080\r\n\r\n",
    status: 200,
    body: "body: ",
  },
  "POST of a form, with repeated fields, cookies and forged ones": {
    request: [
      "POST /form HTTP/1.1",
      "Host: example.com",
      "Content-Type: application/x-www-form-urlencoded",
      `Content-Length: ${form.length}`,
      "Cookie: a=1; b=2",
      "Cookie: c=3",
      "Accept: text/html",
      "Accept: application/json;q=0.5",
      "X-Many: one",
      "X-Many: two, three",
      "X-Latin: caf\xe9",
      "User-Agent: test/1.0",
      "Referer: http://example.com/caf%C3%A9",
      "X-Forwarded-For: 6.6.6.6",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: evil.example",
      "X_Forwarded_For: 6.6.6.6",
      "X-Request-ID: forged",
      "Proxy: http://evil.example",
      "Connection: keep-alive",
      "",
      form,
    ].join("\r\n"),
    status: 200,
    body: `body: ${form}`,
  },
  "POST in chunks, which nginx takes in first": {
    request:
      "POST /chunks HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n",
    status: 200,
    body: "body: hello, world",
  },
  "POST in chunks, passed on as they come": {
    request:
      "POST /uploads/chunks HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n",
    status: 200,
    body: "body: hello, world",
  },
  HEAD: {
    request: "HEAD /head?x HTTP/1.1\r\nHost: example.com\r\n\r\n",
    status: 200,
    body: "",
  },
  "an answer of 204": {
    request: "DELETE /204 HTTP/1.1\r\nHost: example.com\r\n\r\n",
    status: 204,
    body: "",
  },
  "an answer of 304": {
    request: 'GET /304 HTTP/1.1\r\nHost: example.com\r\nIf-None-Match: "v1"\r\n\r\n',
    status: 304,
    body: "",
  },
  "a client of HTTP/1.0 without Host": {
    request: "GET /old HTTP/1.0\r\n\r\n",
    status: 200,
    body: "body: ",
  },
};

for (const front of FRONTS) {
  test(`${FRONT_TITLES[front]}: the environ is the golden one, whole`, { skip: noNginx }, async (t) => {
    const site = await startSite(t, front, ["proxied:application"]);
    const seen: Record<string, unknown> = {};
    for (const [title, { request, status, body }] of Object.entries(CASES)) {
      const answer = await ask(site.port, request);
      assert.deepEqual([title, answer.status, answer.body], [title, status, body]);
      seen[title] = environOf(answer);
    }
    const golden = fileURLToPath(new URL(`golden/${front}.json`, import.meta.url));
    if (process.env["UPDATE_GOLDEN"] !== undefined) writeFileSync(golden, `${JSON.stringify(seen, undefined, 2)}\n`);
    assert.deepEqual(seen, JSON.parse(readFileSync(golden, "utf8")));
    assert.deepEqual((await site.nginx.quit()).errors, []);
  });

  test(`${FRONT_TITLES[front]}: headers of answers come through, repeated ones and those without a body`, {
    skip: noNginx,
  }, async (t) => {
    const { port } = await startSite(t, front, ["proxied:application"]);
    const twice = await ask(port, "GET /twice HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal(twice.fields["set-cookie"], "a=1, b=2");
    assert.equal(twice.fields["content-length"], "6");
    const head = await ask(port, "HEAD /twice HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal(head.fields["set-cookie"], "a=1, b=2");
    const unchanged = await ask(port, "GET /304 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal(unchanged.fields["etag"], '"v1"');
    const empty = await ask(port, "GET /204 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal(empty.fields["content-length"], undefined);
  });

  test(`${FRONT_TITLES[front]}: the 500 of an application that throws has the request id of the log line`, {
    skip: noNginx,
  }, async (t) => {
    const { port, server, nginx } = await startSite(t, front, ["proxied:application"]);
    const answer = await ask(port, "GET /throws HTTP/1.1\r\nHost: x\r\n\r\n");
    const { requestId } = await server.says(/^the application failed/);
    assert.equal(answer.status, 500);
    assert.equal(answer.body, `500 Internal Server Error\nrequest ${String(requestId)}\n`);
    assert.equal(answer.fields["x-request-id"], requestId);
    assert.deepEqual(await nginx.quit(), { statuses: ["500 500"], errors: [] });
  });
}

/** One request on a connection of its own. */
async function ask(port: number, request: string): Promise<RawResponse> {
  const client = await RawClient.connect(port);
  client.send(request);
  try {
    return await client.response({ bodyless: request.startsWith("HEAD ") });
  } finally {
    client.close();
  }
}

/** What the application was given, with placeholders for what is different each time. */
function environOf(answer: RawResponse): Record<string, unknown> {
  const environ = JSON.parse(answer.fields["x-environ"] ?? "{}") as Record<string, unknown>;
  for (const [name, form, placeholder] of CHANGING) {
    if (!(name in environ)) continue;
    assert.match(String(environ[name]), form, name);
    environ[name] = placeholder;
  }
  return environ;
}
