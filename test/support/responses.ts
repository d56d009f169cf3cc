// The answers on one connection, read as a strict client reads them: what is not a response, whole and framed as its head says, is an error.
// Knows which methods were asked, since an answer to HEAD has no body.

import { Buffer } from "node:buffer";

export interface Answer {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** Names in lower case and values, in turn. */
  readonly fields: readonly string[];
  /** Latin-1. */
  readonly body: string;
  /** How its end was found. `cut` when the connection ended before that. */
  readonly framing: "none" | "length" | "chunked" | "close" | "cut";
}

export class ResponseSyntaxError extends Error {
  override readonly name = "ResponseSyntaxError";
}

const STATUS_LINE = /^HTTP\/(1\.[01]) ([1-9][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)$/;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/;

export const fieldOf = (answer: Answer, name: string): string | undefined => {
  const at = answer.fields.findIndex((field, i) => i % 2 === 0 && field === name);
  return at < 0 ? undefined : answer.fields[at + 1];
};

/**
 * All answers of a connection that has ended.
 *
 * @param methods Of the requests, in their order; answers beyond them are read as answers to GET.
 * @throws ResponseSyntaxError
 */
export function responsesOf(bytes: Uint8Array | string, methods: readonly string[]): Answer[] {
  const text = typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1");
  const answers: Answer[] = [];
  let asked = 0;
  for (let at = 0; at < text.length; ) {
    const { answer, next } = responseAt(text, at, methods[asked] ?? "GET");
    answers.push(answer);
    // An interim answer is followed by the real one (RFC 9110 section 15.2).
    if (answer.status >= 200) asked += 1;
    at = next;
  }
  return answers;
}

function responseAt(text: string, from: number, method: string): { readonly answer: Answer; readonly next: number } {
  const end = text.indexOf("\r\n\r\n", from);
  if (end < 0) throw wrong("a head without an end", text.slice(from));
  const [first = "", ...lines] = text.slice(from, end).split("\r\n");
  const [, version = "", digits, reason = ""] = STATUS_LINE.exec(first) ?? [];
  if (digits === undefined) throw wrong("no status line", first);
  const status = Number(digits);
  const fields = lines.flatMap((line) => {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) throw wrong("no field", line);
    return [name.toLowerCase(), value];
  });
  const rest = text.slice(end + 4);
  const { body, framing, size } =
    method === "HEAD" || status < 200 || status === 204 || status === 304
      ? ({ body: "", framing: "none", size: 0 } as const)
      : bodyOf(rest, fields);
  return { answer: { version, status, reason, fields, body, framing }, next: end + 4 + size };
}

interface Body extends Pick<Answer, "body" | "framing"> {
  readonly size: number;
}

function bodyOf(rest: string, fields: readonly string[]): Body {
  const values = (name: string) => fields.filter((_value, i) => i % 2 === 1 && fields[i - 1] === name);
  const codings = values("transfer-encoding");
  const lengths = values("content-length");
  if (codings.length + lengths.length > 1) throw wrong("more than one framing", fields.join(" "));
  if (codings.length === 1) {
    if (codings[0] !== "chunked") throw wrong("a coding", codings[0]!);
    return chunksOf(rest);
  }
  if (lengths.length === 0) return { body: rest, framing: "close", size: rest.length };
  if (!/^[0-9]+$/.test(lengths[0]!)) throw wrong("no length", lengths[0]!);
  const length = Number(lengths[0]);
  const body = rest.slice(0, length);
  return { body, framing: body.length < length ? "cut" : "length", size: body.length };
}

function chunksOf(rest: string): Body {
  let body = "";
  for (let at = 0; ; ) {
    const line = /^([0-9a-f]+)\r\n/.exec(rest.slice(at, at + 20));
    if (line === null && rest.length - at > 18) throw wrong("no chunk size", rest.slice(at, at + 20));
    if (line === null) return { body, framing: "cut", size: rest.length };
    const from = at + line[0].length;
    const size = Number.parseInt(line[1]!, 16);
    body += rest.slice(from, from + size);
    at = from + size + 2;
    if (at > rest.length) return { body, framing: "cut", size: rest.length };
    if (rest.slice(at - 2, at) !== "\r\n") throw wrong("a chunk that does not end where it said", rest.slice(from, at));
    if (size === 0) return { body, framing: "chunked", size: at };
  }
}

const wrong = (what: string, where: string): ResponseSyntaxError =>
  new ResponseSyntaxError(`${what}: ${JSON.stringify(where.slice(0, 200))}`);
