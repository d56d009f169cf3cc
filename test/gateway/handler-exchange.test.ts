// The semantic suite runs through it; here, what a connection and its worker ask of an exchange.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { CUT, type Exchange, type ExchangeEvent, RequestError, WAIT } from "../../src/gateway/exchange.ts";
import { Forwarders } from "../../src/gateway/forwarders.ts";
import { handlerGateway } from "../../src/gateway/handler-exchange.ts";
import { ServerHandler, type ServerHandlerClass } from "../../src/gateway/handlers.ts";
import type { Trouble } from "../../src/gateway/host.ts";
import type { Application } from "../../src/gateway/types.ts";
import type { FlatFields } from "../../src/protocol/events.ts";
import { headOf, INFO, sourceOf } from "../support/exchange.ts";

interface Given {
  readonly handlerClass?: ServerHandlerClass;
  readonly fields?: FlatFields;
  readonly forwarders?: Forwarders;
}

function open(application: Application, { handlerClass = ServerHandler, fields, forwarders }: Given = {}) {
  const troubles: Trouble[] = [];
  const refused: string[] = [];
  let wakes = 0;
  const serve = handlerGateway(handlerClass)(application, {
    facts: { software: "tsgi/test", multiprocess: true, ...(forwarders === undefined ? {} : { forwarders }) },
    nextRequestId: () => "id-1",
    writeError: () => {},
    report: (trouble) => troubles.push(trouble),
    refused: (what) => refused.push(what.code),
  });
  const head = headOf(fields === undefined ? {} : { fields });
  const exchange: Exchange = serve({
    ...{ head, info: INFO, body: sourceOf([]) },
    wake: () => {
      wakes += 1;
    },
  });
  const typesUntilWait = async (): Promise<string[]> => {
    const types: string[] = [];
    for (;;) {
      const event: ExchangeEvent = exchange.next();
      if (event === WAIT) {
        await new Promise(setImmediate);
        return types;
      }
      types.push(event.type);
      if (event === CUT || event.type === "end") return types;
    }
  };
  return { exchange, troubles, refused, typesUntilWait, wakes: () => wakes };
}

const answers: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return ["a", "b"];
};

const sendsFile: Application = (environ, startResponse) => {
  startResponse("200 OK", []);
  return environ["tsgi.file_wrapper"](Readable.from(["slow"]));
};

test("the application is called with the first question, and each chunk waits until the one before was asked on", async () => {
  let called = 0;
  const { exchange, typesUntilWait, wakes } = open((environ, startResponse) => {
    called += 1;
    return answers(environ, startResponse);
  });
  assert.equal(called, 0);
  assert.deepEqual(await typesUntilWait(), []);
  assert.equal(called, 1);
  assert.ok(wakes() > 0);
  assert.deepEqual(await typesUntilWait(), ["response", "data"]);
  assert.deepEqual(await typesUntilWait(), ["data"]);
  assert.deepEqual(await typesUntilWait(), ["end"]);
  assert.equal(exchange.requestId, "id-1");
});

test("the access log may ask for a key of the environ", async () => {
  const { exchange, typesUntilWait } = open((environ, startResponse) => {
    environ["my.key"] = 7;
    return answers(environ, startResponse);
  });
  assert.equal(exchange.lookup("my.key"), undefined);
  await typesUntilWait();
  assert.deepEqual([exchange.lookup("my.key"), exchange.lookup("REMOTE_ADDR")], [7, "192.0.2.7"]);
});

test("an exchange that had its time answers with the status of the reason, and is cut once the head is out", async () => {
  const waits: Application = () => new Promise(() => {});
  const early = open(waits);
  early.exchange.next();
  const refusal = early.exchange.expire(new RequestError(504, "too long"));
  assert.equal(refusal.type === "response" && refusal.status, 504);
  const late = open(answers);
  await late.typesUntilWait();
  await late.typesUntilWait();
  assert.equal(late.exchange.expire(new RequestError(504, "too long")), CUT);
});

test("an abort reaches the application's signal, rejects its writes, and is no trouble", async () => {
  const notes: string[] = [];
  const { exchange, troubles } = open(async (environ, startResponse) => {
    environ["tsgi.signal"].addEventListener("abort", () => notes.push("signal"));
    await startResponse("200 OK", [])("a");
    return [];
  });
  exchange.next();
  await new Promise(setImmediate);
  exchange.abort(new RequestError(499, "the client closed the connection"));
  exchange.abort(new RequestError(499, "again"));
  await new Promise(setImmediate);
  assert.deepEqual([notes, troubles], [["signal"], []]);
});

test("a client that leaves while it is told of an error is no second error", async () => {
  const { exchange, troubles } = open(() => {
    throw new Error("the first");
  });
  exchange.next();
  await new Promise(setImmediate);
  assert.equal(exchange.next().type, "response");
  exchange.abort(new RequestError(499, "the client closed the connection"));
  await new Promise(setImmediate);
  assert.deepEqual(
    troubles.map(({ error, answer }) => [String(error), answer]),
    [["Error: the first", 500]],
  );
});

test("a worker that leaves is heard of: draining and warnings reach the request", async () => {
  const notes: string[] = [];
  const { exchange } = open((environ) => {
    environ["tsgi.draining"].addEventListener("abort", () => notes.push("draining"));
    environ["tsgi.signal"].addEventListener("abort", () => notes.push("signal"));
    return new Promise(() => {});
  });
  exchange.next();
  exchange.drain(new Error("leaving"));
  assert.deepEqual(notes, ["draining"]);
  exchange.warn(new Error("soon"));
  assert.deepEqual(notes, ["draining", "signal"]);
});

test("a request that begins in a worker that leaves is told before its application is called", () => {
  const seen: boolean[] = [];
  const { exchange } = open((environ) => {
    seen.push(environ["tsgi.draining"].aborted, environ["tsgi.signal"].aborted);
    return new Promise(() => {});
  });
  exchange.drain(new Error("leaving"));
  exchange.warn(new Error("soon"));
  exchange.next();
  assert.deepEqual(seen, [true, true]);
});

test("a handler that cannot be made is answered with 500 and told, and so is one that fails to say that it failed", async () => {
  class Unmade extends ServerHandler {
    constructor(request: ConstructorParameters<typeof ServerHandler>[0]) {
      super(request);
      throw new Error("no handler");
    }
  }
  const unmade = open(answers, { handlerClass: Unmade });
  const event = unmade.exchange.next();
  assert.equal(event.type === "response" && event.status, 500);
  assert.deepEqual(
    unmade.troubles.map(({ answer }) => answer),
    [500],
  );
  class Mute extends ServerHandler {
    override cleanupHeaders(): void {
      throw new Error("always");
    }
  }
  const mute = open(answers, { handlerClass: Mute });
  mute.exchange.next();
  await new Promise(setImmediate);
  const answer = mute.exchange.next();
  assert.equal(answer.type === "response" && answer.status, 500);
});

test("a request whose origin is in dispute reaches no handler", () => {
  const forwarders = new Forwarders({ allow: [], header: "x-forwarded", underscores: "refuse", fields: [] });
  const { exchange, refused } = open(answers, { fields: ["host", "a", "x_y", "1"], forwarders });
  const event = exchange.next();
  assert.equal(event.type === "response" && event.status, 400);
  assert.deepEqual(refused, ["edge.underscore-field"]);
});

test("a file that a subclass sends by means of its own ends as a response does", async () => {
  class Quick extends ServerHandler {
    override async sendFile(): Promise<boolean> {
      this.sendHeaders();
      this.writeRaw("quick");
      await this.flush();
      return true;
    }
  }
  const { exchange, troubles, typesUntilWait } = open(sendsFile, { handlerClass: Quick });
  const types = [...(await typesUntilWait()), ...(await typesUntilWait()), ...(await typesUntilWait())];
  assert.deepEqual([types, troubles, exchange.next()], [["response", "data", "end"], [], WAIT]);
});

test("steps in an order that no wire has fail in the handler, and are told of", async () => {
  class Twice extends ServerHandler {
    override async sendFile(): Promise<boolean> {
      this.sendHeaders();
      this.sendHeaders();
      return true;
    }
  }
  class Early extends ServerHandler {
    override async sendFile(): Promise<boolean> {
      this.writeRaw("before the headers");
      return true;
    }
  }
  const twice = open(sendsFile, { handlerClass: Twice });
  assert.deepEqual([...(await twice.typesUntilWait()), ...(await twice.typesUntilWait())], ["response", CUT.type]);
  assert.match(String(twice.troubles[0]?.error), /the headers were sent already/);
  const early = open(sendsFile, { handlerClass: Early });
  await early.typesUntilWait();
  const answer = early.exchange.next();
  assert.equal(answer.type === "response" && answer.status, 500);
  assert.match(String(early.troubles[0]?.error), /sendHeaders\(\) comes before the body/);
});

const counts: readonly (readonly [title: string, step: Partial<ServerHandler>, said: RegExp])[] = [
  ["more bytes than were said", { writeRaw: longer }, /the handler wrote more bytes than its Content-Length says/],
  ["fewer bytes than were said", { writeRaw() {} }, /the handler wrote 2 bytes less than its Content-Length says/],
  ["what is no piece", { writeRaw: garbles }, /writeRaw\(\) was given 5: expected a string or a Uint8Array/],
  ["no end", { endBody() {} }, /run\(\) was over before its response was: .* super\.endBody\(\)/],
];
function longer(this: ServerHandler, piece: string | Uint8Array): void {
  this.request.put({ type: "data", bytes: `${piece}longer` });
}
function garbles(this: ServerHandler): void {
  this.request.put({ type: "data", bytes: 5 as never });
}
for (const [title, step, said] of counts) {
  test(`a step that puts out ${title} cuts the response, and is told of`, async () => {
    class Own extends ServerHandler {}
    Object.assign(Own.prototype, step);
    const sized: Application = (_environ, startResponse) => {
      startResponse("200 OK", [["Content-Length", "2"]]);
      return ["ab"];
    };
    const { troubles, typesUntilWait } = open(sized, { handlerClass: Own });
    const types: string[] = [];
    while (types.at(-1) !== CUT.type) types.push(...(await typesUntilWait()));
    assert.deepEqual([types.includes("end"), troubles.length], [false, 1]);
    assert.match(String(troubles[0]?.error), said);
  });
}

test("a run() that forgets the promise of the one it overrides is an error in the log, and 500", async () => {
  class Forgetful extends ServerHandler {
    override async run(): Promise<void> {}
  }
  const { exchange, troubles, typesUntilWait } = open(answers, { handlerClass: Forgetful });
  await typesUntilWait();
  const answer = exchange.next();
  assert.equal(answer.type === "response" && answer.status, 500);
  assert.match(String(troubles[0]?.error), /Forgetful: run\(\) was over before its response was/);
});
