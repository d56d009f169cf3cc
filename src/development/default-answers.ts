// What frameworks answer with when an error came to them and nobody has told them what to say: whether a 500 is such a one, and the error
// behind it. Pure. What a program has said itself is never one of them, so each is known by its whole text.

import { Buffer } from "node:buffer";
import { read } from "../modules/stack.ts";
import type { ResponseEvent } from "../protocol/events.ts";
import { errorIn } from "./complaints.ts";
import { fieldOf } from "./preference.ts";

/** The phrase of the status: Hono, Koa. */
const PHRASE = "Internal Server Error";
/** h3, of an error that is none of its own. */
const UNHANDLED = '{"status":500,"unhandled":true,"message":"HTTPError"}';
/** finalhandler, which Express and connect end with; the tag of the reload script may be in it. */
const STACK_PAGE =
  /^<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error<\/title>\n(?:<script [^>]*><\/script>)?<\/head>\n<body>\n<pre>([\s\S]*)<\/pre>\n<\/body>\n<\/html>\n$/;

/**
 * @param complaint What the request gave to console.error; undefined where it gave nothing.
 * @returns Undefined where the answer is the program's own.
 */
export function errorBehind(event: ResponseEvent, complaint: unknown): unknown {
  const type = fieldOf(event.fields, "content-type").toLowerCase();
  if (/^text\/html\b/.test(type)) return errorIn(stackOf(textOf(event)));
  if (complaint === undefined) return undefined;
  if (/^text\/plain\b/.test(type)) return isText(event, PHRASE) ? complaint : undefined;
  // It has put what was thrown into an error of its own.
  return /^application\/json\b/.test(type) && isText(event, UNHANDLED)
    ? (read(complaint, "cause") ?? complaint)
    : undefined;
}

/** A body that has not come yet is known by its length. */
const isText = (event: ResponseEvent, text: string): boolean =>
  event.body === undefined ? event.length === text.length : textOf(event).trim() === text;

const textOf = ({ body = "" }: ResponseEvent): string =>
  typeof body === "string" ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();

const CHARS: Readonly<Record<string, string>> = {
  ...{ "<br>": "\n", "&nbsp;": " ", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" },
};

const stackOf = (page: string): string =>
  (STACK_PAGE.exec(page)?.[1] ?? "").replace(/<br>|&(?:nbsp|lt|gt|quot|amp|#39);/g, (one) => CHARS[one]!);
