// What the test client sends as a request's body, and the type that it announces: JSON, a form, a form with files, or plain bytes.

import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import type { Chunk } from "../gateway/types.ts";
import { type Sendable, toBuffer } from "./client-streams.ts";

type Scalar = string | number | boolean;

/** Fields by name; an array sends the name again for each. */
export type FieldValues = URLSearchParams | Readonly<Record<string, Scalar | readonly Scalar[]>>;

/** A file in a multipart form. */
export interface ClientUpload {
  readonly filename: string;
  readonly content: string | Uint8Array;
  /** Default `application/octet-stream`. */
  readonly contentType?: string;
}

export type MultipartValues = Readonly<Record<string, Scalar | ClientUpload | readonly (Scalar | ClientUpload)[]>>;

/** At most one of them. */
export interface BodyOptions {
  /** Sent as `application/json`. */
  readonly json?: unknown;
  /** Sent as `application/x-www-form-urlencoded`. */
  readonly form?: FieldValues;
  /** Sent as `multipart/form-data`. */
  readonly multipart?: MultipartValues;
  /** Sent as it is. An iterable goes out chunked: without CONTENT_LENGTH, read as the application asks. */
  readonly body?: Chunk | Sendable;
}

export interface OutgoingBody {
  readonly source: Sendable;
  /** Undefined for one whose end is not known. */
  readonly length: number | undefined;
  readonly contentType: string | undefined;
}

const KINDS = ["json", "form", "multipart", "body"] as const;

/** @throws TypeError when more than one body is given, or the JSON cannot be written. */
export function outgoingBody(options: BodyOptions): OutgoingBody {
  const given = KINDS.filter((kind) => options[kind] !== undefined);
  if (given.length > 1) throw new TypeError(`a request has one body, but ${given.join(" and ")} were given`);
  if (options.json !== undefined) {
    const text = JSON.stringify(options.json) as string | undefined;
    if (text === undefined) throw new TypeError(`json: a ${typeof options.json} cannot be written as JSON`);
    return whole(Buffer.from(text), "application/json");
  }
  if (options.form !== undefined) {
    return whole(Buffer.from(searchParams(options.form).toString()), "application/x-www-form-urlencoded");
  }
  if (options.multipart !== undefined) return multipart(options.multipart, `tsgi-${randomUUID()}`);
  const body = options.body ?? "";
  if (typeof body === "string") return whole(Buffer.from(body), body === "" ? undefined : "text/plain; charset=utf-8");
  if (body instanceof Uint8Array) return whole(toBuffer(body), "application/octet-stream");
  return { source: body, length: undefined, contentType: "application/octet-stream" };
}

/** Pairs of names and values, as a query or a form carries them. */
export function searchParams(values: FieldValues): URLSearchParams {
  if (values instanceof URLSearchParams) return values;
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, String(one));
  }
  return params;
}

/** RFC 7578. Names are escaped as browsers do (WHATWG HTML, multipart/form-data encoding algorithm). */
function multipart(values: MultipartValues, boundary: string): OutgoingBody {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`;
      if (isUpload(one)) {
        const type = one.contentType ?? "application/octet-stream";
        parts.push(Buffer.from(`${head}; filename="${escaped(one.filename)}"\r\nContent-Type: ${type}\r\n\r\n`));
        parts.push(toBuffer(one.content));
      } else parts.push(Buffer.from(`${head}\r\n\r\n${one}`));
      parts.push(Buffer.from("\r\n"));
    }
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return whole(Buffer.concat(parts), `multipart/form-data; boundary=${boundary}`);
}

const whole = (bytes: Buffer, contentType: string | undefined): OutgoingBody => ({
  source: bytes.length === 0 ? [] : [bytes],
  length: bytes.length,
  contentType,
});

const isUpload = (value: unknown): value is ClientUpload => typeof value === "object" && value !== null;

const escaped = (text: string): string => text.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
