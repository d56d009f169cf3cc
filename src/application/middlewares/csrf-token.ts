// The secret of a browser and the tokens that are made of it: what a form carries is masked anew each time, so that a compressed page that
// shows it gives nothing away by its length (the BREACH attack). Knows no request.

import { Buffer } from "node:buffer";
import { randomBytes, timingSafeEqual } from "node:crypto";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const COUNT = LETTERS.length;
const SECRET_LENGTH = 32;
const SECRET = /^[A-Za-z0-9]{32}$/;
const TOKEN = /^[A-Za-z0-9]{64}$/;
/** Above this a byte would make some letters likelier than others. */
const EVEN = 256 - (256 % COUNT);

export const newSecret = (): string => {
  let secret = "";
  while (secret.length < SECRET_LENGTH) {
    for (const byte of randomBytes(SECRET_LENGTH * 2)) {
      if (byte < EVEN && secret.length < SECRET_LENGTH) secret += LETTERS[byte % COUNT];
    }
  }
  return secret;
};

/** What a cookie holds; undefined for what never was one. */
export const readSecret = (text: string | undefined): string | undefined =>
  text !== undefined && SECRET.test(text) ? text : undefined;

/** A fresh token: a mask, and the secret shifted by it. */
export function maskedToken(secret: string): string {
  const mask = newSecret();
  return mask + shifted(secret, mask, 1);
}

/** Whether a token, masked or the secret itself as a script reads it from the cookie, was made of the secret. Takes the same time either way. */
export function tokenFits(token: string, secret: string): boolean {
  const given = TOKEN.test(token)
    ? shifted(token.slice(SECRET_LENGTH), token.slice(0, SECRET_LENGTH), -1)
    : readSecret(token);
  return given !== undefined && timingSafeEqual(Buffer.from(given), Buffer.from(secret));
}

/** Whether it has the shape of a token at all: another shape is worth another message. */
export const isToken = (token: string): boolean => TOKEN.test(token) || SECRET.test(token);

function shifted(text: string, by: string, sign: 1 | -1): string {
  let out = "";
  for (let i = 0; i < text.length; i += 1) {
    out += LETTERS[(LETTERS.indexOf(text[i]!) + sign * LETTERS.indexOf(by[i]!) + COUNT) % COUNT];
  }
  return out;
}
