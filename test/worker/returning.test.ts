import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { type GivenBack, Returning } from "../../src/worker/returning.ts";
import { deferred } from "../support/deferred.ts";
import { turns } from "../support/gated.ts";

function returningOf() {
  const said: string[] = [];
  const sent = deferred();
  const returning = new Returning(({ listener, read }: GivenBack) => {
    said.push(`send ${listener} ${String(read)}`);
    return sent.promise;
  });
  const rest = (text: string) => ({ handle: { close: () => void said.push("close") }, read: Buffer.from(text) });
  return { returning, said, sent, rest, done: () => void said.push("done") };
}

test("a connection goes back to the listener it came from, and our handle is closed when it is on its way", async () => {
  const { returning, said, sent, rest, done } = returningOf();
  const connection = {};
  returning.accepted(connection, 3);
  returning.send(connection, rest("GET"), done);
  await turns(2);
  assert.deepEqual([said, returning.pending], [["send 3 GET"], 1]);
  sent.resolve();
  await turns(2);
  assert.deepEqual([said.slice(1), returning.pending], [["close", "done"], 0]);
});

test("what nobody takes any more is closed at once, and not again", async () => {
  const { returning, said, sent, rest, done } = returningOf();
  returning.pass({ listener: 1, ...rest("") }, done);
  returning.abandon();
  assert.deepEqual([said, returning.pending], [["send 1 ", "close"], 0]);
  sent.resolve();
  await turns(2);
  assert.deepEqual(said.slice(2), ["done"]);
});
