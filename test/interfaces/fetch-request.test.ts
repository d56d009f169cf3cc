// The light Request beside Node's own, which is made of the same method, URL, fields and body: everything that can be asked gives the same.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import type { BodySource } from "../../src/gateway/exchange.ts";
import { installFetchGlobals } from "../../src/interfaces/fetch-globals.ts";
import { nativeOf } from "../../src/interfaces/fetch-headers.ts";
import { NativeRequest } from "../../src/interfaces/fetch-native.ts";
import { LightRequest, type RequestOwner, ServedRequest } from "../../src/interfaces/fetch-request.ts";
import { nothing } from "../support/worker.ts";

const URL_ = "http://example.com/a?b=1";

interface Given {
  readonly method: string;
  readonly fields: readonly string[];
  /** Undefined for none. */
  readonly parts?: readonly Uint8Array[] | undefined;
}

/** Every other piece comes later, as from a connection. */
function sourceOf(parts: readonly Uint8Array[] = []): BodySource {
  const left = [...parts];
  return {
    read() {
      const piece = left.shift() ?? null;
      return left.length % 2 === 0 ? piece : Promise.resolve(piece);
    },
  };
}

function light({ method, fields, parts }: Given): Request {
  const length = parts === undefined ? 0 : "chunked";
  const head = {
    method,
    target: "/a?b=1",
    version: "1.1",
    fields,
    length,
    expectContinue: false,
    keepAlive: true,
  } as const;
  const owner: RequestOwner = {
    head,
    source: sourceOf(parts),
    signal: new AbortController().signal,
    remoteAddress: "192.0.2.1",
    waitUntil: nothing,
  };
  return new LightRequest(owner, URL_) as unknown as Request;
}

function native({ method, fields, parts }: Given): Request {
  const hasBody = parts !== undefined && method !== "GET" && method !== "HEAD";
  const init = {
    method,
    headers: nativeOf(fields),
    body: hasBody ? new Blob([...parts] as never[]).stream() : null,
  };
  return new NativeRequest(URL_, { ...init, duplex: "half" } as RequestInit);
}

const utf8 = (...texts: readonly string[]) => texts.map((text) => new TextEncoder().encode(text));
const MULTIPART =
  '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\nContent-Type: text/x\r\n\r\nfile\r\n--B--\r\n';

const GIVEN: readonly [what: string, given: Given][] = [
  ["GET", { method: "GET", fields: ["host", "a", "accept", "*/*"] }],
  ["GET with a body, which it has not", { method: "GET", fields: [], parts: utf8("x") }],
  ["HEAD", { method: "HEAD", fields: [] }],
  ["a method in small letters", { method: "delete", fields: [] }],
  ["PATCH", { method: "PATCH", fields: [], parts: utf8("x") }],
  ["another method", { method: "PURGE", fields: [] }],
  ["POST without a body", { method: "POST", fields: [] }],
  ["POST of an empty body", { method: "POST", fields: [], parts: [] }],
  ["text", { method: "POST", fields: ["content-type", "text/plain"], parts: utf8("one", " two", " thrée") }],
  ["JSON", { method: "PUT", fields: ["content-type", "application/json"], parts: utf8('{"a":', "[1]}") }],
  ["broken JSON", { method: "POST", fields: ["content-type", "application/json"], parts: utf8("{") }],
  ["JSON with a byte order mark", { method: "POST", fields: [], parts: utf8('\ufeff{"a":1}') }],
  [
    "bytes that are no UTF-8",
    { method: "POST", fields: [], parts: [new Uint8Array([0xff, 0x41, 0xe2, 0x82, 0xf0, 0x9f, 0x98])] },
  ],
  [
    "a form",
    { method: "POST", fields: ["content-type", "application/x-www-form-urlencoded"], parts: utf8("a=1+2&b=%C3%A4") },
  ],
  [
    "a form with files",
    {
      method: "POST",
      fields: ["content-type", "multipart/form-data; boundary=B"],
      parts: utf8(MULTIPART.slice(0, 40), MULTIPART.slice(40)),
    },
  ],
  [
    "a form that is cut",
    {
      method: "POST",
      fields: ["content-type", "multipart/form-data; boundary=B"],
      parts: utf8(MULTIPART.slice(0, 80)),
    },
  ],
  [
    "a form without a boundary",
    { method: "POST", fields: ["content-type", "multipart/form-data"], parts: utf8(MULTIPART) },
  ],
  ["a body without a type", { method: "POST", fields: [], parts: utf8("x") }],
  ["a type with parameters", { method: "POST", fields: ["content-type", "Text/HTML; Charset=X"], parts: utf8("x") }],
];

const PROPERTIES = [
  ...[
    "method",
    "url",
    "destination",
    "referrer",
    "referrerPolicy",
    "mode",
    "credentials",
    "cache",
    "redirect",
    "integrity",
  ],
  ...["keepalive", "isReloadNavigation", "isHistoryNavigation", "duplex", "bodyUsed"],
] as readonly (keyof Request)[];
const READS = ["text", "json", "arrayBuffer", "bytes", "blob", "formData"] as const;

async function outcome(act: () => unknown): Promise<unknown> {
  try {
    const value = await act();
    if (value instanceof Blob) return { type: value.type, text: await value.text() };
    if (value instanceof FormData)
      return [...value].map(([name, part]) => [
        name,
        typeof part === "string" ? part : [part.name, part.type, part.size],
      ]);
    if (value instanceof ArrayBuffer || value instanceof Uint8Array)
      return [value.constructor.name, [...new Uint8Array(value as ArrayBuffer)]];
    return value;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

async function seen(make: () => Request): Promise<unknown> {
  const request = make();
  const shown: Record<string, unknown> = {};
  for (const name of PROPERTIES) shown[name] = request[name];
  shown["headers"] = [...request.headers];
  shown["body"] = request.body?.constructor.name;
  const { body, headers, signal } = request;
  shown["same"] = [request.body === body, request.headers === headers, request.signal === signal];
  shown["signal"] = [request.signal instanceof AbortSignal, request.signal.aborted];
  for (const read of READS) {
    const one = make() as Request & { bytes(): unknown };
    shown[read] = await outcome(() => one[read]());
    shown[`${read} used`] = [one.bodyUsed, one.body?.locked];
    shown[`${read} again`] = await outcome(() => one[read]());
    const touched = make() as Request & { bytes(): unknown };
    shown[`${read} with a body that was looked at`] = [
      touched.body === null,
      await outcome(() => touched[read]()),
      touched.bodyUsed,
    ];
  }
  const original = make();
  shown["clone"] = await outcome(async () => {
    const copy = original.clone();
    return [await copy.text(), await original.text(), copy.method, copy.url, [...copy.headers], original.bodyUsed];
  });
  shown["a new Request of it"] = await outcome(async () => {
    const copy = new ServedRequest(make(), { headers: { x: "y" } });
    return [await copy.text(), copy.method, [...copy.headers]];
  });
  const piped = make();
  shown["piped"] = await outcome(async () => [await new Response(piped.body).text(), piped.bodyUsed]);
  return shown;
}

for (const [what, given] of GIVEN) {
  test(`a request: ${what}`, async () => {
    assert.deepEqual(await seen(() => light(given)), await seen(() => native(given)));
  });
}

test("it is a Request, with every property of Node's own", () => {
  const request = light({ method: "GET", fields: [] });
  assert(request instanceof NativeRequest && request instanceof ServedRequest);
  assert(new NativeRequest(URL_) instanceof ServedRequest && new ServedRequest(URL_) instanceof ServedRequest);
  for (const name of Object.getOwnPropertyNames(NativeRequest.prototype)) {
    const [ours, theirs] = [LightRequest.prototype, NativeRequest.prototype].map((from) =>
      Object.getOwnPropertyDescriptor(from, name),
    );
    // A value on the prototype, as undici's `attribute` is, is inherited.
    if (theirs?.get === undefined && typeof theirs?.value !== "function") continue;
    assert.deepEqual([typeof ours?.get, ours?.enumerable], [typeof theirs?.get, theirs?.enumerable], name);
  }
  assert.deepEqual([String(request), request.constructor.name], ["[object Request]", "Request"]);
  assert.match(inspect(request), /Request \{\s+method: 'GET'/);
});

test("nothing of a body is read before somebody reads it", async () => {
  let reads = 0;
  const given = { method: "POST", fields: [], parts: utf8("x") };
  const request = light(given);
  const owner = LightRequest.ownerOf(request)!;
  const { read } = owner.source;
  (owner.source as { read: BodySource["read"] }).read = () => {
    reads += 1;
    return read.call(owner.source);
  };
  const { body } = request;
  await new Promise(setImmediate);
  assert.deepEqual([reads, request.bodyUsed, body?.locked], [0, false, false]);
  assert.equal(await request.text(), "x");
  assert(reads > 0 && request.bodyUsed);
});

test("a change of the headers goes with the request, and one that was read is refused as the platform does", async () => {
  const request = light({ method: "POST", fields: ["a", "1"], parts: utf8("x") });
  request.headers.set("a", "2");
  assert.equal(request.clone().headers.get("a"), "2");
  const read = light({ method: "POST", fields: [], parts: utf8("x") });
  await read.text();
  assert.throws(() => read.clone(), TypeError);
  assert.throws(() => new ServedRequest(read), TypeError);
  installFetchGlobals();
  await assert.rejects(fetch(read), TypeError);
});
