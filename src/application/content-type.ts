// Content types: what a body says it is, and what a file is by its name. Media types are compared without case and parameters
// (RFC 9110 section 8.3.1).

import { MIMEType } from "node:util";
import mime from "mime";

export interface ContentType {
  /** `"text/html"`, lower case; `""` where there is none or it is no media type. */
  readonly type: string;
  /** Names in lower case. No inherited names. */
  readonly params: Readonly<Record<string, string>>;
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));
const NONE: ContentType = Object.freeze({ type: "", params: NO_PARAMS });
/** Node's MIMEType takes the square of a row of blanks: 8 KB of them would cost 75 ms. */
const MOST_CHARACTERS = 1024;
const PLAIN = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;

export function parseContentType(value: string | undefined): ContentType {
  if (value === undefined || value === "" || value.length > MOST_CHARACTERS) return NONE;
  if (PLAIN.test(value)) return { type: value.toLowerCase(), params: NO_PARAMS };
  try {
    const parsed = new MIMEType(value);
    const params: Record<string, string> = Object.create(null);
    for (const [name, text] of parsed.params) params[name] = text;
    return { type: parsed.essence, params };
  } catch {
    return NONE;
  }
}

/** What a file of this name is, with a charset where it is text; `application/octet-stream` for what is not known. */
export function contentTypeOf(filename: string): string {
  const type = mime.getType(filename) ?? "application/octet-stream";
  const isText = type.startsWith("text/") || type === "application/javascript" || type === "application/json";
  return isText ? `${type}; charset=utf-8` : type;
}
