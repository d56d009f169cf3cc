// `res`: a real `http.ServerResponse` that writes to its request's run instead of a socket. Everything that Node does above that stays
// Node's. The methods that are put in its place are own properties, because frameworks give responses another prototype.

import { Buffer } from "node:buffer";
import { type IncomingMessage, validateHeaderName } from "node:http";
import type { FlatFields, InformationEvent, Piece } from "../protocol/events.ts";
import { isFieldValue } from "../protocol/grammar.ts";
import { fieldName } from "../protocol/http1/names.ts";
import { type Classes, type InnerResponse, RUN, type Told } from "./node-names.ts";
import { Reply, Unsendable } from "./node-reply.ts";
import type { NodeSocket } from "./node-socket.ts";

export interface ResponseSource {
  readonly request: IncomingMessage;
  readonly socket: NodeSocket;
  readonly keepAlive: boolean;
  readonly classes: Classes;
  readonly options: object;
}

export function responseOf({ request, socket, keepAlive, classes, options }: ResponseSource): InnerResponse {
  const response = new classes.response(request, options) as InnerResponse;
  response.shouldKeepAlive = keepAlive;
  response._storeHeader = storeHeader;
  response._send = send;
  response._writeRaw = writeRaw;
  response._finish = finish;
  socket._httpMessage = response;
  (response as { socket: NodeSocket | null }).socket = socket;
  return response;
}

function storeHeader(this: InnerResponse, firstLine: string, headers: unknown): void {
  try {
    this[RUN].said(new Reply(this, headers));
  } catch (error) {
    if (!(error instanceof Unsendable)) throw error;
    this[RUN].refuse(error);
  }
  // Node asks whether there is one, and so do libraries.
  this._header = `${firstLine}\r\n`;
}

function send(
  this: InnerResponse,
  data: string | Uint8Array,
  encoding?: BufferEncoding | null,
  callback?: Told | null,
  _size?: number,
): boolean {
  const told = typeof callback === "function" ? callback : undefined;
  return data.length === 0 ? this[RUN].sendNothing(told) : this[RUN].send(pieceOf(data, encoding), told);
}

/** Only Node's interim responses come this way: its `_send`, which is the other caller, is ours. */
function writeRaw(this: InnerResponse, data: string, encoding?: string | Told | null, callback?: Told): boolean {
  const told = typeof encoding === "function" ? encoding : callback;
  this[RUN].inform(Number(data.slice(9, 12)), fieldsOf(data), typeof told === "function" ? told : undefined);
  return true;
}

function finish(this: InnerResponse): void {
  this.emit("prefinish");
  this[RUN].end();
}

/** As many bytes as code units means ASCII, which is its own latin-1: no copy. */
function pieceOf(data: string | Uint8Array, encoding: BufferEncoding | null | undefined): Piece {
  if (typeof data !== "string") return data;
  const isUtf8 = encoding === undefined || encoding === null || encoding === "utf8" || encoding === "utf-8";
  if (isUtf8 && Buffer.byteLength(data) === data.length) return data;
  return Buffer.from(data, encoding ?? "utf8");
}

/** The fields of a head that Node has made text of. */
function fieldsOf(text: string): FlatFields {
  const fields: string[] = [];
  for (const line of text.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    const kind = fieldName(name)?.kind;
    // Of this hop, and of a message that this one is not.
    if (kind === "content-length" || kind === "transfer-encoding" || kind === "connection") continue;
    validateHeaderName(name);
    if (!isFieldValue(value)) {
      throw Object.assign(new TypeError(`Invalid character in header content ["${name}"]`), {
        code: "ERR_INVALID_CHAR",
      });
    }
    fields.push(name, value);
  }
  return fields;
}

/** Those that the codec can say; a client ignores any other (RFC 9110 section 15.2). */
export const isInformation = (status: number): status is InformationEvent["status"] =>
  status === 100 || status === 102 || status === 103;

/** Node's `close` of a response, once. */
export function closeResponse(response: InnerResponse): void {
  if (response._closed) return;
  response.destroyed = true;
  response._closed = true;
  response.emit("close");
}
