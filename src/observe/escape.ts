// What a client chose as printable ASCII: in a line of the access log it can neither forge an entry nor speak to a terminal. Pure.

import { Buffer } from "node:buffer";

const UNSAFE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
const UNSAFE_ALL = /[^\x20\x21\x23-\x5b\x5d-\x7e]/gu;
const UNSAFE_WORD = /[^\x21\x23-\x5b\x5d-\x7e]/;

/** Whether it holds a quote, a backslash, a control or anything above 0x7e. */
export const isUnsafe = (text: string): boolean => UNSAFE.test(text);

/**
 * With `\"`, `\\` and `\xNN` for what is unsafe. An escape sequence in a path speaks to the terminal that shows the log (CVE-2020-7694);
 * a line end forges an entry.
 */
export function escapeText(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escapeOne) : text;
}

/** The same, `-` for nothing. A blank in the user's name would shift the columns after it. */
export function escapeWord(text: string): string {
  if (text === "") return "-";
  return UNSAFE_WORD.test(text) ? escapeText(text).replaceAll(" ", "\\x20") : text;
}

function escapeOne(char: string): string {
  if (char === '"' || char === "\\") return `\\${char}`;
  const code = char.codePointAt(0)!;
  if (code <= 0xff) return hex(code);
  let out = "";
  for (const byte of Buffer.from(char)) out += hex(byte);
  return out;
}

const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, "0")}`;
