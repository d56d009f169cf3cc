// Many requests of random shapes on one connection, sent in random pieces while the answers are read: each answer is its own, whole,
// in its place, and framed as its status, method and version demand.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Application, Body, Chunk } from "../../src/gateway/types.ts";
import { randomPieces } from "../support/chunkings.ts";
import { RawClient, type RawResponse } from "../support/client.ts";
import { serveInProcess } from "../support/worker.ts";

const KINDS = [
  "string",
  "list",
  "generator",
  "async generator",
  "writes",
  "waited writes",
  "file",
  "trailers",
] as const;

interface Shape {
  readonly id: number;
  readonly method: "GET" | "HEAD" | "POST";
  readonly version: "1.0" | "1.1";
  readonly status: string;
  readonly kind: (typeof KINDS)[number];
  readonly chunks: readonly string[];
  readonly bytes: boolean;
  /** The application says the Content-Length. */
  readonly sized: boolean;
  readonly hints: number;
  readonly waits: boolean;
  readonly upload: string | undefined;
  readonly uploadChunked: boolean;
  readonly reads: "all" | "some" | "none";
  /** Throws after its chunks. */
  readonly fails: boolean;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function shapeOf(id: number, random: () => number, fails: boolean): Shape {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const method = fails ? "GET" : pick(["GET", "GET", "HEAD", "POST", "POST"] as const);
  const kind = fails ? pick(["generator", "async generator"] as const) : pick(KINDS);
  const version = random() < 0.2 && (kind === "string" || kind === "list") ? "1.0" : "1.1";
  const count = fails ? 2 : kind === "string" ? 1 : pick([0, 1, 2, 5]);
  const chunks = Array.from({ length: count }, (_, i) =>
    `<${id}.${i}>`.repeat(fails ? 1 : pick([0, 1, 1, 3, 700, 12_000])),
  );
  return {
    id,
    method,
    version,
    status: fails ? "200 OK" : pick(["200 OK", "200 OK", "404 Not Found", "204 No Content", "205 Reset", "304 Same"]),
    kind,
    chunks,
    bytes: random() < 0.5,
    // A 1.0 client stays only where the length is known.
    sized: !fails && kind !== "trailers" && (version === "1.0" || random() < 0.3),
    hints: version === "1.1" && random() < 0.2 ? pick([1, 2]) : 0,
    waits: random() < 0.4,
    upload: method === "POST" ? `(${id})`.repeat(pick([0, 1, 100, 4_000])) : undefined,
    uploadChunked: version === "1.1" && random() < 0.5,
    reads: pick(["all", "some", "none"]),
    fails,
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Answers each request by the shape that its path names, and notes uploads that are not their own. */
function applicationOf(shapes: readonly Shape[], mixedUp: string[]): Application {
  const give = (shape: Shape, text: string): Chunk => (shape.bytes ? Buffer.from(text) : text);
  async function* slowly(shape: Shape): AsyncGenerator<Chunk> {
    for (const text of shape.chunks) {
      if (shape.waits) await turn();
      yield give(shape, text);
    }
    if (shape.fails) throw new Error("on purpose");
  }
  function* atOnce(shape: Shape): Generator<Chunk> {
    for (const text of shape.chunks) yield give(shape, text);
    if (shape.fails) throw new Error("on purpose");
  }
  return async (environ, startResponse): Promise<Body> => {
    const shape = shapes[Number(environ.PATH_INFO.slice(1))]!;
    for (let i = 0; i < shape.hints; i += 1) environ["tsgi.early_hints"]([["X-Hint", `${shape.id}`]]);
    if (shape.waits) await turn();
    if (shape.reads === "all") {
      const upload = String(await environ["tsgi.input"].read());
      if (upload !== (shape.upload ?? "")) mixedUp.push(`${shape.id} read ${upload}`);
    } else if (shape.reads === "some") await environ["tsgi.input"].read(2);
    const length = shape.chunks.join("").length;
    if (shape.kind === "trailers") environ["tsgi.trailers"]([["X-Sum", () => `${shape.id}:${length}`]]);
    const headers = [["X-Id", `${shape.id}`] as const];
    const write = startResponse(shape.status, shape.sized ? [...headers, ["Content-Length", String(length)]] : headers);
    switch (shape.kind) {
      case "string":
        return give(shape, shape.chunks[0]!);
      case "list":
        return shape.chunks.map((text) => give(shape, text));
      case "generator":
      case "trailers":
        return atOnce(shape);
      case "async generator":
        return slowly(shape);
      case "writes":
        for (const text of shape.chunks) write(give(shape, text));
        return [];
      case "waited writes":
        for (const text of shape.chunks) await write(give(shape, text));
        return [];
      default: {
        const rest = shape.chunks.filter((text) => text !== "");
        return environ["tsgi.file_wrapper"]({ read: () => rest.shift() ?? "" });
      }
    }
  };
}

function requestOf(shape: Shape): string {
  const { method, id, version, upload, uploadChunked } = shape;
  const connection = version === "1.0" ? "keep-alive" : "TE";
  const head = `${method} /${id} HTTP/${version}\r\nHost: h\r\nTE: trailers\r\nConnection: ${connection}\r\n`;
  if (upload === undefined) return `${head}\r\n`;
  if (!uploadChunked) return `${head}Content-Length: ${upload.length}\r\n\r\n${upload}`;
  const chunk = upload === "" ? "" : `${upload.length.toString(16)}\r\n${upload}\r\n`;
  return `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\nX-Tail: ${id}\r\n\r\n`;
}

function judge(shape: Shape, response: RawResponse): void {
  const { status, fields, body, trailers } = response;
  const code = Number(shape.status.slice(0, 3));
  const noBody = shape.method === "HEAD" || code === 204 || code === 205 || code === 304;
  assert.deepEqual(
    [status, fields["x-id"], fields["connection"]],
    [code, String(shape.id), shape.version === "1.0" ? "keep-alive" : undefined],
  );
  assert.equal(body, noBody ? "" : shape.chunks.join(""));
  if (code === 204) assert.equal(fields["content-length"], undefined);
  if (code === 205) assert.equal(fields["content-length"], "0");
  assert.equal(fields["transfer-encoding"] !== undefined && fields["content-length"] !== undefined, false);
  if (noBody || shape.version === "1.0") assert.equal(fields["transfer-encoding"], undefined);
  const sum = shape.kind === "trailers" && !noBody ? [`X-Sum: ${shape.id}:${body.length}`] : [];
  assert.deepEqual(trailers, sum);
  assert.equal(fields["trailer"], sum.length > 0 ? "X-Sum" : undefined);
}

async function play(seed: number): Promise<void> {
  const random = seeded(seed);
  const count = 5 + Math.floor(random() * 40);
  const failing = random() < 0.4 ? count : -1;
  // Two more are on their way behind one that fails: nobody may answer them.
  const shapes = Array.from({ length: failing < 0 ? count : count + 3 }, (_, id) =>
    shapeOf(id, random, id === failing),
  );
  const mixedUp: string[] = [];
  const server = serveInProcess(applicationOf(shapes, mixedUp));
  const client = await RawClient.connect(server.port);
  try {
    const wire = Buffer.from(shapes.map(requestOf).join(""), "latin1");
    const most = [1_000_000, 20_000, 300][Math.floor(random() * 3)]!;
    const sending = (async () => {
      for (const piece of randomPieces(wire, random, most)) {
        client.send(Buffer.from(piece).toString("latin1"));
        if (random() < 0.5) await turn();
      }
    })();
    for (const shape of shapes.slice(0, count)) {
      for (let i = 0; i < shape.hints; i += 1) {
        const hint = await client.response();
        assert.deepEqual([hint.status, hint.fields["x-hint"]], [103, String(shape.id)]);
      }
      judge(shape, await client.response({ bodyless: shape.method === "HEAD" }));
    }
    await sending;
    if (failing >= 0) {
      for (let i = 0; i < shapes[failing]!.hints; i += 1) await client.response();
      await assert.rejects(client.response(), /ended early/);
      assert.doesNotMatch(await client.rest(), /HTTP\/1|0\r\n\r\n$/);
    }
    assert.deepEqual(mixedUp, []);
    const expected = failing >= 0 ? 1 : 0;
    assert.equal(server.troubles.filter(({ answer }) => answer !== "none").length, expected);
  } finally {
    client.close();
    server.close();
  }
}

for (let from = 1; from <= 60; from += 20) {
  test(`pipelined requests of random shapes get their own answers, whole and in order (seeds ${from} to ${from + 19})`, async () => {
    for (let seed = from; seed < from + 20; seed += 1) {
      await play(seed).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error });
      });
    }
  });
}
