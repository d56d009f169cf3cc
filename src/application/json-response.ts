// A response of data. Decides what is data, and says what is not.

import { NO_INIT, Response, type ResponseInit } from "./response-base.ts";
import { headerPair, show } from "./response-headers.ts";

const JSON_TYPE = headerPair("Content-Type", "application/json");

/** Data as JSON, `application/json` (RFC 8259: always UTF-8, so there is no charset). */
export class JsonResponse extends Response {
  /** @throws TypeError for what JSON cannot say: undefined, a function, a BigInt, a circle. */
  constructor(data: unknown, init: ResponseInit = NO_INIT) {
    super(jsonOf(data), init, JSON_TYPE);
  }
}

function jsonOf(data: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (error) {
    const message = (error as Error).message;
    const hint = /BigInt/.test(message) ? "; give it as a string or a number" : "";
    throw new TypeError(`JsonResponse: ${message}${hint}`, { cause: error });
  }
  if (text === undefined) throw new TypeError(`JsonResponse: ${show(data)} is nothing that JSON can say`);
  return text;
}
