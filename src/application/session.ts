// What is remembered of one visitor between requests: names and JSON values. Knows whether it was changed; does not know where it is kept.

import { HeadIsOut } from "./exceptions.ts";

/** What can be kept: what JSON has. */
export type SessionData = Readonly<Record<string, unknown>>;

/** What a session was read as. */
export interface SavedSession {
  readonly data: SessionData;
  /** Seconds; null: until the browser closes; undefined: as the settings say. */
  readonly expiry?: number | null | undefined;
}

const NOT_JSON = new Set(["undefined", "function", "symbol", "bigint"]);

export class Session {
  /** Set by each change. To be set by hand after a change inside of a value, as `session.get("cart").push(1)`, which cannot be seen. */
  modified = false;
  #data: Map<string, unknown>;
  #expiry: number | null | undefined;
  #flushed = false;
  #sealed = false;

  constructor(saved: SavedSession = { data: {} }) {
    // A map: a key is whatever the application says, and `__proto__` is one like any other.
    this.#data = new Map(Object.entries(saved.data));
    this.#expiry = saved.expiry;
  }

  /** `T` is a promise of the caller: nothing checks it. */
  get<T = unknown>(key: string): T | undefined;
  get<T>(key: string, initial: T): T;
  get<T>(key: string, initial?: T): T | undefined {
    return this.#data.has(key) ? (this.#data.get(key) as T) : initial;
  }

  has(key: string): boolean {
    return this.#data.has(key);
  }

  /** @throws TypeError for what JSON has no word for. */
  set(key: string, value: unknown): void {
    if (NOT_JSON.has(typeof value)) {
      throw new TypeError(
        `session: the value of ${JSON.stringify(key)} is ${typeof value}: expected what JSON can keep`,
      );
    }
    this.#change(`session.set(${JSON.stringify(key)})`);
    this.#data.set(key, value);
  }

  /** Whether it was there. */
  delete(key: string): boolean {
    if (!this.#data.has(key)) return false;
    this.#change(`session.delete(${JSON.stringify(key)})`);
    return this.#data.delete(key);
  }

  /** Removes it, and gives what it was. */
  take<T = unknown>(key: string): T | undefined {
    const value = this.get<T>(key);
    this.delete(key);
    return value;
  }

  keys(): IterableIterator<string> {
    return this.#data.keys();
  }

  entries(): IterableIterator<[string, unknown]> {
    return this.#data.entries();
  }

  get size(): number {
    return this.#data.size;
  }

  /** Empties it; its expiry stays. */
  clear(): void {
    if (this.#data.size === 0) return;
    this.#change("session.clear()");
    this.#data.clear();
  }

  /** Ends it: empty, with the expiry of the settings, and its cookie is deleted unless something is set again. For a logout. */
  flush(): void {
    this.#change("session.flush()");
    this.#data.clear();
    this.#expiry = undefined;
    this.#flushed = true;
  }

  /**
   * A new cookie with the same data. For a login. A session in a cookie has no key on the server that somebody could have planted: what is
   * new is the signature and its time. A copy of an earlier cookie stays good until it expires, also after `flush`.
   */
  cycleKey(): void {
    this.#change("session.cycleKey()");
  }

  /**
   * @param seconds From the time when it is saved; null: until the browser closes; undefined: as the settings say.
   * @throws RangeError
   */
  setExpiry(seconds: number | null | undefined): void {
    if (seconds !== null && seconds !== undefined && !(Number.isSafeInteger(seconds) && seconds > 0)) {
      throw new RangeError(`session.setExpiry(${seconds}): expected whole seconds above 0, null or undefined`);
    }
    this.#change("session.setExpiry()");
    this.#expiry = seconds;
  }

  /** What setExpiry said. */
  get expiry(): number | null | undefined {
    return this.#expiry;
  }

  /** Nothing is kept: there is nothing to save. */
  get isEmpty(): boolean {
    return this.#data.size === 0;
  }

  /** Whether flush ended it, whatever was set since. */
  get wasFlushed(): boolean {
    return this.#flushed;
  }

  /** Called when the head of the response is out: from here on it can be read, and a change throws HeadIsOut. */
  seal(): void {
    this.#sealed = true;
  }

  #change(what: string): void {
    if (this.#sealed) throw new HeadIsOut(what);
    this.modified = true;
  }

  /** As an object of no inherited names, to be written as JSON. */
  toJSON(): SessionData {
    const data: Record<string, unknown> = Object.create(null);
    for (const [key, value] of this.#data) data[key] = value;
    return data;
  }
}
