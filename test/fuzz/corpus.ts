// The stored inputs, which the fuzzer found to do what no other does: one a line, the name of its limits and then its bytes, with the
// escapes of test/wire. hunt.ts finds and writes them; people may add some.

import type { Buffer } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { decodeWire } from "../support/wire.ts";
import type { Input, Profile } from "./inputs.ts";

const FILE = new URL("corpus.txt", import.meta.url);

const ESCAPES: Readonly<Record<string, string>> = { "\r": "\\r", "\n": "\\n", "\t": "\\t", "\0": "\\0", "\\": "\\\\" };

/** The other way round than `decodeWire`, in one line. */
export const encodeWire = (bytes: Buffer): string =>
  bytes
    .toString("latin1")
    .replace(
      /[^\x20-\x5b\x5d-\x7e]/g,
      (unit) => ESCAPES[unit] ?? `\\x${unit.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );

export const stored = (): readonly Input[] =>
  readFileSync(FILE, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const space = line.indexOf(" ");
      return { profile: line.slice(0, space) as Profile, wire: decodeWire(line.slice(space + 1)) };
    });

export function store(inputs: readonly Input[]): void {
  writeFileSync(FILE, inputs.map(({ profile, wire }) => `${profile} ${encodeWire(wire)}\n`).join(""));
}
