import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CLIENT_LIMITS, type ClientLimits, ControlClient, type Reply } from "../../src/master/control-client.ts";
import { RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { tempFolder } from "../support/temp-folder.ts";

interface Both {
  readonly client: RawClient;
  readonly server: ControlClient;
  /** Lines that were taken and not answered yet are answered by `answer`. */
  readonly lines: string[];
  readonly mishaps: string[];
  readonly gone: Promise<void>;
  heard(count: number): Promise<void>;
  answer(text: string, last?: boolean): void;
}

/** Both ends of a real connection. With `echo`, each line is answered with itself. */
async function connected(
  t: TestContext,
  options: { readonly limits?: Partial<ClientLimits>; readonly echo?: boolean } = {},
): Promise<Both> {
  const path = join(tempFolder(t), "s");
  const listener = net.createServer({ allowHalfOpen: true }).listen(path);
  t.after(() => listener.close());
  await once(listener, "listening");
  const accepted = once(listener, "connection") as Promise<[net.Socket]>;
  const client = await RawClient.connect(path);
  t.after(() => client.close());
  const [socket] = await accepted;
  const lines: string[] = [];
  const mishaps: string[] = [];
  const gone = deferred<void>();
  let heardOne = deferred<void>();
  const open: ((reply: Reply) => void)[] = [];
  const reply = (text: string, last: boolean): Reply => ({ answer: { id: null, ok: true, data: text }, last });
  const server = new ControlClient(
    socket,
    {
      onLine(line) {
        lines.push(line);
        heardOne.resolve();
        heardOne = deferred();
        return options.echo === true ? Promise.resolve(reply(line, false)) : new Promise((done) => open.push(done));
      },
      onMishap: (kind) => mishaps.push(kind),
      onGone: () => gone.resolve(),
    },
    { ...CLIENT_LIMITS, ...options.limits },
  );
  t.after(() => server.destroy());
  return {
    ...{ client, server, lines, mishaps, gone: gone.promise },
    async heard(count) {
      while (lines.length < count) await heardOne.promise;
    },
    answer: (text, last = false) => open.shift()!(reply(text, last)),
  };
}

const said = (text: string): string => `${JSON.stringify({ id: null, ok: true, data: text })}\n`;
const errorIn = (text: string): string => JSON.parse(text).error;

test("lines are taken one at a time, in any pieces, and the next one when the answer before it is out", async (t) => {
  const { client, lines, heard, answer } = await connected(t);
  client.send("o");
  client.send("ne\r\ntwo\nthr");
  await heard(1);
  assert.deepEqual(lines, ["one"]);
  answer("1");
  await heard(2);
  client.send("ee\n");
  answer("2");
  await heard(3);
  answer("3");
  await client.until((text) => text === `${said("1")}${said("2")}${said("3")}`);
  assert.deepEqual(lines, ["one", "two", "three"]);
});

test("characters that arrive in two pieces are whole", async (t) => {
  const { client, lines, heard } = await connected(t);
  const [first, second] = [Buffer.from("gr\u00fc"), Buffer.from("\u00dfe\n")];
  client.socket.write(first.subarray(0, -1));
  client.socket.write(first.subarray(-1));
  client.socket.write(second);
  await heard(1);
  assert.deepEqual(lines, ["gr\u00fc\u00dfe"]);
});

test("a last line without an end is answered, and then both sides are done", async (t) => {
  const { client, lines, heard, answer, mishaps, gone } = await connected(t);
  client.socket.end("status");
  await heard(1);
  answer("fine");
  assert.equal(await client.rest(), said("fine"));
  await gone;
  assert.deepEqual([lines, mishaps], [["status"], []]);
});

test("a client that connects and leaves without a word is no mishap", async (t) => {
  const { client, lines, mishaps, gone } = await connected(t);
  client.close();
  await gone;
  assert.deepEqual([lines, mishaps], [[], []]);
});

test("after the last answer the conversation ends, whatever else was said", async (t) => {
  const { client, lines, heard, answer, gone } = await connected(t);
  client.send("one\ntwo\n");
  await heard(1);
  answer("1", true);
  assert.equal(await client.rest(), said("1"));
  client.socket.end();
  await gone;
  assert.deepEqual(lines, ["one"]);
});

test("a line as long as the limit is taken; one that is longer gets one error, whether its end has come or not", async (t) => {
  const limits = { lineBytes: 100, lingerMs: 20 };
  const fits = await connected(t, { limits });
  fits.client.send(`${"x".repeat(100)}\n`);
  await fits.heard(1);
  assert.deepEqual(fits.mishaps, []);
  for (const text of [`${"x".repeat(101)}\n`, "x".repeat(101), `${"\u00fc".repeat(51)}\n`]) {
    const { client, lines, mishaps, gone } = await connected(t, { limits });
    client.socket.write(text, "utf8");
    assert.equal(errorIn(await client.rest()), "a line may have at most 100 bytes");
    await gone;
    assert.deepEqual([lines, mishaps], [[], ["too-long"]]);
  }
});

test("a client that does not stop talking is not read any more, sees its error, and is gone after a moment", async (t) => {
  const { client, mishaps, gone } = await connected(t, { limits: { lingerMs: 50 } });
  const chunk = Buffer.alloc(65_536, "x");
  const pour = (): void => {
    while (!client.socket.destroyed && client.socket.write(chunk));
  };
  client.socket.on("drain", pour);
  pour();
  await gone;
  assert.deepEqual(mishaps, ["too-long"]);
  assert.equal(errorIn(await client.rest()), "a line may have at most 65536 bytes");
  assert.ok(client.socket.bytesWritten < 8_388_608, `${client.socket.bytesWritten} bytes were taken`);
});

test("more lines ahead than fit wait in the system, and all are answered", async (t) => {
  const { client, lines } = await connected(t, { echo: true, limits: { lineBytes: 200 } });
  const all = Array.from({ length: 2_000 }, (_none, index) => `line ${index}`);
  client.send(all.map((line) => `${line}\n`).join(""));
  await client.until((text) => text.endsWith(said(all.at(-1)!)));
  assert.equal(client.received, all.map(said).join(""));
  assert.deepEqual(lines, all);
});

test("a client that says nothing, and one that says half a line, are told so and closed", async (t) => {
  for (const text of ["", "stat"]) {
    const { client, lines, mishaps, gone } = await connected(t, { limits: { patienceMs: 50, lingerMs: 20 } });
    client.send(text);
    assert.equal(errorIn(await client.rest()), "no request came within 0.05 s");
    await gone;
    assert.deepEqual([lines, mishaps], [[], ["silent"]]);
  }
});

test("one that waits for its answer may wait for ever, and one that had it is let go without a word when it rests", async (t) => {
  const { client, mishaps, heard, answer, gone, server } = await connected(t, { limits: { patienceMs: 2_000 } });
  client.send("reload\n");
  await heard(1);
  // Longer than one that says nothing may take.
  await new Promise((later) => setTimeout(later, 2_500));
  assert.equal(server.phase, "answering");
  answer("done");
  assert.equal(await client.rest(), said("done"));
  client.close();
  await gone;
  assert.deepEqual(mishaps, []);
});

test("one that does not take its answer is closed", async (t) => {
  const { client, mishaps, heard, answer, gone } = await connected(t, { limits: { patienceMs: 2_000 } });
  client.socket.pause();
  client.send("all\n");
  await heard(1);
  answer("x".repeat(4_194_304));
  await gone;
  assert.deepEqual(mishaps, ["takes-nothing"]);
});

test("one that leaves while it waits is answered into nothing", async (t) => {
  const { client, heard, answer, gone, mishaps, server } = await connected(t);
  client.send("reload\n");
  await heard(1);
  client.close();
  while (!server.hasEnded) await new Promise((next) => setImmediate(next));
  answer("done");
  await gone;
  assert.deepEqual(mishaps, []);
});

test("a client that is dismissed hears why, also while its question is open", async (t) => {
  const { client, heard, answer, gone, server } = await connected(t);
  client.send("reload\n");
  await heard(1);
  server.dismiss("there is no room");
  assert.equal(errorIn(await client.rest()), "there is no room");
  answer("too late");
  await gone;
});
