// One member overridden at a time. What all handlers promise is held by the semantic suite.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { FileWrapper } from "../../src/gateway/file-wrapper.ts";
import { SimpleHandler } from "../../src/gateway/handlers.ts";
import { Headers } from "../../src/gateway/headers.ts";
import type { Application, Environ, StartResponse } from "../../src/gateway/types.ts";
import { runHandler, runSimple } from "../support/memory-handler.ts";

const greets: Application = (_environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return ["hello"];
};
const fails: Application = () => {
  throw new Error("secret");
};

test("a handler has one request", async () => {
  const { handler } = await runSimple(greets);
  await assert.rejects(handler.run(greets), /a handler has one request/);
});

test("status, headers, bytes and outcome can be asked for when it is over", async () => {
  const { handler } = await runSimple(greets);
  assert.deepEqual(
    [handler.status, handler.headers?.get("content-length"), handler.bytesSent, handler.headersSent, handler.outcome],
    ["200 OK", "5", 5, true, "whole"],
  );
});

test("a Content-Length is sent as the number that it is", async () => {
  const { head } = await runSimple((_environ, startResponse) => {
    startResponse("200 OK", [["content-length", "0002"]]);
    return ["a", "b"];
  });
  assert.ok(head.includes("content-length: 2"));
});

test("osEnviron lies under every environ, and is empty unless said otherwise", async () => {
  let seen: Environ | undefined;
  const looks: Application = (environ, startResponse) => {
    seen = environ;
    return greets(environ, startResponse);
  };
  await runSimple(looks);
  assert.equal(seen?.["PATH"], undefined);
  class Wide extends SimpleHandler {
    override osEnviron = { PATH: "/bin", PATH_INFO: "/under" };
  }
  await runHandler(Wide, looks, { environ: { PATH_INFO: "/over" } });
  assert.deepEqual([seen?.["PATH"], seen?.PATH_INFO], ["/bin", "/over"]);
});

test("addCgiVars and setupEnviron can add to the environ", async () => {
  class Adding extends SimpleHandler {
    override addCgiVars(): void {
      super.addCgiVars();
      this.environ["REMOTE_USER"] = "ada";
    }
    override setupEnviron(): void {
      super.setupEnviron();
      this.environ["my.pool"] = 7;
    }
  }
  const { body } = await runHandler(Adding, (environ, startResponse) => {
    startResponse("200 OK", []);
    return [`${environ["REMOTE_USER"]} ${environ["my.pool"]}`];
  });
  assert.equal(body, "ada 7");
});

test("getScheme, multithread, multiprocess and runOnce are what the environ says", async () => {
  class Odd extends SimpleHandler {
    override runOnce = true;
    override getScheme(): "https" {
      return "https";
    }
  }
  const { body } = await runHandler(
    Odd,
    (environ, startResponse) => {
      startResponse("200 OK", []);
      const of = (key: string) => environ[`tsgi.${key}`];
      return [[of("url_scheme"), of("run_once"), of("multithread"), of("multiprocess"), environ.SERVER_PORT].join()];
    },
    { multithread: false, multiprocess: true },
  );
  assert.equal(body, "https,true,false,true,443");
});

test("serverSoftware is a field of an origin server, and a name in the environ", async () => {
  class Named extends SimpleHandler {
    override serverSoftware = "mine/1";
  }
  const { head, body } = await runHandler(Named, (environ, startResponse) => {
    startResponse("200 OK", []);
    return [environ.SERVER_SOFTWARE];
  });
  assert.ok(head.includes("Server: mine/1"));
  assert.equal(body, "mine/1");
});

test("originServer false speaks to a web server: a Status, no date, no server, no framing", async () => {
  class Gateway extends SimpleHandler {
    override originServer = false;
    override serverSoftware = "mine/1";
  }
  const { out } = await runHandler(Gateway, (_environ, startResponse) => {
    startResponse("404 Not Found", [["X", "1"]]);
    return ["a", "b"];
  });
  assert.equal(out, "Status: 404 Not Found\r\nX: 1\r\n\r\nab");
});

test("httpVersion 1.0 never sends chunks, and 1.1 not to a client of 1.0", async () => {
  class Old extends SimpleHandler {
    override httpVersion = "1.0" as const;
  }
  const two: Application = (_environ, startResponse) => {
    startResponse("200 OK", []);
    return ["a", "b"];
  };
  const old = await runHandler(Old, two);
  assert.deepEqual([old.head[0], old.body], ["HTTP/1.0 200 OK", "ab"]);
  const client = await runSimple(two, { environ: { SERVER_PROTOCOL: "HTTP/1.0" } });
  assert.deepEqual([client.head[0], client.body], ["HTTP/1.1 200 OK", "ab"]);
  assert.equal((await runSimple(two)).body, "1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
});

test("a client from before HTTP/1.0 gets the body alone; clientIsModern decides", async () => {
  assert.equal((await runSimple(greets, { environ: { SERVER_PROTOCOL: "HTTP/0.9" } })).out, "hello");
  class Bare extends SimpleHandler {
    override clientIsModern(): boolean {
      return false;
    }
  }
  assert.equal((await runHandler(Bare, greets)).out, "hello");
});

test("cleanupHeaders has the last word on the headers; headersClass is what they are", async () => {
  class Loud extends Headers {
    override toString(): string {
      return super.toString().toUpperCase();
    }
  }
  class Secure extends SimpleHandler {
    override headersClass = Loud;
    override cleanupHeaders(): void {
      super.cleanupHeaders();
      this.headers!.set("X-Frame-Options", "deny");
    }
  }
  const { head } = await runHandler(Secure, greets);
  assert.ok(head.includes("X-FRAME-OPTIONS: DENY"));
  assert.ok(head.includes("CONTENT-LENGTH: 5"));
});

test("a cleanupHeaders that throws is an error before the headers; one that always does is told, and nothing is sent", async () => {
  class Once extends SimpleHandler {
    override cleanupHeaders(): void {
      if (this.error === undefined) throw new Error("once");
      super.cleanupHeaders();
    }
  }
  const { head, err } = await runHandler(Once, greets);
  assert.equal(head[0], "HTTP/1.1 500 Internal Server Error");
  assert.match(err, /Error: once/);
  class Always extends SimpleHandler {
    override cleanupHeaders(): void {
      throw new Error("always");
    }
  }
  const worse = await runHandler(Always, greets);
  assert.deepEqual([worse.out, worse.handler.outcome], ["", "cut"]);
  assert.equal(worse.err.match(/Error: always/g)?.length, 2);
});

test("setContentLength says nothing when it is told not to", async () => {
  class Silent extends SimpleHandler {
    override setContentLength(): void {}
  }
  const { head } = await runHandler(Silent, greets);
  assert.ok(head.includes("Transfer-Encoding: chunked"));
  assert.ok(!head.some((line) => line.startsWith("Content-Length")));
});

test("sendPreamble can be another protocol's", async () => {
  class Gopher extends SimpleHandler {
    override sendPreamble(): void {
      this.writeRaw(`GOPHER ${this.status}\r\n`);
    }
  }
  assert.equal((await runHandler(Gopher, greets)).head[0], "GOPHER 200 OK");
});

test("write sees each chunk, of what is written and of what is returned", async () => {
  const chunks: unknown[] = [];
  class Counting extends SimpleHandler {
    override write(chunk: string | Uint8Array): Promise<void> {
      chunks.push(chunk);
      return super.write(typeof chunk === "string" ? chunk.toUpperCase() : chunk);
    }
  }
  const { body } = await runHandler(Counting, (_environ, startResponse) => {
    void startResponse("200 OK", [["Content-Length", "4"]])("ab");
    return ["cd"];
  });
  assert.deepEqual([chunks, body], [["ab", "cd"], "ABCD"]);
});

test("startResponse can be wrapped for every application", async () => {
  class Adding extends SimpleHandler {
    override startResponse(...[status, headers, error]: Parameters<StartResponse>): ReturnType<StartResponse> {
      return super.startResponse(status, [...headers, ["X-Added", "1"]], error);
    }
  }
  assert.ok((await runHandler(Adding, greets)).head.includes("X-Added: 1"));
});

test("errorStatus, errorHeaders and errorBody are what a client is told of an error", async () => {
  class Polite extends SimpleHandler {
    override errorStatus = "503 Sorry";
    override errorHeaders = [["Content-Type", "text/html"]] as const;
    override errorBody = "<p>sorry</p>";
  }
  const { head, body, err } = await runHandler(Polite, fails);
  assert.deepEqual(
    [head[0], head.includes("Content-Type: text/html"), body],
    ["HTTP/1.1 503 Sorry", true, "<p>sorry</p>"],
  );
  assert.match(err, /^Error: secret\n {4}at /);
});

test("errorOutput can be an application of its own, which is told what happened", async () => {
  class Own extends SimpleHandler {
    override errorOutput(environ: Environ, startResponse: StartResponse): string[] {
      startResponse("500 Own", [], this.error);
      return [`${environ.PATH_INFO}: `, (this.error as Error).message];
    }
  }
  const { body } = await runHandler(Own, fails, { environ: { PATH_INFO: "/x", SERVER_PROTOCOL: "HTTP/1.0" } });
  assert.equal(body, "/x: secret");
});

test("logException can go elsewhere, and is told what the client gets", async () => {
  const told: unknown[] = [];
  class Telling extends SimpleHandler {
    override logException(error: unknown, answer: unknown): void {
      told.push((error as Error).message, answer);
    }
  }
  assert.equal((await runHandler(Telling, fails)).err, "");
  assert.deepEqual(told, ["secret", 500]);
});

test("handleError can let an error be handled elsewhere", async () => {
  const caught: unknown[] = [];
  class Passing extends SimpleHandler {
    override async handleError(error: unknown): Promise<void> {
      caught.push(error);
      this.outcome = "cut";
    }
  }
  const { out, handler } = await runHandler(Passing, fails);
  assert.deepEqual([out, handler.outcome, caught.length], ["", "cut", 1]);
});

test("close is called once however a request ends; one that throws is told", async () => {
  for (const application of [greets, fails]) {
    let closes = 0;
    class Closing extends SimpleHandler {
      override close(): void {
        super.close();
        closes += 1;
        throw new Error("closing");
      }
    }
    const { err } = await runHandler(Closing, application);
    assert.equal(closes, 1);
    assert.match(err, /Error: closing/);
  }
});

test("sendFile is asked for a wrapped file only, and what it sends is all", async () => {
  class Quick extends SimpleHandler {
    override async sendFile(): Promise<boolean> {
      this.sendHeaders();
      this.writeRaw("by other means");
      await this.flush();
      return true;
    }
  }
  const file = (environ: Environ, startResponse: StartResponse) => {
    startResponse("200 OK", [["Content-Length", "14"]]);
    return environ["tsgi.file_wrapper"]({ read: () => "never read" });
  };
  const { body, handler } = await runHandler(Quick, file);
  assert.deepEqual([body, handler.resultIsFile(), handler.outcome], ["by other means", true, "whole"]);
  assert.equal((await runHandler(Quick, greets)).body, "hello");
});

test("sendFile has its body framed and ended by the handler, and is not asked where none is to be sent or a part was written", async () => {
  let asked = 0;
  class Quick extends SimpleHandler {
    override async sendFile(): Promise<boolean> {
      asked += 1;
      this.sendHeaders();
      this.writeBody("quick");
      return true;
    }
  }
  const file: Application = (environ, startResponse) => {
    const write = startResponse("200 OK", []);
    if (environ.PATH_INFO === "/written") void write("first,");
    return environ["tsgi.file_wrapper"](Readable.from(["slow"]));
  };
  const environ = { SERVER_PROTOCOL: "HTTP/1.1", PATH_INFO: "/" };
  assert.equal((await runHandler(Quick, file, { environ })).body, "5\r\nquick\r\n0\r\n\r\n");
  assert.equal((await runHandler(Quick, file, { environ: { ...environ, REQUEST_METHOD: "HEAD" } })).body, "");
  const written = await runHandler(Quick, file, { environ: { ...environ, PATH_INFO: "/written" } });
  assert.equal(written.body, "6\r\nfirst,\r\n4\r\nslow\r\n0\r\n\r\n");
  assert.equal(asked, 1);
});

test("a close() that is asynchronous is waited for, and what it rejects with is logged", async () => {
  const notes: string[] = [];
  class Late extends SimpleHandler {
    override async close(): Promise<void> {
      await new Promise(setImmediate);
      notes.push("closed");
      throw new Error("too late");
    }
    override logException(error: unknown): void {
      notes.push(String(error));
    }
  }
  const { handler } = await runHandler(Late, greets);
  assert.deepEqual([notes, handler.outcome], [["closed", "Error: too late"], "whole"]);
});

test("a log that fails keeps nothing from being closed, and run() tells of it", async () => {
  const closed: string[] = [];
  class Mute extends SimpleHandler {
    override logException(): void {
      throw new Error("the disk is full");
    }
    override close(): void {
      closed.push("handler");
    }
  }
  const failing: Application = (_environ, startResponse) => {
    startResponse("200 OK", []);
    const close = () => void closed.push("body");
    return { ...{ close }, [Symbol.iterator]: () => ({ next: fails as unknown as () => IteratorResult<string> }) };
  };
  await assert.rejects(runHandler(Mute, failing), /the disk is full/);
  assert.deepEqual(closed, ["body", "handler"]);
});

test("a log and an error page may be asynchronous: both are waited for, and a log that fails costs no client its answer", async () => {
  class Slow extends SimpleHandler {
    override async errorOutput(_environ: Environ, startResponse: StartResponse): Promise<string[]> {
      await new Promise(setImmediate);
      startResponse("500 Slow", [["Content-Type", "text/plain"]], this.error);
      return ["the page"];
    }
    override async logException(): Promise<void> {
      await new Promise(setImmediate);
      throw new Error("nobody collects errors today");
    }
  }
  const sent: Uint8Array[] = [];
  const handler = new Slow({
    ...{ stdin: null, stderr: { write() {} }, environ: { SERVER_PROTOCOL: "HTTP/1.0" } },
    stdout: { write: (bytes) => sent.push(bytes) },
  });
  await assert.rejects(handler.run(fails), /nobody collects errors today/);
  assert.match(Buffer.concat(sent).toString(), /^HTTP\/1\.1 500 Slow\r\n.*\r\n\r\nthe page$/s);
});

test("a preamble of one's own leaves the framing as it was", async () => {
  class Own extends SimpleHandler {
    override sendPreamble(): void {
      this.writeRaw(`HTTP/1.1 ${this.status}\r\n`);
    }
  }
  const { head, body } = await runHandler(Own, (_environ, startResponse) => {
    startResponse("200 OK", []);
    return ["a", "b"];
  });
  assert.deepEqual(head, ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"]);
  assert.equal(body, "1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
});

test("fileWrapper is what the environ's wrapper makes", async () => {
  class Small extends FileWrapper {
    constructor(file: ConstructorParameters<typeof FileWrapper>[0]) {
      super(file, 2);
    }
  }
  class Sending extends SimpleHandler {
    override fileWrapper = Small;
  }
  const sizes: number[] = [];
  await runHandler(Sending, (environ, startResponse) => {
    startResponse("200 OK", []);
    return environ["tsgi.file_wrapper"]({ read: (size: number) => (sizes.push(size) > 1 ? null : "ab") });
  });
  assert.deepEqual(sizes, [2, 2]);
});

test("early hints go where sendEarlyHints sends them, until the headers are out", async () => {
  const sent: unknown[] = [];
  class Hinting extends SimpleHandler {
    override sendEarlyHints(fields: readonly string[]): void {
      sent.push(fields);
    }
  }
  await runHandler(Hinting, async (environ, startResponse) => {
    environ["tsgi.early_hints"]([["Link", "</a>"]]);
    await startResponse("200 OK", [])("x");
    environ["tsgi.early_hints"]([["Link", "</b>"]]);
    return [];
  });
  assert.deepEqual(sent, [["Link", "</a>"]]);
});

test("a handler that is told to drain aborts tsgi.draining, and ends an event stream in good order", async () => {
  const reason = new Error("leaving");
  class Leaving extends SimpleHandler {
    override writeBody(piece: string | Uint8Array): void {
      super.writeBody(piece);
      this.drain(reason);
    }
  }
  const { body, err, handler } = await runHandler(Leaving, async function* (environ, startResponse) {
    startResponse("200 OK", [["Content-Type", "text/event-stream"]]);
    yield "data: 1\n\n";
    assert.equal(environ["tsgi.draining"].reason, reason);
    environ["tsgi.signal"].throwIfAborted();
  });
  assert.deepEqual([body, err, handler.outcome], ["9\r\ndata: 1\n\n\r\n0\r\n\r\n", "", "whole"]);
});

test("a handler that is warned aborts tsgi.signal, and what is given still goes out", async () => {
  class Warning extends SimpleHandler {
    override sendPreamble(): void {
      super.sendPreamble();
      this.warn(new Error("soon"));
    }
  }
  const { body } = await runHandler(
    Warning,
    async function* (environ, startResponse) {
      startResponse("200 OK", []);
      yield "a";
      yield environ["tsgi.signal"].aborted ? "!" : "?";
    },
    { environ: { SERVER_PROTOCOL: "HTTP/1.0" } },
  );
  assert.equal(body, "a!");
});
