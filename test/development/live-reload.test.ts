import assert from "node:assert/strict";
import { test } from "node:test";
import { answerWith } from "../../src/development/answer.ts";
import { withLiveReload } from "../../src/development/live-reload.ts";
import { fieldOf } from "../../src/development/preference.ts";
import { CUT, type ExchangeEvent, type Serve, WAIT } from "../../src/gateway/exchange.ts";
import { NOBODY } from "../../src/gateway/forwarders.ts";
import { gatewayFor } from "../../src/gateway/run.ts";
import type { HeaderList } from "../../src/gateway/types.ts";
import { NO_BODY } from "../../src/worker/request-body.ts";
import { headOf, INFO, type RequestLike } from "../support/exchange.ts";
import { nothing } from "../support/worker.ts";

const PAGE = "<!doctype html><html><head><title>x</title></head><body>x</body></html>";
const SHOWN: RequestLike = { fields: ["sec-fetch-dest", "document"] };

interface Given {
  readonly headers?: HeaderList;
  readonly status?: string;
  /** Several are a stream. */
  readonly chunks: readonly string[];
  readonly request?: RequestLike;
  readonly errorsOnly?: boolean;
}

/** What comes out of an application that says this. */
function answered({
  headers = [["Content-Type", "text/html"]],
  status = "200 OK",
  chunks,
  request = {},
  errorsOnly = false,
}: Given) {
  const serve = gatewayFor(
    (_environ, startResponse) => {
      startResponse(status, headers);
      return chunks.length === 1 ? [...chunks] : chunks.values();
    },
    {
      ...{ facts: { software: "tsgi/test", multiprocess: false, forwarders: NOBODY }, nextRequestId: () => "id-1" },
      ...{ writeError: nothing, report: ({ error }) => assert.fail(String(error)), refused: nothing },
    },
  );
  const exchange = withLiveReload(serve, { boot: "7.3", errorsOnly })({
    head: headOf(request),
    info: INFO,
    body: NO_BODY,
    wake: nothing,
  });
  const events: ExchangeEvent[] = [];
  for (;;) {
    const event = exchange.next();
    assert.ok(event !== WAIT && event !== CUT);
    events.push(event);
    if (event.type === "end" || (event.type === "response" && !event.more)) break;
  }
  const [first] = events;
  assert.ok(first?.type === "response");
  const pieces = events.map((event) =>
    event.type === "response" ? event.body : event.type === "data" ? event.bytes : undefined,
  );
  const body = pieces
    .map((piece) => (typeof piece === "string" ? piece : Buffer.from(piece ?? []).toString("latin1")))
    .join("");
  return { ...first, text: body, pieces: pieces.filter((piece) => piece !== undefined).length };
}

const TAG = /<script src="\.tsgi\/reload\.js" data-boot="7\.3" nonce="[\w+/]+=*" async><\/script>/;

test("a page has the tag in its head, its length, and nothing that speaks of the bytes it was made of", () => {
  const headers: HeaderList = [
    ...([
      ["Content-Type", "text/html; charset=utf-8"],
      ["Content-Length", String(PAGE.length)],
      ["ETag", '"1"'],
    ] as const),
    ...([
      ["Last-Modified", "x"],
      ["Digest", "x"],
      ["Cache-Control", "max-age=60"],
      ["X-Mine", "1"],
    ] as const),
  ];
  const { text, length, fields } = answered({ headers, chunks: [PAGE] });
  assert.match(text, new RegExp(`</title>${TAG.source}</head>`));
  assert.equal(length, text.length);
  assert.deepEqual(fields, ["Content-Type", "text/html; charset=utf-8", "X-Mine", "1", "Cache-Control", "no-store"]);
});

test("an error page has its script, and gets no other", () => {
  const head = headOf({ fields: ["sec-fetch-dest", "document", "host", "localhost", "accept", "text/html"] });
  const shown = { heading: "It failed", text: "Error: no", details: null };
  const page = answerWith({ shown, head, requestId: "id-1", root: "/site", boot: "7.3" });
  const serve: Serve = () => ({
    ...{ requestId: "id-1", next: () => page, lookup: nothing, drain: nothing, warn: nothing, abort: nothing },
    expire: () => CUT,
  });
  const exchange = withLiveReload(serve, { boot: "7.3", errorsOnly: false })({
    ...{ head, info: INFO, body: NO_BODY, wake: nothing },
  });
  assert.equal(exchange.next(), page);
});

test("what is no page that is looked at is left as it is", () => {
  const cases: readonly Given[] = [
    { chunks: [PAGE], headers: [["Content-Type", "text/plain"]] },
    { chunks: [PAGE], headers: [["Content-Type", "text/html; charset=utf-16le"]] },
    {
      chunks: [PAGE],
      headers: [
        ["Content-Type", "text/html"],
        ["Content-Encoding", "gzip"],
      ],
    },
    {
      chunks: [PAGE],
      headers: [
        ["Content-Type", "text/html"],
        ["Content-Range", "bytes 0-1/9"],
      ],
      status: "206 Partial Content",
    },
    {
      chunks: [PAGE],
      headers: [
        ["Content-Type", "text/html"],
        ["Content-Disposition", "attachment"],
      ],
    },
    { chunks: [PAGE], request: { method: "POST" } },
    { chunks: [PAGE], request: { fields: ["hx-request", "true"] } },
    { chunks: [PAGE], request: { fields: ["x-requested-with", "XMLHttpRequest"] } },
    { chunks: [PAGE], request: { fields: ["sec-fetch-dest", "empty"] } },
    { chunks: ["<p>a fragment</p>"] },
    { chunks: [""], request: SHOWN },
    { chunks: [PAGE], errorsOnly: true },
    { chunks: [PAGE.replace("x", '<script nonce="a" src="/.tsgi/reload.js"></script>')] },
  ];
  for (const given of cases) {
    const { text, length, fields } = answered(given);
    assert.equal(text, given.chunks[0], JSON.stringify(given));
    assert.equal(length, given.chunks[0]!.length);
    assert.equal(fieldOf(fields, "cache-control"), "");
  }
  const head = answered({ chunks: [PAGE], request: { method: "HEAD" } });
  assert.deepEqual([head.text, head.length], ["", PAGE.length]);
});

test("what the browser shows as a document has the tag, however little of a page it is", () => {
  assert.match(
    answered({ chunks: ["<h1>hello</h1>"], request: SHOWN }).text,
    new RegExp(`^${TAG.source}<h1>hello</h1>$`),
  );
});

test("a page of an error has it where nothing else has", () => {
  assert.match(answered({ chunks: [PAGE], errorsOnly: true, status: "500 Oops" }).text, TAG);
});

test("a stream goes on chunk by chunk, and has no length any more", () => {
  const chunks = ["<!doctype html><html>", "<head><title>x</title>", "</head><body>", "x"];
  const headers: HeaderList = [
    ["Content-Type", "text/html"],
    ["Content-Length", String(chunks.join("").length)],
  ];
  const { text, length, pieces } = answered({ headers, chunks });
  assert.match(text, new RegExp(`<html><head>${TAG.source}<title>`));
  assert.deepEqual([pieces, length], [4, undefined]);
});

test("a streamed page without a head has the tag at its end, and one without any sign of a page has none", () => {
  assert.match(answered({ chunks: ["<!doctype html>", "<p>x", "<p>y"] }).text, new RegExp(`<p>x<p>y${TAG.source}$`));
  assert.equal(answered({ chunks: ["<p>x", "<p>y"] }).text, "<p>x<p>y");
});

test("a streamed page that is shown has the tag at its end at the latest, however its tags are cut", () => {
  const { text } = answered({ chunks: [...PAGE], request: SHOWN });
  assert.equal(text.replace(/<script.*<\/script>$/, ""), PAGE);
  assert.notEqual(text, PAGE);
});

test("further than 64 KiB into a stream nobody looks", () => {
  assert.doesNotMatch(answered({ chunks: ["<p>", "x".repeat(70_000), PAGE] }).text, TAG);
});

test("a policy lets the script in", () => {
  const headers: HeaderList = [
    ["Content-Type", "text/html"],
    ["Content-Security-Policy", "default-src 'none'"],
  ];
  const { text, fields } = answered({ headers, chunks: [PAGE] });
  const nonce = /nonce="(.+?)"/.exec(text)![1]!;
  assert.ok(fieldOf(fields, "content-security-policy").includes(`'nonce-${nonce}'`));
});
