// `Headers` over the flat list that the codec made or that a response will send: a lookup costs a walk over a few names, and nothing is built
// before it is asked for. Whatever is odd, a name that is no token, a missing argument, is done by Node's own class, which says what is wrong.

import { type FlatFields, NO_FIELDS } from "../protocol/events.ts";
import { isFieldValue } from "../protocol/grammar.ts";
import { fieldName } from "../protocol/http1/names.ts";
import { dress, isHeaders, NativeHeaders } from "./fetch-native.ts";

type Pair = [name: string, value: string];

/** Names are in lower case and tokens, values have no white space around them. A repeated name stays repeated, and is joined when read. */
export class LightHeaders {
  #fields: FlatFields;
  /** What iterating gives; undefined when it has to be made. */
  #sorted: readonly Pair[] | undefined;

  constructor(fields: FlatFields) {
    this.#fields = fields;
    this.#sorted = undefined;
  }

  /** The list of light headers, of which nobody keeps what can change; undefined for any other value. */
  static fieldsOf(value: object): FlatFields | undefined {
    return #fields in value ? (value as LightHeaders).#fields : undefined;
  }

  static native(headers: LightHeaders): Headers {
    return nativeOf(headers.#fields);
  }

  static pairs(headers: LightHeaders): readonly Pair[] {
    headers.#sorted ??= sortedPairs(headers.#fields);
    return headers.#sorted;
  }

  get(...args: [name: string]): string | null {
    const name = lowerOf(args[0]);
    if (name === undefined) return nativeOf(this.#fields).get(...args);
    return valueIn(this.#fields, name);
  }

  has(...args: [name: string]): boolean {
    const name = lowerOf(args[0]);
    if (name === undefined) return nativeOf(this.#fields).has(...args);
    const fields = this.#fields;
    for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return true;
    return false;
  }

  getSetCookie(): string[] {
    const cookies: string[] = [];
    const fields = this.#fields;
    for (let i = 0; i < fields.length; i += 2) if (fields[i] === "set-cookie") cookies.push(fields[i + 1]!);
    return cookies;
  }

  append(...args: [name: string, value: string]): void {
    const [name, value] = judged("append", args);
    this.#become([...this.#fields, name, value]);
  }

  set(...args: [name: string, value: string]): void {
    const [name, value] = judged("set", args);
    const fields: string[] = [];
    let isPut = false;
    for (let i = 0; i < this.#fields.length; i += 2) {
      const own = this.#fields[i]!;
      if (own !== name) fields.push(own, this.#fields[i + 1]!);
      else if (!isPut) {
        isPut = true;
        fields.push(name, value);
      }
    }
    if (!isPut) fields.push(name, value);
    this.#become(fields);
  }

  delete(...args: [name: string]): void {
    const name = lowerOf(args[0]);
    if (name === undefined) {
      const native = nativeOf(this.#fields);
      native.delete(...args);
      this.#become(flatOf(native));
    } else this.#become(without(this.#fields, name));
  }

  forEach(...args: [callback: (value: string, name: string, parent: Headers) => void, self?: unknown]): void {
    const [callback, self] = args;
    if (typeof callback !== "function") nativeOf(NO_FIELDS).forEach(...args);
    for (const [name, value] of this.entries()) callback.call(self, value, name, this as unknown as Headers);
  }

  entries(): HeadersIterator<Pair> {
    return new HeadersIterator(this, ([name, value]) => [name, value]);
  }

  keys(): HeadersIterator<string> {
    return new HeadersIterator(this, ([name]) => name);
  }

  values(): HeadersIterator<string> {
    return new HeadersIterator(this, ([, value]) => value);
  }

  [Symbol.iterator](): HeadersIterator<Pair> {
    return this.entries();
  }

  /** A list is never changed, only replaced: it may be shared with the codec's memory of it. */
  #become(fields: FlatFields): void {
    this.#fields = fields;
    this.#sorted = undefined;
  }
}

/** Goes over what there is at each step, as the platform's does, also where it changes in between (Fetch, iterating Headers). */
class HeadersIterator<T> implements IterableIterator<T, undefined> {
  readonly #headers: LightHeaders;
  readonly #give: (pair: Pair) => T;
  #at = 0;

  constructor(headers: LightHeaders, give: (pair: Pair) => T) {
    this.#headers = headers;
    this.#give = give;
  }

  next(): IteratorResult<T, undefined> {
    const pair = LightHeaders.pairs(this.#headers)[this.#at];
    if (pair === undefined) return { done: true, value: undefined };
    this.#at += 1;
    return { done: false, value: this.#give(pair) };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

Object.setPrototypeOf(HeadersIterator.prototype, Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
Object.defineProperty(HeadersIterator.prototype, Symbol.toStringTag, { value: "Headers Iterator", configurable: true });

const lowerOf = (name: unknown): string | undefined => (typeof name === "string" ? fieldName(name)?.lower : undefined);

/** Whether Node's class would keep it as it is, and the codec send it. */
function isPlainValue(value: unknown): value is string {
  if (typeof value !== "string" || !isFieldValue(value)) return false;
  return value === "" || (value.charCodeAt(0) > 0x20 && value.charCodeAt(value.length - 1) > 0x20);
}

/** A name and a value as they are kept. */
function judged(method: "append" | "set", args: [name: string, value: string]): Pair {
  const name = lowerOf(args[0]);
  if (name !== undefined && isPlainValue(args[1])) return [name, args[1]];
  const scratch = new NativeHeaders();
  scratch[method](...args);
  return [...scratch][0]!;
}

/** The values of a name, joined (RFC 9110 section 5.3; RFC 6265 section 5.4 for Cookie). */
function valueIn(fields: FlatFields, name: string): string | null {
  let found: string | null = null;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== name) continue;
    const value = fields[i + 1]!;
    found = found === null ? value : `${found}${name === "cookie" ? "; " : ", "}${value}`;
  }
  return found;
}

/** By name, each but Set-Cookie once (Fetch, sort and combine). */
function sortedPairs(fields: FlatFields): Pair[] {
  const pairs: Pair[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    if (name === "set-cookie") pairs.push([name, fields[i + 1]!]);
    else if (!seen.has(name)) {
      seen.add(name);
      pairs.push([name, valueIn(fields, name)!]);
    }
  }
  return pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Without the fields of one name. */
function without(fields: FlatFields, name: string): FlatFields {
  const rest: string[] = [];
  for (let i = 0; i < fields.length; i += 2) if (fields[i] !== name) rest.push(fields[i]!, fields[i + 1]!);
  return rest;
}

/** A `Headers` of Node's own with the same fields. */
export function nativeOf(fields: FlatFields): Headers {
  const native = new NativeHeaders();
  for (let i = 0; i < fields.length; i += 2) native.append(fields[i]!, fields[i + 1]!);
  return native;
}

/** The flat list of any `Headers`. */
export function flatOf(headers: Headers): FlatFields {
  const own = LightHeaders.fieldsOf(headers);
  if (own !== undefined) return own;
  const fields: string[] = [];
  for (const [name, value] of headers) fields.push(name, value);
  return fields;
}

/** What `init.headers` comes to, in the order it was given; undefined where Node's own class should judge it. */
export function fieldsFrom(init: unknown): string[] | undefined {
  if (typeof init !== "object" || init === null) return undefined;
  if (isHeaders(init)) return [...flatOf(init)];
  if (Array.isArray(init)) return fromPairs(init);
  const prototype: unknown = Object.getPrototypeOf(init);
  if ((prototype !== Object.prototype && prototype !== null) || Symbol.iterator in init) return undefined;
  const fields: string[] = [];
  for (const raw in init) {
    const name = lowerOf(raw);
    const value = (init as Record<string, unknown>)[raw];
    if (name === undefined || !isPlainValue(value)) return undefined;
    fields.push(name, value);
  }
  return fields;
}

function fromPairs(pairs: readonly unknown[]): string[] | undefined {
  const fields: string[] = [];
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const name = lowerOf(pair[0]);
    if (name === undefined || !isPlainValue(pair[1])) return undefined;
    fields.push(name, pair[1]);
  }
  return fields;
}

let lastFields: FlatFields = NO_FIELDS;

/**
 * The list itself, frozen, or the one that was made last if it says the same: routes say the same for request after request, and the codec
 * keeps the lines of a frozen list.
 */
export function shared(fields: readonly string[]): FlatFields {
  const last = lastFields;
  let i = fields.length === last.length ? 0 : -1;
  while (i >= 0 && i < fields.length && fields[i] === last[i]) i += 1;
  if (i === fields.length) return last;
  lastFields = Object.freeze(fields);
  return lastFields;
}

dress<LightHeaders>(LightHeaders, NativeHeaders, LightHeaders.native);
Object.defineProperty(LightHeaders.prototype, "constructor", {
  value: NativeHeaders,
  writable: true,
  configurable: true,
});
