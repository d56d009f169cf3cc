// The echo, and ways for a loop to stand still. The types stand before the functions so that a line of this file is no line of what runs.

import { execFileSync } from "node:child_process";
import { application as echo } from "./echo.js";

interface Environ {
  readonly PATH_INFO: string;
  readonly [key: string]: unknown;
}

type Respond = (status: string, headers: readonly (readonly [string, string])[]) => unknown;

function spin(): void {
  while (true) {} // blocks: spin
}

function backtrack(): boolean {
  return /^(a+)+$/.test("a".repeat(40) + "b"); // blocks: backtrack
}

function waitForNobody(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // blocks: waitForNobody
}

function runAnother(): void {
  execFileSync("sleep", ["60"]); // blocks: runAnother
}

const ways: Readonly<Record<string, () => unknown>> = {
  "/spin": spin,
  "/backtrack": backtrack,
  "/waitForNobody": waitForNobody,
  "/runAnother": runAnother,
};

export function application(environ: Environ, startResponse: Respond): unknown {
  ways[environ.PATH_INFO]?.();
  return echo(environ, startResponse);
}
