import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { Piece, ResponseEvent } from "../../../src/protocol/events.ts";
import { MisuseError } from "../../../src/protocol/faults.ts";
import { ResponseWriter } from "../../../src/protocol/http1/writer.ts";

const DATE = "Sun, 06 Nov 1994 08:49:37 GMT";

const response = (given: Partial<ResponseEvent> = {}): ResponseEvent => ({
  type: "response",
  status: 200,
  reason: "OK",
  fields: [],
  length: undefined,
  date: "",
  close: false,
  body: undefined,
  more: false,
  ...given,
});
const writerFor = (method = "GET", version: "1.0" | "1.1" = "1.1", server = ""): ResponseWriter => {
  const writer = new ResponseWriter(server);
  writer.open(method, version);
  return writer;
};
/** The pieces of one response, its data and its end. */
function written(writer: ResponseWriter, event: ResponseEvent, ...data: Piece[]): Piece[] {
  const out: Piece[] = [];
  writer.response(event, true, out);
  for (const bytes of data) writer.data({ type: "data", bytes }, out);
  if (event.more) writer.end(out);
  return out;
}
const joined = (pieces: readonly Piece[]): string =>
  pieces.map((piece) => (typeof piece === "string" ? piece : Buffer.from(piece).toString("latin1"))).join("");
const misuse = (message: RegExp) => (error: unknown) => error instanceof MisuseError && message.test(error.message);

test("a whole response with a string is one piece: status, Server, Date, fields, length, body", () => {
  const event = response({ fields: ["Content-Type", "text/plain"], date: DATE, body: "hello", length: 5 });
  assert.deepEqual(written(writerFor("GET", "1.1", "tsgi/1"), event), [
    `HTTP/1.1 200 OK\r\nServer: tsgi/1\r\nDate: ${DATE}\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`,
  ]);
});

test("Server and Date that the fields bring are not added again, in whatever case", () => {
  for (const [fields, head] of [
    [["server", "mine"], `Date: ${DATE}\r\nserver: mine\r\n`],
    [["DATE", "now"], "Server: tsgi/1\r\nDATE: now\r\n"],
    [["Date", "now", "Server", "mine"], "Date: now\r\nServer: mine\r\n"],
  ] as const) {
    const out = written(writerFor("GET", "1.1", "tsgi/1"), response({ fields: [...fields], date: DATE }));
    assert.equal(joined(out), `HTTP/1.1 200 OK\r\n${head}Content-Length: 0\r\n\r\n`);
  }
});

test("a response after another with a new date, reason or server says the new one", () => {
  const text = (date: string, reason: string, server: string) =>
    joined(written(writerFor("GET", "1.1", server), response({ date, reason }))).split("\r\nContent")[0];
  assert.equal(text("d1", "OK", "a"), "HTTP/1.1 200 OK\r\nServer: a\r\nDate: d1");
  assert.equal(text("d2", "OK", "a"), "HTTP/1.1 200 OK\r\nServer: a\r\nDate: d2");
  assert.equal(text("d2", "Fine", "a"), "HTTP/1.1 200 Fine\r\nServer: a\r\nDate: d2");
  assert.equal(text("d2", "Fine", "b"), "HTTP/1.1 200 Fine\r\nServer: b\r\nDate: d2");
  assert.equal(text("", "", ""), "HTTP/1.1 200 ");
});

test("bytes of up to 4 KB travel in the piece of the head, unchanged; larger ones in their own, uncopied", () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_zero, byte) => byte));
  const [whole, ...none] = written(writerFor(), response({ body: all }));
  assert.deepEqual(none, []);
  assert.ok(
    Buffer.from(whole as string, "latin1")
      .subarray(-256)
      .equals(all),
  );

  assert.equal(written(writerFor(), response({ body: new Uint8Array(4_096) })).length, 1);
  const large = new Uint8Array(4_097);
  const pieces = written(writerFor(), response({ body: large }));
  assert.equal(pieces.length, 2);
  assert.equal(pieces[1], large);
});

test("a body of unknown length is chunked for 1.1, the first chunk in the piece of the head", () => {
  const large = new Uint8Array(5_000);
  const pieces = written(writerFor(), response({ body: "hello", more: true }), "", Buffer.from([0xff]), large);
  assert.deepEqual(pieces, [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "1\r\n\xff\r\n",
    "1388\r\n",
    large,
    "\r\n",
    "0\r\n\r\n",
  ]);
});

test("a body of unknown length ends with the connection for 1.0, even if the client wished to stay", () => {
  const writer = writerFor("GET", "1.0");
  const out: Piece[] = [];
  assert.equal(writer.response(response({ more: true }), true, out), false);
  writer.data({ type: "data", bytes: "hello" }, out);
  writer.end(out);
  assert.equal(joined(out), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
});

test("a response that is whole has a length, even if nobody said it", () => {
  assert.equal(
    joined(written(writerFor(), response({ body: "abc" }))),
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
  );
  assert.equal(joined(written(writerFor(), response())), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
});

test("data of a known length is passed on as it is", () => {
  const small = Buffer.from("b");
  const pieces = written(writerFor(), response({ length: 4, more: true, body: "a" }), small, "cd");
  assert.deepEqual(pieces, ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na", small, "cd"]);
  assert.equal(pieces[1], small);
});

test("HEAD, 204 and 304 have no body, whatever is sent; a length only where one may stand", () => {
  for (const [method, status, length, head] of [
    ["HEAD", 200, 10, "Content-Length: 10\r\n"],
    ["HEAD", 200, undefined, ""],
    ["HEAD", 204, 10, ""],
    ["GET", 204, undefined, ""],
    ["GET", 204, 0, ""],
    ["GET", 304, 10, "Content-Length: 10\r\n"],
    ["GET", 304, undefined, ""],
  ] as const) {
    for (const version of ["1.0", "1.1"] as const) {
      for (const more of [false, true]) {
        const writer = writerFor(method, version);
        const out: Piece[] = [];
        const persists = writer.response(response({ status, length, more, body: "abc" }), true, out);
        if (more) {
          writer.data({ type: "data", bytes: "defghijklmnop" }, out);
          writer.end(out);
        }
        assert.equal(persists, true);
        const connection = version === "1.0" ? "Connection: keep-alive\r\n" : "";
        assert.equal(joined(out), `HTTP/1.1 ${status} OK\r\n${head}${connection}\r\n`);
      }
    }
  }
});

test("205 has no body and a length of 0, whatever is sent", () => {
  for (const method of ["GET", "HEAD"]) {
    for (const [length, more] of [
      [10, true],
      [undefined, true],
      [undefined, false],
    ] as const) {
      const pieces = written(
        writerFor(method),
        response({ status: 205, length, more, body: "abc" }),
        ...(more ? ["defghij"] : []),
      );
      assert.equal(joined(pieces), "HTTP/1.1 205 OK\r\nContent-Length: 0\r\n\r\n");
    }
  }
});

const READS = ["host", "h", "connection", "TE", "te", "trailers"];
/** A response with one chunk and a trailer, to a client that sent `asked`. */
function trailed(asked: readonly string[], given: Partial<ResponseEvent> = {}, version: "1.0" | "1.1" = "1.1"): string {
  const writer = new ResponseWriter("");
  writer.open("GET", version, asked);
  const out: Piece[] = [];
  writer.response(response({ more: true, body: "abc", announces: ["X-Sum", "X-Two"], ...given }), true, out);
  writer.end(out, ["X-Sum", "1", "X-Two", "2"]);
  return joined(out);
}

test("trailers are announced and follow the last chunk, for a client that reads them", () => {
  assert.equal(
    trailed(READS),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, X-Two\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\n",
  );
  // What nobody could announce is sent all the same.
  for (const announces of [[], undefined]) {
    assert.match(trailed(READS, { announces }), /chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\n$/);
  }
});

test("trailers are left out for a client that does not read them, and where the body has a length or ends the connection", () => {
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  assert.equal(trailed(["host", "h"]), chunked);
  assert.equal(trailed(["te", "trailers"]), chunked);
  assert.equal(trailed(READS, { length: 3 }), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
  assert.equal(trailed(READS, {}, "1.0"), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
});

test("a trailer that would frame or split a message is misuse, also where it would be left out, and puts nothing out", () => {
  for (const [fields, message] of [
    [["Content-Length", "5"], /"Content-Length" may not be a trailer/],
    [["set-cookie", "a"], /"set-cookie" may not be a trailer/],
    [["X Y", "a"], /"X Y" may not be a trailer/],
    [["X", "a\r\nb"], /trailer X: "a\\r\\nb" is not a field value/],
    [["X"], /trailer X: undefined/],
  ] as const) {
    for (const asked of [READS, []]) {
      const writer = new ResponseWriter("");
      writer.open("GET", "1.1", asked);
      writer.response(response({ more: true }), true, []);
      const out: Piece[] = [];
      assert.throws(() => writer.end(out, fields), misuse(message));
      writer.end(out);
      assert.equal(joined(out), "0\r\n\r\n");
    }
  }
  const out: Piece[] = [];
  for (const name of ["Transfer-Encoding", "a\r\nb"]) {
    const given = response({ more: true, announces: [name] });
    assert.throws(() => writerFor().response(given, true, out), misuse(/may not be a trailer/));
  }
  assert.deepEqual(out, []);
});

test("Connection says close when it ends here, and keep-alive only to a 1.0 client that stays", () => {
  for (const [version, persist, close, persists, line] of [
    ["1.1", true, false, true, ""],
    ["1.1", true, true, false, "Connection: close\r\n"],
    ["1.1", false, false, false, "Connection: close\r\n"],
    ["1.0", true, false, true, "Connection: keep-alive\r\n"],
    ["1.0", true, true, false, "Connection: close\r\n"],
    ["1.0", false, false, false, "Connection: close\r\n"],
  ] as const) {
    const out: Piece[] = [];
    assert.equal(writerFor("GET", version).response(response({ close }), persist, out), persists);
    assert.equal(joined(out), `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${line}\r\n`);
  }
});

test("information goes before a response, with its fields and nothing else, and never to a 1.0 client", () => {
  const out: Piece[] = [];
  const writer = writerFor("GET", "1.1", "tsgi/1");
  writer.information({ type: "information", status: 100, fields: [] }, out);
  writer.information({ type: "information", status: 102, fields: [] }, out);
  writer.information({ type: "information", status: 103, fields: ["Link", "</a.css>"] }, out);
  assert.deepEqual(out, [
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 102 Processing\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
  ]);
  const none: Piece[] = [];
  writerFor("GET", "1.0").information({ type: "information", status: 100, fields: [] }, none);
  assert.deepEqual(none, []);
});

test("events out of order are misuse, and put nothing out", () => {
  const out: Piece[] = [];
  const refuses = (act: () => void, message: RegExp) => assert.throws(act, misuse(message));
  const data = { type: "data", bytes: "x" } as const;
  const information = { type: "information", status: 100, fields: [] } as const;

  const idle = new ResponseWriter("");
  refuses(() => idle.response(response(), true, out), /before there was a request/);
  refuses(() => idle.information(information, out), /before there was a request/);
  const head = writerFor();
  refuses(() => head.data(data, out), /before a response/);
  refuses(() => head.end(out), /before a response/);
  const body = writerFor();
  body.response(response({ more: true }), true, []);
  refuses(() => body.response(response(), true, out), /in the middle of a body/);
  refuses(() => body.information(information, out), /in the middle of a body/);
  const over = writerFor();
  over.response(response(), true, []);
  refuses(() => over.response(response(), true, out), /after the response was over/);
  refuses(() => over.data(data, out), /after the response was over/);
  refuses(() => over.end(out), /after the response was over/);
  assert.deepEqual(out, []);
});

test("more or fewer bytes than the length are misuse, on the byte", () => {
  const out: Piece[] = [];
  assert.throws(
    () => writerFor().response(response({ length: 2, body: "abc" }), true, out),
    misuse(/length 2 .* 3 bytes/),
  );
  assert.throws(
    () => writerFor().response(response({ length: 4, body: "abc" }), true, out),
    misuse(/length 4 .* 3 bytes/),
  );
  assert.throws(
    () => writerFor().response(response({ length: 2, body: "abc", more: true }), true, out),
    misuse(/3 bytes/),
  );
  assert.deepEqual(out, []);

  const writer = writerFor();
  writer.response(response({ length: 4, body: "abc", more: true }), true, out);
  assert.throws(() => writer.data({ type: "data", bytes: "de" }, out), misuse(/2 bytes .* 1 were left/));
  assert.throws(() => writer.end(out), misuse(/1 bytes of body were left/));
  writer.data({ type: "data", bytes: "d" }, out);
  writer.end(out);
  assert.equal(joined(out), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd");
});

test("what could split a response, or frame it a second time, is misuse", () => {
  const out: Piece[] = [];
  const refuses = (given: Partial<ResponseEvent>, message: RegExp) =>
    assert.throws(() => writerFor().response(response(given), true, out), misuse(message));
  refuses({ fields: ["X\r\nY", "a"] }, /"X\\r\\nY" is not a field name/);
  refuses({ fields: ["", "a"] }, /"" is not a field name/);
  refuses({ fields: ["X", "a\r\nb"] }, /X: "a\\r\\nb" is not a field value/);
  refuses({ fields: ["X", "a\nb"] }, /not a field value/);
  refuses({ fields: ["X", "a\0b"] }, /not a field value/);
  refuses({ fields: ["X", "\u010A"] }, /not a field value/);
  refuses({ fields: ["X"] }, /X: undefined is not a field value/);
  refuses({ fields: ["X", 5 as unknown as string] }, /X: 5 is not a field value/);
  refuses({ reason: "OK\r\nX: y" }, /not a reason phrase/);
  refuses({ date: "a\nb" }, /Date: "a\\nb" is not a field value/);
  for (const name of ["Content-Length", "transfer-encoding", "CONNECTION"])
    refuses({ fields: [name, "1"] }, /chosen by the codec/);
  for (const status of [99, 100, 199, 1_000, 200.5, Number.NaN]) refuses({ status }, /the status of a response is/);
  for (const length of [-1, 1.5, Number.NaN, 2 ** 53]) refuses({ length }, /the length of a response is/);
  assert.throws(() => new ResponseWriter("a\r\nb"), misuse(/Server: "a\\r\\nb" is not a field value/));
  assert.throws(
    () => writerFor().information({ type: "information", status: 103, fields: ["Link", "a\nb"] }, out),
    misuse(/not a field value/),
  );
  assert.deepEqual(out, []);
});

test("fields that a codec notices in requests pass through in a response", () => {
  const fields = ["Content-Type", "a/b", "Set-Cookie", "a", "Set-Cookie", "b", "Vary", "c"];
  assert.equal(
    joined(written(writerFor(), response({ fields }))),
    "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nVary: c\r\nContent-Length: 0\r\n\r\n",
  );
});

test("a head that is asked for again is the same, and one that differs in anything is its own", () => {
  const head = (given: Partial<ResponseEvent>, method = "GET", version: "1.0" | "1.1" = "1.1") =>
    joined(written(writerFor(method, version, "tsgi/1"), response({ date: "d", body: "abc", ...given })));
  const fields = Object.freeze(["X-A", "1"]);
  const variants: readonly [Parameters<typeof head>, string][] = [
    [[{ fields }], "Server: tsgi/1\r\nDate: d\r\nX-A: 1\r\nContent-Length: 3\r\n\r\nabc"],
    [[{ fields, body: "de" }], "Server: tsgi/1\r\nDate: d\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nde"],
    [[{ fields, date: "e" }], "Server: tsgi/1\r\nDate: e\r\nX-A: 1\r\nContent-Length: 3\r\n\r\nabc"],
    [[{ fields: Object.freeze(["X-A", "2"]) }], "Server: tsgi/1\r\nDate: d\r\nX-A: 2\r\nContent-Length: 3\r\n\r\nabc"],
    [
      [{ fields, close: true }],
      "Server: tsgi/1\r\nDate: d\r\nX-A: 1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
    ],
    [[{ fields }, "HEAD"], "Server: tsgi/1\r\nDate: d\r\nX-A: 1\r\n\r\n"],
    [[{ fields, status: 204 }], "Server: tsgi/1\r\nDate: d\r\nX-A: 1\r\n\r\n"],
    [
      [{ fields }, "GET", "1.0"],
      "Server: tsgi/1\r\nDate: d\r\nX-A: 1\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc",
    ],
  ];
  for (const [asked, expected] of [...variants, ...variants.flatMap((variant) => [variant, variant, variant])]) {
    assert.equal(head(...asked), `HTTP/1.1 ${asked[0].status ?? 200} OK\r\n${expected}`);
  }
});
