// Every way to block an event loop or to die, in TypeScript, so that no line of it is where the compiler put it. The comment at a line's
// end says for which way the log must name that line.

import { execSync } from "node:child_process";
import { pbkdf2Sync } from "node:crypto";
import { application as site } from "./site.js";

interface Environ {
  readonly PATH_INFO: string;
  readonly QUERY_STRING: string;
  readonly "tsgi.input": { read(): Promise<unknown> };
  readonly "tsgi.early_hints": (headers: readonly (readonly [string, string])[]) => void;
}
type Start = (status: string, headers: readonly (readonly [string, string])[]) => unknown;

interface Counter {
  count: number;
}

function spinForEver(counter: Counter): never {
  for (;;) counter.count += 1; // blame: /spin
}

const isNested = (text: string): boolean => /^(a+)+$/.test(text); // blame: /regex

function waitForNobody(): string {
  const words: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  return Atomics.wait(words, 0, 0); // blame: /atomics
}

function burn(ms: number): void {
  for (const end: number = performance.now() + ms; performance.now() < end; ) Math.sqrt(end); // blame: /burn
}

const hold: unknown[] = [];

function fill(): never {
  for (;;) hold.push(new Array(1_000).fill({ text: "x" }));
}

async function touch(): Promise<never> {
  for (;;) {
    hold.push(Buffer.alloc(8_388_608, 1));
    await new Promise((next) => setImmediate(next));
  }
}

type Way = (environ: Environ) => unknown;

const ways: Readonly<Record<string, Way>> = {
  "/spin": () => spinForEver({ count: 0 }),
  "/regex": () => isNested(`${"a".repeat(60)}!`),
  "/atomics": () => waitForNobody(),
  "/exec": () => execSync("sleep 61"),
  "/pbkdf2": () => pbkdf2Sync("a", "b", 2_000_000_000, 64, "sha512"),
  "/burn": ({ QUERY_STRING }) => burn(Number(QUERY_STRING)),
  // The hint tells the client that its request has begun.
  "/hold": (environ) => {
    environ["tsgi.early_hints"]([["Link", "</>"]]);
    return new Promise(() => {});
  },
  // Once its body is there.
  "/throw": async (environ) => {
    await environ["tsgi.input"].read();
    setImmediate((): void => {
      throw new TypeError("thrown by nobody's request", { cause: new Error("the cause of it") }); // blame: /throw
    });
    return new Promise(() => {});
  },
  "/reject": () => {
    void (async (): Promise<void> => {
      throw new RangeError("rejected and forgotten"); // blame: /reject
    })();
    return new Promise(() => {});
  },
  "/heap": () => fill(),
  "/memory": () => touch(),
  "/signal": ({ QUERY_STRING }) => process.kill(process.pid, QUERY_STRING),
  "/abort": () => process.abort(),
};

export async function application(environ: Environ, startResponse: Start): Promise<unknown> {
  const way: Way | undefined = ways[environ.PATH_INFO];
  if (way === undefined) return site(environ, startResponse);
  const text = String(await way(environ));
  startResponse("200 OK", []);
  return [text];
}
