// The header fields of a response: a list of pairs in the order they were set, found by name in any case. What may not be sent is refused when
// it is set, at the line that sets it. The pairs are handed to the server as they are.

/** Fields of the connection, which is the server's (RFC 9110 section 7.6.1; PEP 3333, Other HTTP Features), and CGI's Status. */
const REFUSED = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "trailers",
  "transfer-encoding",
  "upgrade",
  "status",
]);

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
// Nothing above U+00FF: its low byte would go out, and the low byte of U+010A is a line feed.
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Fields that a response has once (RFC 9110): a second one is a mistake that caches and proxies settle as they like. */
const ONCE = new Set([
  "content-length",
  "content-range",
  "content-type",
  "date",
  "etag",
  "expires",
  "last-modified",
  "location",
  "retry-after",
]);

/** Names in lower case by the names as they are written. Bounded, because an application may build names from what a client sent. */
const KEYS = new Map<string, string>();
const MAX_KEYS = 500;

export type Pair = readonly [name: string, value: string];
export type HeadersInit = Readonly<Record<string, string>> | Iterable<Pair>;

/** @throws TypeError that names what was given and what fits. */
function keyOf(name: string): string {
  const known = KEYS.get(name);
  if (known !== undefined) return known;
  if (typeof name !== "string" || !TOKEN.test(name)) {
    throw new TypeError(`the header name ${show(name)}: expected letters, digits and any of !#$%&'*+-.^_\`|~`);
  }
  const key = name.toLowerCase();
  if (REFUSED.has(key)) {
    throw new TypeError(
      key === "status"
        ? "the status is no header: set response.status"
        : `the header ${name} belongs to the connection, which is the server's: leave it out`,
    );
  }
  if (KEYS.size < MAX_KEYS) KEYS.set(name, key);
  return key;
}

function checkValue(name: string, value: string): void {
  // RFC 9110 section 8.6: no sign, no blank, no list.
  if (keyOf(name) === "content-length" && !/^\d+$/.test(value)) {
    throw new TypeError(`the header ${name} is ${show(value)}: expected digits only`);
  }
  if (typeof value !== "string" || !VALUE.test(value)) {
    throw new TypeError(
      `the header ${name} is ${show(value)}: expected a string of latin-1 characters without control characters`,
    );
  }
}

/** A pair that was checked once and is shared by all responses that have it. */
export function headerPair(name: string, value: string): Pair {
  keyOf(name);
  checkValue(name, value);
  return Object.freeze([name, value] as const);
}

export class ResponseHeaders implements Iterable<Pair> {
  /** In lower case, beside `#pairs`. A list is shorter than a map is fast. */
  readonly #keys: string[];
  readonly #pairs: Pair[];

  /** @param first A pair of `headerPair`, which is not checked again. */
  constructor(first?: Pair) {
    this.#keys = first === undefined ? [] : [keyOf(first[0])];
    this.#pairs = first === undefined ? [] : [first];
  }

  get size(): number {
    return this.#pairs.length;
  }

  get(name: string): string | undefined {
    return this.#pairs[this.#keys.indexOf(keyOf(name))]?.[1];
  }

  /** All of that name as one list, `""` where there is none (RFC 9110 section 5.3). */
  joined(name: string): string {
    return this.has(name) ? this.getAll(name).join(", ") : "";
  }

  getAll(name: string): string[] {
    const key = keyOf(name);
    return this.#pairs.filter((_, i) => this.#keys[i] === key).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#keys.includes(keyOf(name));
  }

  /** Sets the first of each name in `init`, and appends the others. */
  setAll(init: HeadersInit): this {
    if (typeof init !== "object" || init === null) {
      throw new TypeError(`the headers are ${show(init)}: expected an object, { "X-Name": "value" }, or pairs`);
    }
    const seen = new Set<string>();
    const pairs: Iterable<Pair> = Symbol.iterator in init ? (init as Iterable<Pair>) : Object.entries(init);
    for (const [name, value] of pairs) {
      const key = keyOf(name);
      if (seen.has(key)) this.append(name, value);
      else this.set(name, value);
      seen.add(key);
    }
    return this;
  }

  /** Replaces all of that name. @throws TypeError for a name or value that may not be sent. */
  set(name: string, value: string): this {
    checkValue(name, value);
    return this.setPair([name, value]);
  }

  /** Like `set`, with a pair of `headerPair`: nothing is checked or copied. */
  setPair(pair: Pair): this {
    const key = keyOf(pair[0]);
    const at = this.#keys.indexOf(key);
    if (at < 0) {
      this.#keys.push(key);
      this.#pairs.push(pair);
    } else {
      this.#pairs[at] = pair;
      for (let i = this.#keys.length - 1; i > at; i -= 1) if (this.#keys[i] === key) this.#removeAt(i);
    }
    return this;
  }

  /** Sets it where there is none of that name. */
  setDefault(name: string, value: string): this {
    return this.has(name) ? this : this.set(name, value);
  }

  /** Adds one more of that name. @throws TypeError also for a second one of what a response has once, as Content-Type. */
  append(name: string, value: string): this {
    const key = keyOf(name);
    checkValue(name, value);
    if (ONCE.has(key) && this.#keys.includes(key)) {
      throw new TypeError(`the header ${name} is there already, and a response has one: replace it with set`);
    }
    this.#keys.push(key);
    this.#pairs.push([name, value]);
    return this;
  }

  /** Whether there was one. */
  delete(name: string): boolean {
    const key = keyOf(name);
    const before = this.#keys.length;
    for (let i = before - 1; i >= 0; i -= 1) if (this.#keys[i] === key) this.#removeAt(i);
    return this.#keys.length < before;
  }

  /** Adds names of request fields to Vary, each once (RFC 9110 section 12.5.5; Django's patch_vary_headers). */
  vary(...names: readonly string[]): this {
    // It may stand in several fields, which are made one.
    const list = this.getAll("Vary").flatMap((said) => said.split(",").map((name) => name.trim()));
    if (list.includes("*")) return this;
    const lower = new Set(list.map((name) => name.toLowerCase()));
    const added = names.filter((name) => !lower.has(name.toLowerCase()));
    return added.length === 0 ? this : this.set("Vary", [...list, ...added].join(", "));
  }

  /** The list itself, for the server, which copies it. */
  pairs(): readonly Pair[] {
    return this.#pairs;
  }

  [Symbol.iterator](): IterableIterator<Pair> {
    return this.#pairs.values();
  }

  #removeAt(i: number): void {
    this.#keys.splice(i, 1);
    this.#pairs.splice(i, 1);
  }
}

/** A short picture of a value for a message. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  if (value === null || typeof value !== "object") return typeof value === "function" ? "a function" : String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = (value as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "Object" ? `a ${name}` : "an object";
}
