// `Headers`: the fields of a message as a dictionary that keeps their order and lets a name come again (wsgiref.headers).
// Works on the very list that it is given. Judges each field as it comes in; does not know which fields a response may have.

import { Buffer } from "node:buffer";
import { isFieldValue, isToken } from "../protocol/grammar.ts";
import { show, wrongValue } from "./said.ts";

/** A field: its name as it is sent, and its value. */
export type HeaderPair = readonly [name: string, value: string];

/** What `addHeader` puts behind a value: `null` for a parameter that is a word alone. */
export type HeaderParams = Readonly<Record<string, string | null>>;

/**
 * Names are found without regard to case. What is set or added goes to the end; what is only read leaves everything as it is.
 *
 * `headers.list` is what `startResponse` takes.
 */
export class Headers implements Iterable<HeaderPair> {
  /** The fields themselves. The list that the constructor was given, or one of its own. */
  readonly list: HeaderPair[];

  /**
   * @param list Worked on, not copied: what is changed here is changed there.
   * @throws TypeError that names what is no list of pairs, or cannot be a name or a value.
   */
  constructor(list: HeaderPair[] = []) {
    if (!Array.isArray(list)) throw new TypeError(`Headers: ${show(list)}: expected an array of [name, value] pairs`);
    for (const [i, pair] of list.entries()) {
      if (!Array.isArray(pair) || pair.length !== 2) {
        throw new TypeError(`Headers: header ${i} is ${show(pair)}: expected a [name, value] pair`);
      }
      judge(pair[0], pair[1]);
    }
    this.list = list;
  }

  /** How many fields there are, repeated ones counted each. */
  get length(): number {
    return this.list.length;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** The first value of a name, or what stands for none. */
  get(name: string): string | undefined;
  get<T>(name: string, otherwise: T): string | T;
  get<T>(name: string, otherwise?: T): string | T | undefined {
    const key = keyOf(name);
    return this.list.find((pair) => pair[0].toLowerCase() === key)?.[1] ?? otherwise;
  }

  /** All values of a name in their order; none is an empty list. */
  getAll(name: string): string[] {
    const key = keyOf(name);
    return this.list.filter((pair) => pair[0].toLowerCase() === key).map(([, value]) => value);
  }

  /**
   * Replaces all fields of a name by one, at the end.
   *
   * @throws TypeError that names the header, its value and what fits.
   */
  set(name: string, value: string): this {
    // Before anything is taken out: a refused value must not have cost the one that was there.
    judge(name, value);
    this.delete(name);
    this.list.push([name, value]);
    return this;
  }

  /** The first value of a name; if there is none, `value` is added and returned. */
  setDefault(name: string, value: string): string {
    judge(name, value);
    const found = this.get(name);
    if (found !== undefined) return found;
    this.list.push([name, value]);
    return value;
  }

  /** Takes all fields of a name out. Whether there was one. */
  delete(name: string): boolean {
    const key = keyOf(name);
    const before = this.list.length;
    for (let i = before - 1; i >= 0; i -= 1) if (this.list[i]![0].toLowerCase() === key) this.list.splice(i, 1);
    return this.list.length < before;
  }

  /**
   * Adds a field beside those that are there, with parameters (RFC 9110 section 5.6.6):
   * `addHeader("Content-Disposition", "attachment", { filename: "bud.gif" })`.
   *
   * Underscores in names of parameters become dashes. A value is quoted; `null` and `""` leave the name alone.
   *
   * @param value `null` for a field that is parameters only.
   */
  addHeader(name: string, value: string | null, params: HeaderParams = {}): this {
    const parts = value === null ? [] : [value];
    for (const [key, of] of Object.entries(params)) parts.push(parameter(name, key, of));
    // Joining would make text of what is none.
    judge(name, value === null ? "" : value);
    const whole = parts.join("; ");
    judge(name, whole);
    this.list.push([name, whole]);
    return this;
  }

  /** Names as they were given, repeated ones each time. */
  keys(): string[] {
    return this.list.map(([name]) => name);
  }

  values(): string[] {
    return this.list.map(([, value]) => value);
  }

  /** Copies: to change the fields, use the methods. */
  entries(): HeaderPair[] {
    return this.list.map(([name, value]) => [name, value]);
  }

  [Symbol.iterator](): ArrayIterator<HeaderPair> {
    return this.entries().values();
  }

  /** As they are sent: a line each, and the empty line that ends them. */
  toString(): string {
    return this.list
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("")
      .concat("\r\n");
  }

  /** `toString()` in the bytes of the wire, which are latin-1. */
  toBytes(): Buffer {
    return Buffer.from(this.toString(), "latin1");
  }
}

function keyOf(name: unknown): string {
  if (typeof name !== "string") throw new TypeError(`Headers: header name ${show(name)}: expected a string`);
  return name.toLowerCase();
}

// A line end in a value would be a second field, or the end of the head and the beginning of somebody else's body.
function judge(name: unknown, value: unknown): void {
  if (typeof name !== "string" || !isToken(name)) {
    throw new TypeError(`Headers: header name ${show(name)}: expected letters, digits and any of !#$%&'*+-.^_\`|~`);
  }
  if (typeof value !== "string" || !isFieldValue(value)) throw new TypeError(`Headers: ${wrongValue(name, value)}`);
}

function parameter(header: string, key: string, value: unknown): string {
  const name = key.replaceAll("_", "-");
  if (!isToken(name)) {
    throw new TypeError(`Headers: parameter ${show(key)} of ${header}: expected letters, digits and dashes`);
  }
  if (value === null || value === "") return name;
  if (typeof value !== "string") {
    throw new TypeError(`Headers: parameter ${key} of ${header} is ${show(value)}: expected a string or null`);
  }
  return `${name}="${value.replace(/[\\"]/g, "\\$&")}"`;
}
