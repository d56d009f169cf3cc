// `Response` that costs what was said of it: a status, a flat list of fields and the text or bytes as they are. The platform's object, with
// its stream, is made when something asks for what only it has. Whatever is odd is given to it at once, so that its errors are the platform's.

import { Buffer } from "node:buffer";
import { type FlatFields, NO_FIELDS } from "../protocol/events.ts";
import { fieldsFrom, flatOf, LightHeaders, shared } from "./fetch-headers.ts";
import { dress, isResponse, NativeHeaders, NativeResponse } from "./fetch-native.ts";

/** A body that is all here. */
export type WholeBody = string | Uint8Array | Blob | null;

type BodyInit = NonNullable<ConstructorParameters<typeof Response>[0]>;

const TEXT = "text/plain;charset=UTF-8";
const FORM = "application/x-www-form-urlencoded;charset=UTF-8";
const TEXT_FIELDS: FlatFields = Object.freeze(["content-type", TEXT]);
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Stands in `globalThis.Response` of a worker that serves a fetch application. What differs from Node's own: an instance is not passed
 * to a class that was captured before (`WebAssembly.compileStreaming`); everything else is held by a table of comparisons.
 */
export class LightResponse {
  #body: WholeBody;
  #status: number;
  #statusText: string;
  #fields: FlatFields;
  #headers: LightHeaders | undefined;
  /** Once it is here, the body is its. */
  #native: Response | undefined;

  // The default makes `Response.length` what it is on the platform.
  constructor(body: BodyInit | null = null, init?: ResponseInit) {
    this.#body = null;
    this.#status = 200;
    this.#statusText = "";
    this.#fields = NO_FIELDS;
    this.#headers = undefined;
    this.#native = undefined;
    if (init === undefined && typeof body === "string") {
      this.#body = body;
      this.#fields = TEXT_FIELDS;
      return;
    }
    const isPlain = (init === undefined || this.#take(init)) && this.#keep(body);
    if (!isPlain) this.#become(new NativeResponse(body, init));
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass asks for its own instances
    return this === LightResponse ? isResponse(value) : Function.prototype[Symbol.hasInstance].call(this, value);
  }

  /** A response that is exactly of this class; of a subclass, what it overrides counts. */
  static is(value: object): value is LightResponse {
    return #body in value && Object.getPrototypeOf(value) === LightResponse.prototype;
  }

  /** The platform's object where there is one: then the body is not here. */
  static nativeIn(response: LightResponse): Response | undefined {
    return response.#native;
  }

  static bodyOf(response: LightResponse): WholeBody {
    return response.#body;
  }

  static fieldsOf(response: LightResponse): FlatFields {
    return response.#headers === undefined && response.#native === undefined
      ? response.#fields
      : flatOf(response.headers);
  }

  static native(response: LightResponse): Response {
    response.#native ??= new NativeResponse(response.#body as BodyInit | null, {
      status: response.#status,
      statusText: response.#statusText,
      headers: new NativeHeaders(pairsOf(flatOf(response.headers))),
    });
    return response.#native;
  }

  static json(data: unknown, init: ResponseInit = {}): Response {
    const text: string | undefined = JSON.stringify(data);
    const fields = init?.headers === undefined ? [] : fieldsFrom(init.headers);
    if (text === undefined || fields === undefined || init === null) return NativeResponse.json(data, init);
    if (!hasType(fields)) fields.push("content-type", "application/json");
    const { status, statusText } = init;
    const headers = new LightHeaders(fields) as unknown as Headers;
    return new LightResponse(text, { status, statusText, headers } as ResponseInit) as unknown as Response;
  }

  static error(): Response {
    return NativeResponse.error();
  }

  static redirect(...args: [url: string | URL, status?: number]): Response {
    return NativeResponse.redirect(...(args as Parameters<typeof Response.redirect>));
  }

  get status(): number {
    return this.#status;
  }

  get statusText(): string {
    return this.#statusText;
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }

  get type(): Response["type"] {
    return "default";
  }

  get url(): string {
    return "";
  }

  get redirected(): boolean {
    return false;
  }

  get headers(): Headers {
    if (this.#headers === undefined) this.#headers = new LightHeaders(this.#fields);
    return this.#headers as unknown as Headers;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#body === null && this.#native === undefined ? null : LightResponse.native(this).body;
  }

  get bodyUsed(): boolean {
    return this.#native?.bodyUsed === true;
  }

  text(): Promise<string> {
    return LightResponse.native(this).text();
  }

  json(): Promise<unknown> {
    return LightResponse.native(this).json();
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return LightResponse.native(this).arrayBuffer();
  }

  bytes(): Promise<Uint8Array> {
    return (LightResponse.native(this) as unknown as { bytes(): Promise<Uint8Array> }).bytes();
  }

  blob(): Promise<Blob> {
    return this.#typed().blob();
  }

  formData(): Promise<FormData> {
    return this.#typed().formData();
  }

  clone(): Response {
    const copy = new LightResponse();
    if (this.#native !== undefined) copy.#native = this.#native.clone();
    copy.#body = this.#body;
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#fields = LightResponse.fieldsOf(this);
    return copy as unknown as Response;
  }

  /** The type of a blob and the boundary of a form are those that the headers name now. */
  #typed(): Response {
    const native = LightResponse.native(this);
    const type = this.headers.get("content-type");
    if (type === null) native.headers.delete("content-type");
    else if (type !== native.headers.get("content-type")) native.headers.set("content-type", type);
    return native;
  }

  /** What `init` says; false where Node's class should judge it. */
  #take(init: ResponseInit): boolean {
    if (typeof init !== "object") return false;
    if (init === null) return true;
    const { status, statusText, headers } = init;
    if (status !== undefined) {
      if (!Number.isInteger(status) || status < 200 || status > 599) return false;
      this.#status = status;
    }
    if (statusText !== undefined) {
      if (typeof statusText !== "string" || !REASON.test(statusText)) return false;
      this.#statusText = statusText;
    }
    if (headers !== undefined) {
      const fields = fieldsFrom(headers);
      if (fields === undefined) return false;
      this.#fields = fields;
    }
    return true;
  }

  /** Takes the body as it is now, as the platform does; false for a stream, a form, and where the status has no body. */
  #keep(body: unknown): boolean {
    let type = "";
    if (body === null || body === undefined) this.#body = null;
    else if (this.#status === 204 || this.#status === 205 || this.#status === 304) return false;
    else if (typeof body === "string") {
      this.#body = body;
      type = TEXT;
    } else if (body instanceof ArrayBuffer) this.#body = new Uint8Array(body.slice(0));
    // A copy: what the application writes into its buffer afterwards is not the response's.
    else if (body instanceof Uint8Array) this.#body = Uint8Array.prototype.slice.call(asPlain(body));
    else if (ArrayBuffer.isView(body)) this.#body = Uint8Array.prototype.slice.call(asPlain(body));
    else if (body instanceof URLSearchParams) {
      this.#body = body.toString();
      type = FORM;
    } else if (body instanceof Blob) {
      this.#body = body;
      type = body.type;
    } else return false;
    const fields = this.#fields;
    if (type !== "" && !hasType(fields)) this.#fields = shared([...fields, "content-type", type]);
    else if (fields !== NO_FIELDS) this.#fields = shared(fields);
    return true;
  }

  #become(native: Response): void {
    this.#body = null;
    this.#native = native;
    this.#status = native.status;
    this.#statusText = native.statusText;
    this.#fields = flatOf(native.headers);
  }
}

const asPlain = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function hasType(fields: FlatFields): boolean {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === "content-type") return true;
  return false;
}

function pairsOf(fields: FlatFields): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < fields.length; i += 2) pairs.push([fields[i]!, fields[i + 1]!]);
  return pairs;
}

/** As many bytes as code units means ASCII, which is its own latin-1: no copy. */
export const pieceOf = (body: string | Uint8Array): string | Uint8Array =>
  typeof body !== "string" || Buffer.byteLength(body) === body.length ? body : Buffer.from(body, "utf8");

dress<LightResponse>(LightResponse, NativeResponse, LightResponse.native);
