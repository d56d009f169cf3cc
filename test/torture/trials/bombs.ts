// Messages without an end in one of their parts. Each is refused as soon as its limit is met, whatever follows.

import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import type { Arena, Trial, Victim } from "../arena.ts";
import { Caller } from "../caller.ts";
import { atMost, type Check, exactly, noted, tally } from "../check.ts";

const KIB = 1_024;

interface Bomb {
  readonly name: string;
  /** What is right, up to the part that does not end. */
  readonly start: string;
  /** Sent again and again. */
  readonly more: string;
}

const HEAD = "GET /hello HTTP/1.1\r\nHost: x\r\n";
const CHUNKED = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
const PIECE = 4_096;

const HEADERS: readonly Bomb[] = [
  { name: "method", start: "", more: "A" },
  { name: "target", start: "GET /", more: "a" },
  { name: "query", start: "GET /hello?", more: "a=b&" },
  { name: "empty lines", start: "", more: "\r\n" },
  { name: "spaces in the request line", start: "GET ", more: " " },
  { name: "field name", start: HEAD, more: "n" },
  { name: "field value", start: `${HEAD}X-Bomb: `, more: "v" },
  { name: "blanks before a value", start: `${HEAD}X-Bomb:`, more: " " },
  { name: "fields", start: HEAD, more: "X-Bomb: 1\r\n" },
  { name: "empty fields", start: HEAD, more: "a:\r\n" },
  { name: "large fields", start: HEAD, more: `X-Bomb: ${"v".repeat(8_000)}\r\n` },
  { name: "cookies", start: HEAD, more: "Cookie: a=b\r\n" },
  { name: "folded lines", start: `${HEAD}X-Bomb: 1\r\n`, more: " more\r\n" },
  { name: "bytes that are no HTTP", start: "", more: "\x00\xff\x13\x37" },
];

const CHUNKS: readonly Bomb[] = [
  { name: "extension of one chunk", start: `${CHUNKED}1;x=`, more: "e" },
  { name: "extensions of one chunk", start: `${CHUNKED}1`, more: ";a=b" },
  { name: "extension on each chunk", start: CHUNKED, more: `1;x=${"e".repeat(200)}\r\nc\r\n` },
  { name: "size", start: CHUNKED, more: "0" },
  { name: "size digits", start: CHUNKED, more: "F" },
  { name: "blanks after a size", start: `${CHUNKED}1`, more: " " },
  { name: "trailers", start: `${CHUNKED}0\r\n`, more: "X-Bomb: 1\r\n" },
  { name: "trailer", start: `${CHUNKED}0\r\nX-Bomb: `, more: "v" },
];

interface Refusal {
  readonly status: number;
  /** Bytes sent until the answer was there. */
  readonly sent: number;
}

/** Sends until it is answered, a piece a turn, so that what is under way stays small beside what is taken. */
async function explode(victim: Victim, bomb: Bomb, most: number): Promise<Refusal> {
  const caller = new Caller(victim.port, { halfOpen: true });
  await caller.connected;
  const piece = bomb.more.repeat(Math.max(1, Math.floor(PIECE / bomb.more.length)));
  let sent = bomb.start.length;
  caller.send(bomb.start);
  while (caller.said === "" && caller.isOpen && sent < most) {
    await new Promise<void>((done) => {
      caller.socket.write(piece, "latin1", () => done());
    });
    sent += piece.length;
    // The answer to what was sent has time to come before more is.
    await pause(1);
  }
  caller.reset();
  return { status: caller.status, sent };
}

async function refusals(victim: Victim, bombs: readonly Bomb[], times: number): Promise<Check[]> {
  const wrong: string[] = [];
  const sent: number[] = [];
  for (const bomb of bombs) {
    const tries: Refusal[] = [];
    for (let i = 0; i < times; i += 1) tries.push(await explode(victim, bomb, 1_024 * KIB));
    const odd = tries.filter(({ status }) => ![400, 414, 431].includes(status)).map(({ status }) => status);
    if (odd.length > 0) wrong.push(`${bomb.name}: ${tally(odd)}`);
    // What is sent while the machine is elsewhere says nothing of the server.
    sent.push(Math.min(...tries.map((one) => one.sent)));
  }
  return [
    exactly(
      `not refused of ${bombs.length} kinds, ${times} times each`,
      wrong.length === 0 ? "none" : wrong.join(", "),
      "none",
    ),
    atMost("sent until refused", Math.max(...sent) / KIB, 256, "KiB"),
  ];
}

async function headerBombs(arena: Arena): Promise<Check[]> {
  const victim = await arena.serve();
  const probe = await arena.probe(victim);
  const times = arena.count(100, 3);
  const startedAt = performance.now();
  const checks = await refusals(victim, HEADERS, times);
  const seconds = (performance.now() - startedAt) / 1_000;
  const seen = await probe.take();
  await probe.stop();
  // One line for all that was refused in a while is enough, however many there were.
  return [...checks, ...probe.judge(seen, { worstMs: 250 }), ...(await victim.afterwards({ lines: 10 + seconds }))];
}

/** A body of one-byte chunks; how many seconds it took, and whether the sum was right. */
async function tinyChunks(
  victim: Victim,
  count: number,
): Promise<{ readonly seconds: number; readonly right: boolean }> {
  const caller = new Caller(victim.port);
  await caller.connected;
  const startedAt = performance.now();
  caller.send(CHUNKED);
  const piece = Buffer.from("1\r\nx\r\n".repeat(10_000));
  for (let sent = 0; sent < count && caller.isOpen; sent += 10_000) {
    await new Promise<void>((done) => {
      caller.socket.write(piece, () => done());
    });
  }
  const answered = new Promise((done) => caller.socket.once("data", done));
  caller.send("0\r\n\r\n");
  await Promise.race([answered, caller.ended]);
  const seconds = (performance.now() - startedAt) / 1_000;
  caller.close();
  const sum = createHash("md5");
  for (let i = 0; i < count; i += 10_000) sum.update("x".repeat(10_000));
  return { seconds, right: caller.status === 200 && caller.said.endsWith(` ${count} ${sum.digest("hex")}`) };
}

async function chunkBombs(arena: Arena): Promise<Check[]> {
  const victim = await arena.serve();
  const probe = await arena.probe(victim);
  const checks = await refusals(victim, CHUNKS, arena.count(20, 3));
  const few = Math.ceil(arena.count(1_000_000, 100_000) / 10_000) * 10_000;
  const one = await tinyChunks(victim, few);
  const ten = await tinyChunks(victim, few * 10);
  const seen = await probe.take();
  await probe.stop();
  return [
    ...checks,
    exactly(
      `${(few * 10).toLocaleString("en-US")} chunks of one byte`,
      one.right && ten.right ? "right" : "wrong",
      "right",
    ),
    atMost("ten times the chunks, times the time", ten.seconds / one.seconds, 13, "x"),
    noted("chunks a second", (few * 10) / ten.seconds),
    ...probe.judge(seen, { worstMs: 250 }),
    ...(await victim.afterwards()),
  ];
}

export const BOMBS: readonly Trial[] = [
  { id: "F17", title: "heads without an end", run: headerBombs },
  { id: "F18", title: "chunked bodies without an end, and ten million chunks of one byte", run: chunkBombs },
];
