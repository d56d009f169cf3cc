import assert from "node:assert/strict";
import { test } from "node:test";
import { FieldReader } from "../../../src/protocol/http1/fields.ts";
import {
  bodyLength,
  bodyLimit,
  expectsContinue,
  hostFault,
  readsTrailers,
  targetHostFault,
  wishesToPersist,
} from "../../../src/protocol/http1/framing.ts";
import { LIMITS } from "../../support/wire.ts";

function head(...lines: string[]): FieldReader {
  const reader = new FieldReader("head", LIMITS);
  reader.read(`${[...lines, ""].join("\r\n")}\r\n`, 0, 0, true);
  assert.equal(reader.fault, undefined);
  return reader;
}
const codeOf = (verdict: unknown): unknown =>
  typeof verdict === "object" && verdict !== null && "code" in verdict ? verdict.code : verdict;

test("a length is the number that its digits write, up to the limit", () => {
  const length = (value: string, body = 0) =>
    codeOf(bodyLength(head(`Content-Length: ${value}`), "1.1", { ...LIMITS, body }));
  assert.equal(codeOf(bodyLength(head(), "1.1", LIMITS)), 0);
  assert.equal(length("0"), 0);
  assert.equal(length("005"), 5);
  assert.equal(length("9007199254740991"), Number.MAX_SAFE_INTEGER);
  assert.equal(length("9007199254740992"), "http1.body-too-large");
  assert.equal(length("10", 10), 10);
  assert.equal(length("11", 10), "http1.body-too-large");
  for (const bad of ["", "+5", "0x5", "5,5", "5 5", "١"]) assert.equal(length(bad), "http1.bad-length", bad);
});

test("a coding is chunked, once, alone, from 1.1 on and without a length, or it is refused", () => {
  const coding = (...lines: string[]) => codeOf(bodyLength(head(...lines), "1.1", LIMITS));
  assert.equal(coding("Transfer-Encoding: Chunked"), "chunked");
  assert.equal(coding("Transfer-Encoding: gzip", "Transfer-Encoding: chunked"), "http1.unknown-coding");
  assert.equal(coding("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), "http1.chunked-twice");
  assert.equal(coding("Transfer-Encoding: chunked, gzip"), "http1.chunked-not-last");
  assert.equal(coding("Transfer-Encoding: gzip"), "http1.unknown-coding");
  assert.equal(coding("Transfer-Encoding: chunked,"), "http1.bad-coding");
  assert.equal(coding("Transfer-Encoding: chunked", "Content-Length: 0"), "http1.two-lengths");
  assert.equal(codeOf(bodyLength(head("Transfer-Encoding: chunked"), "1.0", LIMITS)), "http1.coding-before-1-1");
});

test("0 as a limit of the body means as much as can be counted", () => {
  assert.equal(bodyLimit({ ...LIMITS, body: 0 }), Number.MAX_SAFE_INTEGER);
  assert.equal(bodyLimit({ ...LIMITS, body: 7 }), 7);
});

test("Host is missed from 1.1 on, at the end of the head, and may be empty only where a path needs none", () => {
  assert.equal(hostFault(head("Host: a"), "1.1", "origin", 20), undefined);
  assert.deepEqual(hostFault(head(), "1.1", "origin", 20), { code: "http1.no-host", status: 400, at: 20 });
  assert.equal(hostFault(head(), "1.0", "origin", 20), undefined);
  assert.equal(codeOf(hostFault(head("Host:"), "1.0", "origin", 20)), "http1.empty-host");
  for (const form of ["absolute", "authority", "asterisk"] as const) {
    assert.equal(hostFault(head("Host:"), "1.1", form, 20), undefined);
    assert.deepEqual(hostFault(head("A: b", "Host: a b"), "1.1", form, 20), {
      code: "http1.bad-host",
      status: 400,
      at: 6,
    });
  }
});

test("a target that names a host and the Host field name the same, ports that are usual aside", () => {
  const agree = (form: "absolute" | "authority", target: string, host: string) =>
    codeOf(targetHostFault(head(`Host: ${host}`), form, target)) === undefined;
  for (const [target, host] of [
    ["http://b/", "b"],
    ["http://B/", "b"],
    ["http://b:80/", "b"],
    ["http://b/", "b:80"],
    ["http://b:/", "b:80"],
    ["HTTPS://b?q", "b:443"],
    ["http://[::1]/", "[::1]:80"],
    ["http://b:8080", "B:8080"],
  ] as const) {
    assert.ok(agree("absolute", target, host), `${target} ${host}`);
  }
  for (const [target, host] of [
    ["http://b/", "c"],
    ["http://b/", ""],
    ["http://b/", "b."],
    ["http://b/", "b:8080"],
    ["http://b:8080/", "b"],
    ["http://b/", "b:443"],
    ["https://b/", "b:80"],
    ["http://[::1]/", "[::2]"],
    ["http://%62/", "b"],
  ] as const) {
    assert.ok(!agree("absolute", target, host), `${target} ${host}`);
  }
  for (const [host, fits] of [
    ["b:443", true],
    ["b", true],
    ["b:", true],
    ["b:80", false],
    ["c:443", false],
    ["", false],
  ] as const) {
    assert.equal(agree("authority", "b:443", host), fits, host);
  }
  assert.ok(!agree("authority", "b:8443", "b"));
  assert.deepEqual(targetHostFault(head("A: b", "Host: c"), "absolute", "http://b/"), {
    code: "http1.hosts-disagree",
    status: 400,
    at: 6,
  });
  assert.equal(targetHostFault(head(), "absolute", "http://b/"), undefined);
  assert.equal(targetHostFault(head("Host:"), "asterisk", "*"), undefined);
});

test("a client waits for 100 when it says so, on 1.1, with a body to come", () => {
  const expects = (value: string, version: "1.0" | "1.1", length: number | "chunked") =>
    codeOf(expectsContinue(head(`Expect: ${value}`), version, length));
  assert.equal(codeOf(expectsContinue(head(), "1.1", 5)), false);
  assert.equal(expects("100-continue", "1.1", 5), true);
  assert.equal(expects("100-Continue", "1.1", "chunked"), true);
  assert.equal(expects("100-continue", "1.1", 0), false);
  assert.equal(expects("100-continue", "1.0", 5), false);
  assert.equal(expects("other", "1.0", 5), false);
  for (const other of ["other", "100-continue, other", "", "100"]) {
    assert.equal(expects(other, "1.1", 5), "http1.unknown-expectation", other);
    assert.equal(expects(other, "1.1", 0), "http1.unknown-expectation", other);
  }
});

test("a client stays unless it says close; before 1.1 only if it says keep-alive", () => {
  for (const [connection, on11, on10] of [
    [undefined, true, false],
    ["keep-alive", true, true],
    ["Keep-Alive, Upgrade", true, true],
    ["close", false, false],
    ["foo,CLOSE\t", false, false],
    ["keep-alive,close", false, false],
    ["closed", true, false],
    ["", true, false],
  ] as const) {
    assert.equal(wishesToPersist(connection, "1.1"), on11, connection);
    assert.equal(wishesToPersist(connection, "1.0"), on10, connection);
  }
});

test("a client reads trailers when TE names them and Connection names TE, in any case, on any number of lines", () => {
  for (const [fields, reads] of [
    [["te", "trailers", "connection", "TE"], true],
    [["connection", "keep-alive, te", "te", "gzip;q=0.5, Trailers"], true],
    [["te", "deflate", "te", "trailers", "connection", "close", "connection", "te"], true],
    [["te", "trailers"], false],
    [["connection", "te"], false],
    [["te", "trailer", "connection", "te"], false],
    [["te", "gzip", "connection", "te, trailers"], false],
    [["x-te", "trailers", "connection", "te"], false],
    [[], false],
  ] as const) {
    assert.equal(readsTrailers(fields), reads, fields.join(" "));
  }
});
