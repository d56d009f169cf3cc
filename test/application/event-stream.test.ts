import assert from "node:assert/strict";
import { test } from "node:test";
import { eventText } from "../../src/application/event-stream.ts";
import { EventStreamResponse, type ServerSentEvent } from "../../src/application/response.ts";
import { answer, fieldOf } from "../support/application.ts";

test("an event is its fields and an empty line; data and comments may have any lines", () => {
  const rows: readonly (readonly [ServerSentEvent, string])[] = [
    [{ data: "a" }, "data: a\n\n"],
    [{ data: "a\nb\r\nc\rd" }, "data: a\ndata: b\ndata: c\ndata: d\n\n"],
    [{ data: "" }, "data: \n\n"],
    [{ event: "e", id: "1", retry: 5, data: "x" }, "event: e\nid: 1\nretry: 5\ndata: x\n\n"],
    [{ comment: "still here" }, ": still here\n\n"],
  ];
  for (const [event, text] of rows) assert.equal(eventText(event), text);
});

test("a line break where it would begin another field is refused", () => {
  for (const event of [{ event: "a\nb" }, { id: "a\rb" }, { id: "a\0" }])
    assert.throws(() => eventText(event), TypeError);
});

test("the stream has its type, and nobody holds it back", async () => {
  for (const events of [
    [{ data: "a" }, { data: "b" }],
    (async function* () {
      yield* [{ data: "a" }, { data: "b" }];
    })(),
  ]) {
    const outcome = await answer(() => new EventStreamResponse(events));
    assert.equal(outcome.body, "data: a\n\ndata: b\n\n");
    assert.equal(fieldOf(outcome, "content-type"), "text/event-stream");
    assert.equal(fieldOf(outcome, "cache-control"), "no-store");
    assert.equal(fieldOf(outcome, "x-accel-buffering"), "no");
  }
});

test("what the events come from is ended, also where nobody asked for one", async () => {
  let ends = 0;
  const events = {
    close: () => {
      ends += 1;
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<ServerSentEvent, void, void> {
      yield { data: "a" };
    },
  };
  await new EventStreamResponse(events).close();
  assert.equal(ends, 1);
});
