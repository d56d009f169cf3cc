// Load whose every answer is checked: sizes, methods, codings, pipelines and kept connections in a mixture that a seed repeats.
// Decides what a right answer is. What became of a request without one is told to whoever asked, who knows what was killed.

import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import { RawClient, type RawResponse } from "../support/client.ts";
import { textOf } from "./text.ts";

interface Ask {
  readonly text: string;
  readonly bodyless?: boolean;
  /** What is wrong with the answer, or undefined. */
  readonly judge: (answer: RawResponse) => string | undefined;
}

/** A request that was sent and has no whole answer. */
export interface Lost {
  readonly why: string;
  /** Who answered on this connection before; undefined when nobody had. */
  readonly pid: number | undefined;
  readonly sentAt: number;
  readonly at: number;
  /** Whether the connection had ended in order, without a byte of this answer, after earlier answers on it. */
  readonly between: boolean;
}

export interface Watcher {
  readonly wrong: (what: string) => void;
  readonly lost: (lost: Lost) => void;
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const clip = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);

const expect = (answer: RawResponse, status: number, body: string): string | undefined => {
  if (answer.status !== status) return `status ${answer.status} for ${status}`;
  if (answer.body === body) return undefined;
  return `${answer.body.length} bytes ${clip(answer.body)} for ${body.length} bytes ${clip(body)}`;
};

const headOf = (method: string, target: string, extra = ""): string =>
  `${method} ${target} HTTP/1.1\r\nHost: load\r\n${extra}\r\n`;

/** Most are small and some are large, as requests are. */
const sizeOf = (random: () => number, large: number): number => Math.floor(random() ** 6 * large);

function chunked(body: string, random: () => number): string {
  let text = "";
  for (let at = 0; at < body.length; ) {
    const piece = body.slice(at, at + 1 + Math.floor(random() * 5_000));
    text += `${piece.length.toString(16)}\r\n${piece}\r\n`;
    at += piece.length;
  }
  return `${text}0\r\n\r\n`;
}

function echo(tag: string, random: () => number, large: number): Ask {
  const body = textOf(tag, sizeOf(random, large));
  const sum = createHash("md5").update(body, "latin1").digest("hex");
  const right = `${tag} ${body.length} ${sum}`;
  const target = `/echo?tag=${tag}`;
  const text =
    random() < 0.5
      ? headOf("POST", target, `Content-Length: ${body.length}\r\n`) + body
      : headOf("PUT", target, "Transfer-Encoding: chunked\r\n") + chunked(body, random);
  return { text, judge: (answer) => expect(answer, 200, right) };
}

/** One request of the mixture. */
export function anyAsk(tag: string, random: () => number, large: number): Ask {
  const kind = random();
  if (kind < 0.4)
    return { text: headOf("GET", `/hello?${tag}`), judge: (answer) => expect(answer, 200, `hello ${tag}`) };
  if (kind < 0.65) return echo(tag, random, large);
  if (kind < 0.9) {
    const size = sizeOf(random, large);
    if (kind < 0.75) {
      const text = headOf("GET", `/stream?n=${size}&chunk=${1 + Math.floor(random() * 8_000)}`);
      return {
        text,
        judge: ({ status, body }) =>
          status !== 200
            ? `status ${status} for 200`
            : body.length !== size
              ? `${body.length} bytes for ${size}`
              : undefined,
      };
    }
    return {
      text: headOf("GET", `/big?tag=${tag}&n=${size}`),
      judge: (answer) => expect(answer, 200, textOf(tag, size)),
    };
  }
  if (kind < 0.95) {
    const judge = ({ status, fields }: RawResponse): string | undefined =>
      status === 200 && fields["content-length"] === String(6 + tag.length) ? undefined : `HEAD: ${status}`;
    return { text: headOf("HEAD", `/hello?${tag}`), bodyless: true, judge };
  }
  if (kind < 0.98)
    return { text: headOf("GET", `/slow?ms=20&tag=${tag}`), judge: (answer) => expect(answer, 200, `slow ${tag}`) };
  return { text: headOf("DELETE", `/none/${tag}`), judge: (answer) => expect(answer, 404, "no such route") };
}

export interface LoadOptions {
  readonly port: number;
  readonly seed: number;
  /** The largest body, in bytes. */
  readonly large: number;
  /** How many pipelined requests at most. */
  readonly pipeline: number;
  /** Milliseconds between two batches of one client. */
  readonly gapMs: number;
  readonly watcher: Watcher;
  /** Whether to go on. Asked before each batch. */
  readonly more: () => boolean;
}

const HANG_MS = 20_000;
const JITTER_BATCHES = 200;

/** One client; how many right answers it had. */
export async function client({ port, seed, large, pipeline, gapMs, watcher, more }: LoadOptions): Promise<number> {
  const random = randomFrom(seed);
  let right = 0;
  let link: RawClient | undefined;
  let pid: number | undefined;
  for (let number = 0; more(); ) {
    // Sockets are polled between a timer and setImmediate, so an end that was there to be seen was seen.
    if (gapMs > 0) await new Promise((due) => setTimeout(due, gapMs * (0.5 + random())));
    await new Promise((polled) => setImmediate(polled));
    if (link?.ended === true || (link !== undefined && random() < 1 / JITTER_BATCHES)) {
      link.close();
      link = undefined;
    }
    if (link === undefined) {
      pid = undefined;
      try {
        link = await RawClient.connect(port, false);
      } catch (error) {
        const at = performance.now();
        watcher.lost({ why: (error as Error).message, pid, sentAt: at, at, between: false });
        continue;
      }
    }
    const batch = Array.from({ length: random() < 0.3 ? 1 + Math.floor(random() * pipeline) : 1 }, () => {
      number += 1;
      return anyAsk(`${seed}.${number}`, random, large);
    });
    const sentAt = performance.now();
    if (link.received !== "") watcher.wrong(`bytes that nobody asked for: ${clip(link.received)}`);
    link.send(batch.map(({ text }) => text).join(""));
    const hangs = link;
    const timer = setTimeout(() => hangs.socket.destroy(new Error("no answer in 20 s")), HANG_MS);
    let answered = 0;
    try {
      for (const one of batch) {
        const answer = await link.response({ bodyless: one.bodyless === true });
        answered += 1;
        pid = Number(answer.fields["x-pid"] ?? pid);
        const wrong = one.judge(answer);
        if (wrong === undefined) right += 1;
        else watcher.wrong(`${one.text.slice(0, one.text.indexOf(" HTTP"))}: ${wrong}`);
        if (answer.fields["connection"]?.toLowerCase() === "close") {
          // What was pipelined behind the last answer is the client's to ask again (RFC 9112 section 9.6).
          link.close();
          link = undefined;
          break;
        }
      }
    } catch (error) {
      const untouched = hangs.received === "" && hangs.error === undefined;
      const why =
        hangs.error === undefined
          ? (error as Error).message
          : ((hangs.error as NodeJS.ErrnoException).code ?? hangs.error.message);
      const between = pid !== undefined && answered === 0 && untouched;
      watcher.lost({ why: why.slice(0, 100), pid, sentAt, at: performance.now(), between });
      hangs.close();
      link = undefined;
    } finally {
      clearTimeout(timer);
    }
  }
  link?.close();
  return right;
}
