// One connection played against a codec, every answer of which is judged by the contract of src/protocol/codec.ts: what may follow what, what
// events may hold, what may stay in the buffer. Throws where the contract is broken.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Codec, Limits } from "../../src/protocol/codec.ts";
import type { ProtocolEvent, RequestHead } from "../../src/protocol/events.ts";
import { FAULTS, type Fault } from "../../src/protocol/faults.ts";
import { answer, type Heard } from "../support/wire.ts";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** A value without control characters, and without white space around it. */
const VALUE = /^(?![\t ])[\t\x20-\x7e\x80-\xff]*(?<![\t ])$/;
const TARGET = /^[\x21\x22\x24-\x7e\x80-\xff]+$/;
/** Of a size line, as the codec says in its faults. */
const CHUNK_LINE = 1_024;
const LINE_END = 2;

export class Judge {
  readonly heard: Heard[] = [];
  readonly #codec: Codec;
  readonly #limits: Limits;
  #expects: "request" | "body" | "paused" | "closed" = "request";
  #ended = false;
  #length: RequestHead["length"] = 0;
  #body = 0;
  #received = 0;
  /** Where in all that was received the request in progress begins, give or take an empty line. */
  #from = 0;

  constructor(codec: Codec, limits: Limits) {
    this.#codec = codec;
    this.#limits = limits;
  }

  receive(bytes: Uint8Array): void {
    this.#codec.receive(bytes);
    this.#received += bytes.length;
    this.#listen();
  }

  end(): void {
    this.#codec.receiveEof();
    this.#ended = true;
    this.#listen();
    assert.equal(this.#expects, "closed", "the end was told, and the codec waits for more");
  }

  retain(): void {
    const { buffered } = this.#codec;
    this.#codec.retain();
    assert.equal(this.#codec.buffered, buffered, "retain changed what is buffered");
  }

  #listen(): void {
    // Each event but the last few takes at least one byte, or the request before it did.
    for (let left = 4 * this.#received + 10; left > 0; left -= 1) {
      const event = this.#codec.nextEvent();
      if (!this.#judge(event)) return;
    }
    assert.fail("there is no end of events");
  }

  /** False when there is nothing more to ask for now. */
  #judge(event: ProtocolEvent): boolean {
    switch (event.type) {
      case "request":
        this.#mustBe("request");
        this.#judgeHead(event.head);
        this.heard.push(event);
        return true;
      case "data":
        this.#mustBe("body");
        this.#judgeData(event.bytes);
        return true;
      case "end":
        this.#judgeEnd(event.trailers);
        this.heard.push(event);
        return true;
      case "paused":
        this.#mustBe("paused");
        this.#answer();
        return true;
      case "need-data":
        assert.ok(this.#expects === "request" || this.#expects === "body", `a wait where ${this.#expects} is due`);
        assert.ok(!this.#ended, "a wait for more after the end");
        this.#judgeBuffer();
        return false;
      case "fault":
        assert.ok(this.#expects === "request" || this.#expects === "body", `a fault where ${this.#expects} is due`);
        this.#judgeFault(event.fault);
        assert.equal(this.#codec.buffered, 0, "something is kept after a fault");
        this.heard.push(event);
        this.#expects = "closed";
        return true;
      default:
        assert.ok(this.#expects === "closed" || (this.#ended && this.#expects === "request"), "closed for no reason");
        this.#expects = "closed";
        this.#staysClosed();
        return false;
    }
  }

  #mustBe(what: string): void {
    assert.equal(what, this.#expects);
  }

  #judgeHead(head: RequestHead): void {
    assert.match(head.method, TOKEN);
    assert.match(head.target, TARGET);
    assert.equal(head.fields.length % 2, 0);
    head.fields.forEach((text, i) => {
      assert.match(text, i % 2 === 0 ? NAME : VALUE);
    });
    const { requestLine, fields, body } = this.#limits;
    assert.ok(head.fields.length / 2 <= (fields || Number.POSITIVE_INFINITY));
    assert.ok(
      head.method.length + head.target.length + " HTTP/1.1 ".length <= (requestLine || Number.POSITIVE_INFINITY),
    );
    const { length } = head;
    if (length !== "chunked") {
      assert.ok(Number.isSafeInteger(length) && length >= 0 && length <= (body || Number.MAX_SAFE_INTEGER));
    }
    assert.ok(!head.expectContinue || (head.version === "1.1" && length !== 0));
    assert.equal(this.#codec.requestDone, length === 0);
    this.#length = length;
    this.#body = 0;
    this.#expects = "body";
  }

  #judgeData(bytes: Uint8Array): void {
    assert.ok(bytes.length > 0, "data without bytes");
    this.#body += bytes.length;
    assert.ok(this.#body <= (this.#limits.body || Number.POSITIVE_INFINITY), "a body beyond its limit");
    if (this.#length !== "chunked") assert.ok(this.#body <= this.#length, "a body beyond its length");
    const text = Buffer.from(bytes).toString("latin1");
    const last = this.heard.at(-1);
    if (last?.type === "data") this.heard[this.heard.length - 1] = { type: "data", bytes: last.bytes + text };
    else this.heard.push({ type: "data", bytes: text });
  }

  #judgeEnd(trailers: readonly string[]): void {
    this.#mustBe("body");
    if (this.#length !== "chunked") assert.deepEqual([this.#body, trailers], [this.#length, []]);
    trailers.forEach((text, i) => {
      assert.match(text, i % 2 === 0 ? NAME : VALUE);
    });
    assert.ok(this.#codec.requestDone);
    this.#expects = "paused";
    // A connection that goes no further says so at once, since the answer was sent by then or will close.
    this.#from = this.#received - this.#codec.buffered;
  }

  #answer(): void {
    const out: (string | Uint8Array)[] = [];
    this.#codec.send(answer(), out);
    assert.ok(out.length > 0);
    if (this.#codec.keepAlive) {
      this.#codec.startNextCycle();
      this.#expects = "request";
    } else this.#expects = "closed";
  }

  #judgeFault({ code, status, at }: Fault): void {
    assert.equal(status, FAULTS[code].status);
    assert.ok(Number.isInteger(at) && at >= 0, `the place of ${code} is ${at}`);
    assert.ok(at <= this.#received - this.#from, `${code} lies ${at} bytes in, of ${this.#received - this.#from}`);
  }

  /** What waits for more bytes is at most one line, of a head with what was taken of it already. */
  #judgeBuffer(): void {
    const { requestLine, fields, fieldSize } = this.#limits;
    const { buffered } = this.#codec;
    if (this.#expects === "request") {
      const most = requestLine + (fields + 1) * (fieldSize + LINE_END) + 2 * LINE_END;
      if (requestLine > 0 && fields > 0 && fieldSize > 0) assert.ok(buffered <= most, `${buffered} bytes of a head`);
    } else if (this.#length === "chunked") {
      if (fieldSize > 0)
        assert.ok(buffered <= Math.max(CHUNK_LINE, fieldSize) + LINE_END, `${buffered} bytes of chunks`);
    } else assert.equal(buffered, 0, "bytes of a body were kept back");
  }

  #staysClosed(): void {
    const codec = this.#codec;
    if (!this.#ended) codec.receive(Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "latin1"));
    for (let times = 0; times < 3; times += 1) assert.equal(codec.nextEvent().type, "closed");
    assert.equal(codec.keepAlive, false);
    if (this.heard.at(-1)?.type !== "closed") this.heard.push({ type: "closed" });
  }
}
