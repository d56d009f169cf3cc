import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createGzip } from "node:zlib";
import { nodeInterface } from "../../src/interfaces/node.ts";
import { RawClient } from "../support/client.ts";
import { firstOf, type Listener, type Note, type Row, Twins } from "../support/node-twins.ts";
import { serveGateway } from "../support/worker.ts";

/** Notes the life of a response. */
const watch = (response: ServerResponse, note: Note): void => {
  for (const event of ["finish", "close"]) response.on(event, () => note(event));
};

/** A listener whose response is watched. */
const watched =
  (listener: Listener): Listener =>
  (request, response, note) => {
    watch(response, note);
    return listener(request, response, note);
  };

const row = (title: string, listener: Listener, more: Omit<Row, "title" | "listener"> = {}): Row => ({
  title,
  listener: watched(listener),
  ...more,
});

/** Where the two tell the same in another order, which is nobody's promise. */
const unwatched = (title: string, listener: Listener, more: Omit<Row, "title" | "listener"> = {}): Row => ({
  title,
  listener,
  ...more,
});

const post = (body: string, extra = ""): string =>
  `POST * HTTP/1.1\r\nHost: example.com\r\nContent-Length: ${body.length}\r\n${extra}\r\n${body}`;
const chunked = (body: string): string =>
  `POST * HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
const ask = (method: string, extra = ""): string => `${method} * HTTP/1.1\r\nHost: example.com\r\n${extra}\r\n`;

/** What a call throws, by its code. */
const thrown = (call: () => unknown): string => {
  try {
    call();
    return "nothing";
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
};

/** A client that leaves once it has read something. */
const leaveAt =
  (text: string) =>
  async (client: Parameters<NonNullable<Row["client"]>>[0]): Promise<string> => {
    await client.until((received) => received.includes(text));
    client.socket.resetAndDestroy();
    return "left";
  };

const ROWS: readonly Row[] = [
  row("end with a text", (_q, s) => s.end("hello")),
  row("end with nothing", (_q, s) => s.end()),
  row("end with a Buffer", (_q, s) => s.end(Buffer.from([0, 255, 10]))),
  row("end with text beyond latin-1", (_q, s) => s.end("h\u00e9 \u20ac \ud83d\ude00")),
  row("end with latin1", (_q, s) => s.end("h\u00e9", "latin1")),
  row("end with base64", (_q, s) => s.end("aGk=", "base64")),
  row("end with a callback", (_q, s, note) => s.end("x", () => note("done"))),
  row("end in a later turn", async (_q, s) => {
    await sleep(1);
    s.end("later");
  }),
  row("end twice", (_q, s) => s.end("x").end()),
  row("write and end in one turn", (_q, s) => {
    s.write("a");
    s.end("b");
  }),
  row("writes in turns of their own", async (_q, s, note) => {
    for (const text of ["a", "b", "c"]) {
      s.write(text, () => note(text));
      await sleep(1);
    }
    s.end();
  }),
  row("an empty write sends the head", async (_q, s) => {
    s.write("");
    await sleep(1);
    s.end("x");
  }),
  row("flushHeaders, then silence, then a body", async (_q, s) => {
    s.setHeader("X-A", "1");
    s.flushHeaders();
    await sleep(5);
    s.end("x");
  }),
  row("status and reason", (_q, s) => {
    s.statusCode = 418;
    s.statusMessage = "Short And Stout";
    s.end();
  }),
  row("writeHead with an object", (_q, s) => s.writeHead(201, { "X-A": "1", "x-b": ["2", "3"] }).end("x")),
  row("writeHead with a reason and an object", (_q, s) => s.writeHead(201, "Made", { "X-A": 1 }).end("x")),
  row("writeHead with a flat list", (_q, s) => s.writeHead(200, ["X-A", "1", "X-A", "2"]).end("x")),
  row("writeHead with a list of pairs", (_q, s) => s.writeHead(200, [["X-A", "1"]] as unknown as string[]).end("x")),
  row("setHeader and writeHead together", (_q, s) => {
    s.setHeader("X-A", "1");
    s.setHeader("X-B", "2");
    s.writeHead(200, { "X-B": "3" }).end("x");
  }),
  row("Set-Cookie as a list", (_q, s) => s.setHeader("Set-Cookie", ["a=1", "b=2"]).end("x")),
  row("appendHeader", (_q, s) => s.appendHeader("X-A", "1").appendHeader("X-A", "2").end("x")),
  row("setHeaders of a Headers", (_q, s) => s.setHeaders(new Headers({ "x-a": "1" })).end("x")),
  row("removeHeader", (_q, s) => {
    s.setHeader("X-A", "1");
    s.removeHeader("X-A");
    s.end("x");
  }),
  row("Content-Length of the application", (_q, s) => s.setHeader("Content-Length", "3").end("abc")),
  row("Content-Length and several writes", async (_q, s) => {
    s.setHeader("Content-Length", 4);
    s.write("ab");
    await sleep(1);
    s.end("cd");
  }),
  row("Transfer-Encoding of the application", (_q, s) => s.setHeader("Transfer-Encoding", "chunked").end("abc")),
  row("latin-1 in a value", (_q, s) => s.writeHead(200, { "X-A": "caf\u00e9" }).end(Buffer.from("x"))),
  row("names and values that cannot be", (_q, s) =>
    s.end(
      [
        thrown(() => s.setHeader("a b", "1")),
        thrown(() => s.setHeader("X-A", "1\r\nX-B: 2")),
        thrown(() => s.setHeader("X-A", "\u20ac")),
        thrown(() => s.setHeader("X-A", undefined as unknown as string)),
        thrown(() => s.writeHead(200, { "X-A": "1\n" })),
        thrown(() => s.writeHead(1000)),
        thrown(() => s.writeHead(200, "a\nb")),
        thrown(() => (s.statusMessage = "Fine")),
      ].join(),
    ),
  ),
  row("headers after the head", (_q, s, note) => {
    s.write("x");
    note(thrown(() => s.setHeader("X-A", "1")));
    note(thrown(() => s.writeHead(200)));
    note(`${s.headersSent}`);
    s.end();
  }),
  row("write after end", (_q, s, note) => {
    s.on("error", (error) => note((error as NodeJS.ErrnoException).code!));
    s.end("x");
    note(String(s.write("y", (error) => note(`told ${(error as NodeJS.ErrnoException).code}`))));
  }),
  row("chunks that are none", (_q, s, note) => {
    note(thrown(() => s.write(5 as unknown as string)));
    note(thrown(() => s.write(null as unknown as string)));
    s.end();
  }),
  row("strictContentLength", (_q, s, note) => {
    s.strictContentLength = true;
    s.writeHead(200, { "Content-Length": 2 });
    note(thrown(() => s.write("abc")));
    s.end("ab");
  }),
  row("204 has no body", (_q, s) => {
    s.statusCode = 204;
    s.end("gone");
  }),
  row("304 keeps its length and has no body", (_q, s) => {
    s.writeHead(304, { "Content-Length": "5", ETag: '"a"' });
    s.end();
  }),
  row("HEAD with end", (_q, s) => s.setHeader("X-A", "1").end("hello"), { request: ask("HEAD") }),
  row("HEAD with Content-Length", (_q, s) => s.setHeader("Content-Length", "5").end("hello"), { request: ask("HEAD") }),
  row(
    "HEAD with writes",
    (_q, s, note) => {
      note(String(s.write("a", () => note("told"))));
      s.end();
    },
    { request: ask("HEAD") },
  ),
  row("the life of a response's properties", (_q, s, note) => {
    const say = (when: string) =>
      note(`${when} ${s.headersSent} ${s.writableEnded} ${s.finished} ${s.destroyed} ${s.closed} ${s.socket === null}`);
    say("start");
    s.on("finish", () => say(`finish ${s.writableFinished} ${s.writableLength}`));
    s.on("close", () => say(`close ${s.writableFinished}`));
    s.write("x");
    say("written");
    s.end();
    say("ended");
  }),
  row("prefinish", (_q, s, note) => {
    s.on("prefinish", () => note("prefinish"));
    s.end("x");
  }),
  row(
    "trailers of a response",
    (_q, s) => {
      s.writeHead(200, { Trailer: "X-Sum" });
      s.write("abc");
      s.addTrailers({ "X-Sum": "1" });
      s.end();
    },
    { request: ask("GET", "TE: trailers\r\nConnection: TE\r\n") },
  ),
  row("Trailer and a length", (_q, s, note) => {
    note(thrown(() => s.writeHead(200, { Trailer: "X-Sum", "Content-Length": "1" })));
    s.end("x");
  }),
  row("100 Continue by the application", (_q, s) => {
    s.writeContinue();
    s.end("x");
  }),
  row("102 and 103", (_q, s, note) => {
    s.writeProcessing(() => note("told"));
    s.writeEarlyHints({ link: ["</a.css>; rel=preload", "</b.css>; rel=preload"], "X-A": "1" });
    s.end("x");
  }),
  row("a stream in pipeline", async (_q, s) => {
    await pipeline(Readable.from(["a", "b", "c"]), s);
  }),
  row("a file and a transform in pipeline", async (_q, s) => {
    s.setHeader("Content-Type", "text/plain");
    await pipeline(
      createReadStream(new URL(import.meta.url)),
      createGzip(),
      async function* (source) {
        let size = 0;
        for await (const chunk of source) size += (chunk as Buffer).length;
        yield String(size);
      },
      s,
    );
  }),
  row("a large body at once", (_q, s) => s.end(Buffer.alloc(3_000_000, "x"))),
  row("a large body with backpressure", async (_q, s, note) => {
    for (let i = 0; i < 60; i += 1) if (!s.write("y".repeat(100_000))) await once(s, "drain");
    note(`${s.writableNeedDrain}`);
    s.end();
  }),
  row("cork and uncork", (_q, s) => {
    s.cork();
    s.write("a");
    s.write("b");
    s.uncork();
    s.end();
  }),
  row(
    "what a request is",
    (q, s) => {
      const { method, httpVersion, httpVersionMajor, httpVersionMinor, headers, headersDistinct } = q;
      s.end(
        JSON.stringify([method, httpVersion, httpVersionMajor, httpVersionMinor, headers, headersDistinct, q.aborted]),
      );
    },
    {
      request: ask("GET", "X-A: 1\r\nX-A: 2\r\nCookie: a=1\r\nCookie: b=2\r\nAuthorization: x\r\nAuthorization: y\r\n"),
    },
  ),
  row(
    "targets as they were sent",
    (q, s, note) => {
      note(q.url!);
      s.end();
    },
    { request: "GET */a%2Fb/../c?x=%zz&y[]=1 HTTP/1.1\r\nHost: example.com\r\n\r\n" },
  ),
  row("the end of a request without a body", (q, s, note) => {
    q.on("data", () => note("data"));
    q.on("end", () => {
      note(`end ${q.complete}`);
      s.end();
    });
    q.on("close", () => note("request close"));
  }),
  row(
    "nobody reads, and the end is heard all the same",
    (q, s, note) => {
      q.on("end", () => note("end"));
      q.on("close", () => note(`request close ${q.destroyed}`));
      s.end("x");
    },
    { until: "request close true" },
  ),
  row(
    "a body by events",
    (q, s) => {
      let body = "";
      q.setEncoding("utf8").on("data", (text) => (body += text));
      q.on("end", () => s.end(`${body} ${q.complete} ${q.readableEnded}`));
    },
    { request: post("hello") },
  ),
  row("a body by iteration", async (q, s) => s.end(await bodyOf(q)), {
    request: chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
  }),
  row(
    "a body by readable and read",
    (q, s) => {
      let body = "";
      q.on("readable", () => {
        for (let chunk = q.read(); chunk !== null; chunk = q.read()) body += String(chunk);
      });
      q.on("end", () => s.end(body));
    },
    { request: post("hello") },
  ),
  row("a body piped back", (q, s) => void q.pipe(s), { request: post("z".repeat(200_000)) }),
  row(
    "trailers of a request",
    async (q, s) => {
      await bodyOf(q);
      s.end(JSON.stringify([q.trailers, q.rawTrailers.length]));
    },
    { request: chunked("3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n") },
  ),
  row("a body that nobody reads", (_q, s) => s.end("early"), { request: post("hello") }),
  unwatched(
    "an answer before the body is read",
    (q, s, note) => {
      let body = "";
      q.on("data", (chunk) => (body += String(chunk)));
      q.on("end", () => note(`read ${body.length}`));
      s.end("early");
    },
    {
      request: "POST * HTTP/1.1\r\nHost: example.com\r\nContent-Length: 6\r\n\r\nabc",
      client: async (client) => {
        const answer = await firstOf(client);
        client.send("def");
        return answer;
      },
      until: "read 6",
    },
  ),
  row("100 Continue when the body is read", async (q, s) => s.end(await bodyOf(q)), {
    request: "POST * HTTP/1.1\r\nHost: example.com\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
    client: async (client) => {
      const interim = await client.response();
      client.send("ok");
      return [interim.status, await firstOf(client)];
    },
  }),
  row("keep-alive and a second request", (q, s) => s.end(q.method), {
    client: async (client) => {
      const first = await firstOf(client);
      client.send("DELETE /60 HTTP/1.1\r\nHost: example.com\r\n\r\n".replace("60", "0"));
      return [first, await firstOf(client)];
    },
  }),
  unwatched(
    "a pipeline of three",
    async (q, s, note) => {
      if (q.url!.endsWith("slow")) await sleep(10);
      if (q.url!.endsWith("last")) s.on("close", () => note("close"));
      s.end(q.url!.slice(-4));
    },
    {
      request: `${ask("GET").replace("*", "*/slow")}${ask("GET").replace("*", "*/fast")}${ask("GET").replace("*", "*/last")}`,
      client: async (client) => [await firstOf(client), await firstOf(client), await firstOf(client)],
    },
  ),
  row("Connection: close of the application", (_q, s) => s.setHeader("Connection", "close").end("x"), {
    client: async (client) => {
      const answer = await client.response();
      await client.rest();
      return [answer.body, answer.fields["connection"]];
    },
  }),
  row(
    "shouldKeepAlive false",
    (_q, s) => {
      s.shouldKeepAlive = false;
      s.end("x");
    },
    {
      client: async (client) => {
        const answer = await client.response();
        await client.rest();
        return [answer.body, answer.fields["connection"]];
      },
    },
  ),
  row("Connection: close of the client", (_q, s) => s.end("x"), {
    request: ask("GET", "Connection: close\r\n"),
    client: async (client) => {
      const answer = await client.response();
      await client.rest();
      return [answer.body, answer.fields["connection"]];
    },
  }),
  row("a client of HTTP/1.0", (_q, s) => s.end("x"), {
    request: "GET * HTTP/1.0\r\n\r\n",
    client: async (client) => (await client.rest()).split("\r\n\r\n")[1],
  }),
  row(
    "the client leaves before the answer",
    (q, s, note) => {
      q.on("aborted", () => note("aborted"));
      q.on("error", (error) => note(`error ${(error as NodeJS.ErrnoException).code} ${error.message}`));
      q.on("close", () => note(`request close ${q.aborted} ${q.destroyed}`));
      s.on("close", () => note(`${s.destroyed} ${s.writableEnded} ${s.writableFinished} ${s.errored === null}`));
      s.writeHead(200);
      s.write("begun");
    },
    { client: leaveAt("begun"), until: "request close true true" },
  ),
  row(
    "the client leaves, and a pipeline hears of it",
    async (_q, s, note) => {
      const endless = new Readable({ read: () => void setTimeout(() => endless.push("begun"), 2) });
      await pipeline(endless, s).catch((error: NodeJS.ErrnoException) => note(`failed ${error.code}`));
    },
    { client: leaveAt("begun"), until: "failed ERR_STREAM_PREMATURE_CLOSE" },
  ),
  row(
    "the client leaves in the middle of its body",
    (q, s, note) => {
      s.writeContinue();
      q.on("data", (chunk) => note(`data ${(chunk as Buffer).length}`));
      q.on("aborted", () => note(`aborted ${q.complete}`));
      q.on("error", (error) => note(`error ${(error as NodeJS.ErrnoException).code}`));
      q.on("end", () => note("end"));
      q.on("close", () => note(`request close ${q.readableAborted}`));
    },
    {
      request: "POST * HTTP/1.1\r\nHost: example.com\r\nContent-Length: 6\r\n\r\nabc",
      client: leaveAt("100"),
      until: "request close true",
    },
  ),
  row(
    "write after the client has left",
    (_q, s, note) => {
      s.write("begun");
      s.on("close", () =>
        setImmediate(() => {
          note(String(s.write("more", (error) => note(`told ${(error as NodeJS.ErrnoException).code}`))));
          s.end();
          note(`ended ${s.writableEnded}`);
        }),
      );
    },
    { client: leaveAt("begun"), until: "told ERR_STREAM_DESTROYED" },
  ),
  row(
    "destroy of the response",
    (q, s, note) => {
      q.on("close", () => note("request close"));
      s.write("begun");
      setTimeout(() => note(`${s.destroy() === s} ${s.destroyed}`), 5);
    },
    {
      client: async (client) => (await client.rest().catch(() => "cut")).includes("0\r\n\r\n"),
      until: "request close",
    },
  ),
  unwatched(
    "destroy of the request",
    (q, s, note) => {
      q.on("aborted", () => note("aborted"));
      s.on("close", () => setImmediate(() => note(`both ${q.closed} ${s.closed}`)));
      setImmediate(() => q.destroy());
    },
    { client: async (client) => await client.rest().catch(() => ""), until: "both true true" },
  ),
  row(
    "destroy of the socket",
    (q, s, note) => {
      q.on("close", () => note(`request close ${s.destroyed}`));
      q.socket.on("close", () => note("socket close"));
      setImmediate(() => q.socket.destroy());
    },
    { client: async (client) => await client.rest().catch(() => ""), until: "request close true" },
  ),
  ...(["end", "destroySoon", "destroy"] as const).map((name) =>
    unwatched(
      `a response that was ended before the socket's ${name}() still leaves`,
      (q, s, note) => {
        s.on("close", () => note(`closed ${s.writableFinished}`));
        s.end("bye");
        q.socket[name]();
      },
      { client: async (client) => (await client.rest()).endsWith("\r\nbye"), until: "closed true" },
    ),
  ),
  ...(["end", "destroySoon"] as const).map((name) =>
    unwatched(
      `the socket's ${name}() waits for all of a large response`,
      (q, s, note) => {
        s.on("close", () => note("close"));
        s.end(Buffer.alloc(4_000_000));
        q.socket[name]();
      },
      { client: async (client) => (await client.rest()).split("\r\n\r\n")[1]!.length },
    ),
  ),
  ...(["request", "response"] as const).map((whose) =>
    unwatched(
      `a ${whose} that is destroyed behind the end of the response`,
      (q, s, note) => {
        s.on("close", () => note("close"));
        s.end("bye");
        (whose === "request" ? q : s).destroy();
      },
      { client: async (client) => (await client.rest()).endsWith("\r\nbye") },
    ),
  ),
  unwatched(
    "nothing leaves, and nothing is finished, once the request is destroyed",
    (q, s, note) => {
      s.on("finish", () => note("finish"));
      q.on("close", () => note("request close"));
      q.destroy();
      s.write("never");
      s.end();
    },
    { client: async (client) => await client.rest().catch(() => ""), until: "request close" },
  ),
  row("each callback of an empty write is called, in order", (_q, s, note) => {
    for (const name of ["a", "b"]) s.write("", () => note(name));
    s.write("x", () => note("c"));
    for (const name of ["d", "e"]) s.write("", () => note(name));
    setImmediate(() => s.end(() => note("f")));
  }),
  unwatched(
    "the second of a pipeline keeps its socket and its timeout when the first is closed",
    (q, s, note) => {
      if (!q.url!.endsWith("second")) {
        s.end("first");
        return;
      }
      s.on("close", () => note("close"));
      s.setTimeout(30, () => {
        note(`timeout ${(s.socket as unknown as { _httpMessage: unknown })._httpMessage === s}`);
        s.end("late");
      });
    },
    {
      request: `${ask("GET")}${ask("GET").replace("*", "*/second")}`,
      client: async (client) => [await firstOf(client), await firstOf(client)],
    },
  ),
  row("what a socket is", (q, s) => {
    const { socket } = q;
    const { remoteAddress, remoteFamily, localAddress, destroyed, readable, writable, readyState } = socket;
    const same = socket === s.socket && socket === s.connection && socket === q.connection;
    const ports = typeof socket.remotePort === typeof socket.localPort && socket.address() !== null;
    s.end(
      JSON.stringify([
        ...[remoteAddress, remoteFamily, localAddress, destroyed, readable, writable, readyState, same, ports],
        ...[socket instanceof Socket, socket.setKeepAlive(true) === socket, socket.setNoDelay() === socket],
        ...[socket.ref() === socket, socket.unref() === socket, socket.timeout, Object.keys(socket.address()).sort()],
      ]),
    );
  }),
  row("a timeout of the response that is heard", (_q, s, note) => {
    s.setTimeout(20, () => {
      note("timeout");
      s.statusCode = 503;
      s.end("late");
    });
  }),
  row(
    "a timeout that nobody hears drops the connection",
    (q, s, note) => {
      q.on("close", () => note("request close"));
      s.socket!.setTimeout(20);
    },
    { client: async (client) => await client.rest().catch(() => ""), until: "request close" },
  ),
  row(
    "a timeout of the request, while it comes in",
    (q, s, note) => {
      q.setTimeout(20, () => {
        note("timeout");
        s.setHeader("Connection", "close");
        s.end("late");
      });
      q.resume();
    },
    { request: "POST * HTTP/1.1\r\nHost: example.com\r\nContent-Length: 6\r\n\r\nabc" },
  ),
  row("on-finished: listeners of the socket come and go", (_q, s, note) => {
    const { socket } = s;
    const heard = () => note("never");
    socket!.on("error", heard).on("close", heard);
    s.on("finish", () => socket!.removeListener("error", heard).removeListener("close", heard));
    s.end("x");
  }),
  row("another prototype of both objects", (q, s) => {
    Object.setPrototypeOf(q, Object.create(Object.getPrototypeOf(q), { hi: { value: "hi" } }));
    Object.setPrototypeOf(
      s,
      Object.create(Object.getPrototypeOf(s), { say: { value: (text: string) => s.end(text) } }),
    );
    (s as unknown as { say(text: string): void }).say((q as unknown as { hi: string }).hi);
  }),
];

let twins: Twins;
const ends: (() => void)[] = [];
before(async () => {
  twins = await Twins.start({ after: (end) => void ends.push(end) }, ROWS);
});
after(() => {
  for (const end of ends) end();
});

for (const [at, { title }] of ROWS.entries()) {
  test(`as under node:http: ${title}`, { timeout: 10_000 }, async () => {
    const [theirs, ours] = await twins.compare(at);
    assert.deepEqual(ours, theirs);
  });
}

test("what is neither a listener nor a server of node:http is refused by name", () => {
  assert.throws(() => nodeInterface({} as never), /a \(request, response\) function or an http\.Server, not object/);
  assert.doesNotThrow(() => nodeInterface(createServer()));
});

/** What docs/interfaces.md says to be otherwise than under node:http: what the client gets, without Date. */
for (const [title, listener, request, expected] of [
  [
    "a header value is latin-1 in front of a text too",
    (_q, s) => s.setHeader("X-A", "\u00e9").end("a"),
    ask("GET"),
    "200 OK\r\nX-A: \u00e9\r\nContent-Length: 1\r\n\r\na",
  ],
  [
    "205 has no body",
    (_q, s) => s.writeHead(205).end("a"),
    ask("GET"),
    "205 Reset Content\r\nContent-Length: 0\r\n\r\n",
  ],
  [
    "204 has no length",
    (_q, s) => s.writeHead(204, { "Content-Length": 1 }).end("a"),
    ask("GET"),
    "204 No Content\r\n\r\n",
  ],
  [
    "trailers go to whoever reads them",
    (_q, s) => {
      s.write("a");
      s.addTrailers({ "X-T": "1", "Content-Type": "a" });
      s.end();
    },
    ask("GET", "TE: trailers\r\nConnection: TE\r\n"),
    "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-T: 1\r\n\r\n",
  ],
  [
    "and to nobody else",
    (_q, s) => {
      s.write("a");
      s.addTrailers({ "X-T": "1" });
      s.end();
    },
    ask("GET"),
    "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
  ],
  [
    "an interim response behind the end is left out",
    (_q, s) => {
      s.end("a");
      // Node 24 throws ERR_HTTP_HEADERS_SENT by itself.
      setImmediate(() => thrown(() => s.writeProcessing()));
    },
    ask("GET"),
    "200 OK\r\nContent-Length: 1\r\n\r\na",
  ],
  [
    "HTTP/1.0 has a length",
    (_q, s) => s.end("a"),
    "GET * HTTP/1.0\r\n\r\n",
    "200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\na",
  ],
  [
    "the framing is the server's",
    (_q, s) => s.writeHead(200, { "Transfer-Encoding": "gzip", Connection: "X-A" }).end("a"),
    ask("GET"),
    "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
  ],
] as readonly (readonly [string, Listener, string, string])[]) {
  test(`otherwise than under node:http: ${title}`, async (t) => {
    const server = serveGateway(nodeInterface((q, s) => listener(q, s, () => {})).gateway);
    const client = await RawClient.connect(server.port);
    t.after(() => {
      client.close();
      server.close();
    });
    client.send(request.replace("*", "/"));
    client.socket.end();
    const said = (await client.rest()).replace(/(?:Date|Server): [^\r]*\r\n/g, "");
    assert.equal(said, `HTTP/1.1 ${expected}`);
  });
}

test("a request keeps its AsyncLocalStorage in all that it hears", async (t) => {
  const kept = new AsyncLocalStorage<string>();
  const lost: string[] = [];
  const note = (what: string) => kept.getStore() === "mine" || lost.push(what);
  const server = serveGateway(
    nodeInterface((q, s) => {
      kept.run("mine", () => {
        q.on("data", () => note("data"));
        q.on("close", () => note("request close"));
        for (const event of ["drain", "finish", "close"]) s.on(event, () => note(event));
        q.on("end", () => {
          note("end");
          s.write(Buffer.alloc(300_000), () => note("told"));
          s.end(Buffer.alloc(300_000), () => note("ended"));
        });
      });
    }).gateway,
  );
  t.after(() => server.close());
  for (let i = 0; i < 2; i += 1) {
    const answer = await fetch(`http://127.0.0.1:${server.port}/`, { method: "POST", body: "a".repeat(100_000) });
    assert.equal((await answer.arrayBuffer()).byteLength, 600_000);
  }
  assert.deepEqual(lost, []);
});
