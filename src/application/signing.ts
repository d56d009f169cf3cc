// Values that a client may keep and not change: text with an HMAC-SHA256 of it (Django's django.core.signing). Each use has its own salt, so that
// what was signed for one cannot be shown to another. What is signed is not secret.

import { Buffer } from "node:buffer";
import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { BadSignature, ImproperlyConfigured, SignatureExpired } from "./exceptions.ts";
import type { Settings } from "./settings.ts";

/** Where the keys come from: the settings, or an object like them. */
export type SigningKeys = Pick<Settings, "secretKey" | "secretKeyFallbacks">;

export interface SignerOptions {
  readonly key: string;
  /** Former keys: what they signed is taken, nothing is signed with them. */
  readonly fallbackKeys?: readonly string[];
  /** What the signature is for; default `"tsgi.signing"`. */
  readonly salt?: string;
}

export interface UnsignOptions {
  /** Seconds after which a signature is not taken any more; default: never. */
  readonly maxAge?: number;
}

export interface SignedCookieOptions extends UnsignOptions {
  readonly salt?: string;
}

const SEPARATOR = ":";
/** Bytes of an HMAC-SHA256, and characters of it in base64url. */
const SIGNATURE_LENGTH = 43;

export class Signer {
  /** The first one signs. */
  readonly #keys: readonly KeyObject[];

  /** @throws ImproperlyConfigured for an empty key. */
  constructor({ key, fallbackKeys = [], salt = "tsgi.signing" }: SignerOptions) {
    if (typeof key !== "string" || key === "") {
      throw new ImproperlyConfigured(
        "settings.secretKey is empty: signing needs a long random text that nobody else knows",
      );
    }
    // Anybody can sign with the empty key.
    if (!fallbackKeys.every((former) => typeof former === "string" && former !== "")) {
      throw new ImproperlyConfigured("settings.secretKeyFallbacks has an empty key: leave it out");
    }
    this.#keys = [key, ...fallbackKeys].map((secret) => deriveKey(secret, salt));
  }

  /** `value:signature`. */
  sign(value: string): string {
    return value + SEPARATOR + signatureOf(this.#keys[0]!, value).toString("base64url");
  }

  /** @throws BadSignature */
  unsign(signed: string): string {
    const at = signed.lastIndexOf(SEPARATOR);
    if (at < 0) throw new BadSignature(`there is no "${SEPARATOR}" in the signed value`);
    const value = signed.slice(0, at);
    const text = signed.slice(at + 1);
    const given = Buffer.from(text, "base64url");
    // The length is public, and timingSafeEqual wants it equal; one spelling only, or a signed value would have many.
    if (text.length === SIGNATURE_LENGTH && given.toString("base64url") === text) {
      for (const key of this.#keys) if (timingSafeEqual(signatureOf(key, value), given)) return value;
    }
    throw new BadSignature();
  }
}

export class TimestampSigner {
  readonly #signer: Signer;
  readonly #now: () => number;

  /** @param now Milliseconds; default the clock. */
  constructor(options: SignerOptions, now: () => number = Date.now) {
    // A key of its own: what a Signer signed for a client, `text:time`, would else be a time that the client chose.
    this.#signer = new Signer({ ...options, salt: `time\0${options.salt ?? "tsgi.signing"}` });
    this.#now = now;
  }

  /** `value:time:signature`; the time is whole seconds, base 36. */
  sign(value: string): string {
    return this.#signer.sign(value + SEPARATOR + Math.floor(this.#now() / 1000).toString(36));
  }

  /** @throws BadSignature; SignatureExpired when it is older than `maxAge` seconds; RangeError for a `maxAge` that is no number. */
  unsign(signed: string, { maxAge }: UnsignOptions = {}): string {
    // No age is above NaN: every signature would be taken, for ever.
    if (maxAge !== undefined && (typeof maxAge !== "number" || Number.isNaN(maxAge))) {
      throw new RangeError(`maxAge is ${String(maxAge)}: expected seconds`);
    }
    const value = this.#signer.unsign(signed);
    const at = value.lastIndexOf(SEPARATOR);
    const time = at < 0 ? "" : value.slice(at + 1);
    if (!/^[0-9a-z]{1,10}$/.test(time)) throw new BadSignature("there is no time in the signed value");
    if (maxAge !== undefined) {
      const age = this.#now() / 1000 - Number.parseInt(time, 36);
      if (age > maxAge) throw new SignatureExpired(`the signature is ${Math.floor(age)} s old, and may be ${maxAge} s`);
    }
    return value.slice(0, at);
  }
}

// Deriving a key costs as much as signing with it. Bounded, because a salt may be built from anything.
const SIGNERS = new WeakMap<SigningKeys, Map<string, TimestampSigner>>();
const MAX_SIGNERS = 200;

/** The signer of these settings for this use. @throws ImproperlyConfigured without a secret key. */
export function signerFor(keys: SigningKeys, salt: string): TimestampSigner {
  let signers = SIGNERS.get(keys);
  if (signers === undefined) {
    signers = new Map();
    SIGNERS.set(keys, signers);
  }
  let signer = signers.get(salt);
  if (signer === undefined) {
    signer = new TimestampSigner({ key: keys.secretKey, fallbackKeys: keys.secretKeyFallbacks, salt });
    if (signers.size < MAX_SIGNERS) signers.set(salt, signer);
  }
  return signer;
}

/** Each cookie has its own salt: the value of one is no value of another. */
export const cookieSigner = (keys: SigningKeys, name: string, salt = ""): TimestampSigner =>
  signerFor(keys, `tsgi.cookies:${name}:${salt}`);

/** @throws BadSignature, SignatureExpired: both with the cookie's name. */
export function unsignCookie(
  keys: SigningKeys,
  { name, value }: { readonly name: string; readonly value: string },
  options: SignedCookieOptions,
): string {
  try {
    return cookieSigner(keys, name, options.salt).unsign(value, options);
  } catch (error) {
    if (!(error instanceof BadSignature)) throw error;
    const Kind = error instanceof SignatureExpired ? SignatureExpired : BadSignature;
    throw new Kind(`the cookie ${JSON.stringify(name)}: ${error.message}`);
  }
}

export interface DumpOptions {
  /** What the value is for; default `"tsgi.dumps"`. */
  readonly salt?: string;
  /** Deflate it where that makes it shorter; default false. */
  readonly compress?: boolean;
}

export interface LoadOptions extends UnsignOptions {
  readonly salt?: string;
}

/**
 * Anything that JSON can say, as signed text that fits into a URL or a cookie.
 * @throws TypeError for what JSON cannot say.
 */
export function dumps(value: unknown, keys: SigningKeys, options: DumpOptions = {}): string {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError(`dumps: ${typeof value} is nothing that JSON can say`);
  let text = Buffer.from(json).toString("base64url");
  if (options.compress === true) {
    const smaller = `.${deflateRawSync(json).toString("base64url")}`;
    if (smaller.length < text.length) text = smaller;
  }
  return signerFor(keys, options.salt ?? "tsgi.dumps").sign(text);
}

/** What `dumps` was given. Only after the signature was found right is anything decoded. @throws BadSignature, SignatureExpired */
export function loads<T = unknown>(text: string, keys: SigningKeys, options: LoadOptions = {}): T {
  const value = signerFor(keys, options.salt ?? "tsgi.dumps").unsign(text, options);
  const bytes = Buffer.from(value.startsWith(".") ? value.slice(1) : value, "base64url");
  return JSON.parse(String(value.startsWith(".") ? inflateRawSync(bytes) : bytes)) as T;
}

/** Random text that fits everywhere, of `bytes` bytes; default 32. */
export const randomToken = (bytes = 32): string => randomBytes(bytes).toString("base64url");

/** Whether two texts are the same, in a time that does not tell where they differ (Django's constant_time_compare). */
export function constantTimeEqual(one: string, other: string): boolean {
  const a = Buffer.from(one);
  const b = Buffer.from(other);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A key for one use, of a secret for many. */
const deriveKey = (secret: string, salt: string): KeyObject =>
  createSecretKey(createHmac("sha256", secret).update(`tsgi.signing\0${salt}`).digest());

const signatureOf = (key: KeyObject, value: string): Buffer => createHmac("sha256", key).update(value).digest();
