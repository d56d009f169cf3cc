// What the fuzzers send: the wire corpus and the stored inputs, and what becomes of them when somebody who knows the grammar spoils them.

import { Buffer } from "node:buffer";
import type { Limits } from "../../src/protocol/codec.ts";
import type { Random } from "../support/random.ts";
import { LIMITS, wireCases } from "../support/wire.ts";
import { stored } from "./corpus.ts";
import { requests } from "./messages.ts";

const without = Object.fromEntries(Object.keys(LIMITS).map((name) => [name, 0])) as unknown as Limits;

/** The limits an input meets: those of a usual server, ones that a short input can pass, and none. */
export const PROFILES = {
  usual: LIMITS,
  small: { ...LIMITS, requestLine: 40, fields: 4, fieldSize: 32, allFields: 64, body: 20 },
  none: without,
} as const satisfies Record<string, Limits>;

export type Profile = keyof typeof PROFILES;

export interface Input {
  readonly profile: Profile;
  readonly wire: Buffer;
}

/** How often each of them is chosen: a limit that stops everything early finds little. */
const NAMES: readonly Profile[] = ["usual", "usual", "small", "none"];
const MOST_BYTES = 3_000;
/** Long cases are slow byte by byte, and what they show is length; the steps test has those. */
const LONGEST_SEED = 1_200;

const wires = [...wireCases("http1/accept"), ...wireCases("http1/refuse")].map(({ wire }) => wire);
const SEEDS: readonly Input[] = [...wires.map((wire): Input => ({ profile: "usual", wire })), ...stored()].filter(
  ({ wire }) => wire.length > 0 && wire.length <= LONGEST_SEED,
);

/** What means something somewhere in a message, or nearly does. */
const WORDS = [
  ...'\r|\n|\r\n|\r\n\r\n|\n\n|\0| |\t|\x0b|\x7f|\xa0|\x85|\xff|:|;|,|=|"|\\|/|*|#|?|%|%4|@|[|]|-|+|_|.'.split("|"),
  ..."0|1|5|a|f|0x5|1_0|-1|00|9007199254740991|9007199254740992|18446744073709551616|ffffffffffffffff".split("|"),
  ..."GET|HEAD|POST|OPTIONS|CONNECT|PRI|get|HTTP/1.1|HTTP/1.0|HTTP/0.9|HTTP/2.0|http/1.1|RTSP/1.0|*|/|http://a/".split(
    "|",
  ),
  ..."chunked|gzip|identity|close|keep-alive|100-continue|upgrade|websocket|0\r\n\r\n|1\r\nx\r\n|5;a=b\r\nhello\r\n".split(
    "|",
  ),
  ..."Host: a\r\n|Host: b\r\n|Host:\r\n|Content-Length: 5\r\n|Content-Length: 0\r\n|Connection: close\r\n".split("|"),
  ..."Transfer-Encoding: chunked\r\n|Transfer-Encoding: gzip\r\n|Expect: 100-continue\r\n|Connection: keep-alive\r\n".split(
    "|",
  ),
  ..."Upgrade: x\r\n|Trailer: x\r\n|X: y\r\n| folded\r\n|X : y\r\n|__proto__: x\r\n|Content-Length:\r\n".split("|"),
];

type Change = (text: string, random: Random) => string;

/** `text` with `count` units from `at` replaced. */
const splice = (text: string, at: number, count: number, instead = ""): string =>
  text.slice(0, at) + instead + text.slice(at + count);

/** Changes one match of a pattern; the text as it is when there is none. */
function changeOne(text: string, random: Random, pattern: RegExp, change: (found: string) => string): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const one = random.pick(found);
  return splice(text, one.index, one[0].length, change(one[0]));
}

const CHANGES: readonly Change[] = [
  (text, random) => splice(text, random.below(text.length + 1), 0, random.pick(WORDS)),
  (text, random) => splice(text, random.below(text.length + 1), 1 + random.below(4), random.pick(WORDS)),
  (text, random) => splice(text, random.below(text.length), 1, String.fromCharCode(random.below(256))),
  (text, random) => {
    const at = random.below(text.length);
    return splice(text, at, 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(8))));
  },
  (text, random) => splice(text, random.below(text.length), 1 + random.below(8)),
  // A word again and again, and a stretch twice.
  (text, random) => splice(text, random.below(text.length + 1), 0, random.pick(WORDS).repeat(2 + random.below(20))),
  (text, random) => {
    const at = random.below(text.length);
    return splice(text, at, 0, text.slice(at, at + 1 + random.below(40)));
  },
  // Lines: one twice, one gone, two swapped, one that means something put among them.
  (text, random) => changeOne(text, random, /[^\n]*\n/g, (line) => line + line),
  (text, random) => changeOne(text, random, /[^\n]*\n/g, () => ""),
  (text, random) =>
    changeOne(text, random, /([^\n]*\n)([^\n]*\n)/g, (two) => two.replace(/^([^\n]*\n)([^\n]*\n)$/, "$2$1")),
  (text, random) =>
    changeOne(text, random, /\n/g, (end) => end + random.pick(WORDS.filter((word) => word.endsWith("\n")))),
  // Line ends, blanks, letters and numbers as somebody else would write them.
  (text, random) =>
    changeOne(text, random, /\r\n/g, () => random.pick(["\n", "\r", "\r\r\n", "\n\r", " \r\n", "\t\r\n"])),
  (text, random) =>
    changeOne(text, random, /[ :;=,]/g, (mark) => random.pick([` ${mark}`, `${mark} `, `\t${mark}`, mark + mark, ""])),
  (text, random) =>
    changeOne(text, random, /[A-Za-z]+/g, (word) => random.pick([word.toLowerCase(), word.toUpperCase()])),
  (text, random) =>
    changeOne(text, random, /[0-9a-f]+/g, (digits) => {
      const number = Number.parseInt(digits, 16);
      return random.pick([
        `${number + 1}`,
        `${number - 1}`,
        `0${digits}`,
        (number + 1).toString(16),
        `${digits}0`,
        "0",
      ]);
    }),
  // The end cut off, another request behind it, the beginning of one with the end of another.
  (text, random) => text.slice(0, random.below(text.length)),
  (text, random) => text + textOf(random.pick(SEEDS)),
  (text, random) => text.slice(0, random.below(text.length)) + half(textOf(random.pick(SEEDS)), random),
];

const textOf = ({ wire }: Input): string => wire.toString("latin1");
const half = (text: string, random: Random): string => text.slice(random.below(text.length));

/** Right requests, or a case of the corpora, with a few changes or none; now and then bytes without any form. */
export function anyInput(random: Random): Input {
  if (random.chance(0.02)) return { profile: random.pick(NAMES), wire: noise(random) };
  if (random.chance(0.5)) return changed(random.pick(SEEDS), random, 1);
  const right = { profile: random.pick(NAMES), wire: Buffer.from(requests(random), "latin1") };
  return changed(right, random, 0);
}

/** The same input, spoiled a little more. */
export function changed(seed: Input, random: Random, least: number): Input {
  let text = textOf(seed);
  for (let left = least; left > 0 || random.chance(0.4); left -= 1) {
    const next = random.pick(CHANGES)(text, random);
    if (next.length > 0 && next.length <= MOST_BYTES) text = next;
  }
  const profile = random.chance(0.5) ? seed.profile : random.pick(NAMES);
  return { profile, wire: Buffer.from(text, "latin1") };
}

const noise = (random: Random): Buffer =>
  Buffer.from(Array.from({ length: 1 + random.below(60) }, () => random.below(256)));
