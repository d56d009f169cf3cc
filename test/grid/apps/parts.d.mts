// The types of parts.mjs.

import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { WebSocket } from "ws";

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export const FILE: string;
export function pieces(size: number): Generator<Buffer>;
export function bytes(size: number): Buffer<ArrayBuffer>;
export function say(what: string): void;
export function digestOf(chunks: Chunks, id: string | null | undefined): Promise<{ size: number; sha256: string }>;
export function duplex(chunks: Chunks): AsyncGenerator<Buffer<ArrayBuffer>>;
export function breaking(): AsyncGenerator<Buffer<ArrayBuffer>>;
export function events(signal: AbortSignal): AsyncGenerator<string>;
export function gone(signal: AbortSignal): Promise<void>;
export function formOf(headers: IncomingHttpHeaders, stream: Readable): Promise<Record<string, unknown>>;
export function echo(socket: WebSocket): void;
export const FIELDS: readonly (readonly [string, string])[];
export const COOKIES: readonly string[];
export const HINTS: string;
export function cookiesOf(header?: string): Record<string, string>;
export function listsOf(params: URLSearchParams): Record<string, string[]>;
interface Messages extends AsyncIterable<string | Uint8Array> {
  send(message: string | Uint8Array): Promise<void>;
}

export function echoing(socket: Messages): Promise<void>;
