import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { RawClient } from "../support/client.ts";
import { drive } from "../support/node-exchange.ts";
import { serveNode } from "../support/node-worker.ts";

const types = (events: readonly { readonly type: string }[]): string => events.map(({ type }) => type).join(" ");

for (const [what, listener] of [
  ["end", (s: ServerResponse) => s.end("hello")],
  ["setHeader and end", (s: ServerResponse) => s.setHeader("Content-Length", 5).end("hello")],
  ["writeHead and end", (s: ServerResponse) => s.writeHead(200, { "Content-Length": "5" }).end("hello")],
] as const) {
  test(`${what} in one turn is one event with its body and its length`, () => {
    const [event, ...rest] = drive((_q, s) => void listener(s)).pump();
    assert.ok(event?.type === "response");
    assert.deepEqual([event.body, event.length, event.more, rest.length], ["hello", 5, false, 0]);
  });
}

test("the same in a later turn wakes once, and is one event too", async () => {
  const driven = drive((_q, s) => void setImmediate(() => s.end("hello")));
  assert.deepEqual(driven.pump(), []);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.equal(driven.wakes, 1);
  assert.equal(types(driven.pump()), "response");
});

test("a large body is followed by an end of its own, so that `finish` means that it was taken", async () => {
  const heard: string[] = [];
  const driven = drive((_q, s) => s.on("finish", () => heard.push("finish")).end(Buffer.alloc(100_000)));
  const first = driven.exchange.next();
  assert.deepEqual([first.type, (first as { more?: boolean }).more], ["response", true]);
  await new Promise(setImmediate);
  assert.deepEqual(heard, []);
  assert.equal(driven.exchange.next().type, "end");
  await new Promise(setImmediate);
  assert.deepEqual(heard, ["finish"]);
});

test("a callback of write is told when the piece was taken, and drain comes when all were", async () => {
  const heard: string[] = [];
  const driven = drive((_q, s) => {
    s.on("drain", () => heard.push("drain"));
    s.write("a".repeat(20_000), () => heard.push("first"));
    heard.push(String(s.write("b".repeat(80_000), () => heard.push("second"))));
  });
  assert.equal(types([driven.exchange.next(), driven.exchange.next()]), "response data");
  assert.deepEqual(heard, ["false", "first"]);
  assert.equal(driven.exchange.next().type, "wait");
  assert.deepEqual(heard, ["false", "first", "second", "drain"]);
});

for (const [what, text, length] of [
  ["fewer", "abc", 5],
  ["more", "abcdefgh", 5],
] as const) {
  test(`${what} bytes than Content-Length says, at once: 500, since nothing was sent, and a report that names both`, () => {
    const driven = drive((_q, s) => s.writeHead(200, { "Content-Length": length }).end(text));
    const [event] = driven.pump();
    assert.equal((event as { status: number }).status, 500);
    assert.match(String(driven.troubles[0]!.error), new RegExp(`Content-Length 5 and gave ${text.length} bytes`));
  });

  test(`${what} bytes than Content-Length says, piece by piece: the client sees a cut, and never a byte too many`, async (t) => {
    const worker = serveNode(t, (_q, s) => {
      s.writeHead(200, { "Content-Length": length });
      s.write(text.slice(0, 2));
      setTimeout(() => s.end(text.slice(2)), 5);
    });
    const answer = await fetch(worker.url).then(
      (response) => response.text().catch(() => "cut"),
      () => "cut",
    );
    assert.ok(answer === "cut" || answer === text.slice(0, length), answer);
    assert.equal(worker.troubles.length, 1);
    assert.equal(worker.troubles[0]!.answer, "cut");
  });
}

test("nothing of a body goes out for HEAD, 204 and 304, whatever is written", () => {
  for (const [method, status] of [
    ["HEAD", 200],
    ["GET", 204],
    ["GET", 304],
  ] as const) {
    const [event] = drive((_q, s) => s.writeHead(status).end("body"), { method }).pump();
    assert.deepEqual([(event as { body?: unknown }).body, (event as { more: boolean }).more], [undefined, false]);
  }
});

test("the end of a response waits while the application still takes the request in", async () => {
  let push: ((bytes: Uint8Array | null) => void) | undefined;
  const source = { read: () => new Promise<Uint8Array | null>((resolve) => (push = resolve)) };
  let got = "";
  const driven = drive(
    (q, s) => {
      q.on("data", (chunk) => (got += String(chunk)));
      s.end("early");
    },
    { source, body: [] },
  );
  assert.equal(types(driven.pump()), "response");
  await new Promise(setImmediate);
  push!(Buffer.from("late"));
  await new Promise(setImmediate);
  push!(null);
  await new Promise(setImmediate);
  assert.equal(types(driven.pump()), "end");
  assert.equal(got, "late");
});

test("three requests in one write are answered in their order, whenever each of them answers", async (t) => {
  const answers: Record<string, (s: ServerResponse) => void> = {
    now: (s) => s.end("now"),
    microtask: (s) => queueMicrotask(() => s.end("microtask")),
    later: (s) => void setImmediate(() => s.end("later")),
    pieces: (s) => void setImmediate(() => s.write("pie") && setImmediate(() => s.end("ces"))),
  };
  const { port } = serveNode(t, (q, s) => answers[q.url!.slice(1)]!(s));
  const client = await RawClient.connect(port);
  t.after(() => client.close());
  const names = Object.keys(answers);
  for (const first of names) {
    for (const second of names) {
      const asked = [first, second, "now"];
      client.send(asked.map((name) => `GET /${name} HTTP/1.1\r\nHost: h\r\n\r\n`).join(""));
      for (const name of asked) assert.equal((await client.response()).body, name, `${first}, ${second}`);
    }
  }
});
