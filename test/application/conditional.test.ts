import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateConditions, ifRangeHolds, parseEtags, type Verdict } from "../../src/application/conditional.ts";
import { requestOf } from "../support/application.ts";

const TIME = Date.UTC(2020, 0, 1, 12, 0, 0) + 300;
const DATE = "Wed, 01 Jan 2020 12:00:00 GMT";
const BEFORE = "Wed, 01 Jan 2020 11:59:59 GMT";
const AFTER = "Wed, 01 Jan 2020 12:00:01 GMT";

type Row = readonly [headers: Record<string, string>, expected: Verdict, method?: string, etag?: string | null];

test("the preconditions in the order of RFC 9110 section 13.2.2", () => {
  const rows: readonly Row[] = [
    [{}, "go-on"],
    [{ "if-none-match": '"a"' }, 304],
    [{ "if-none-match": 'W/"a"' }, 304],
    [{ "if-none-match": '"b", W/"c" ,"a"' }, 304],
    [{ "if-none-match": '"b"' }, "go-on"],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"a"' }, 304, "HEAD"],
    [{ "if-none-match": '"a"' }, 412, "PUT"],
    [{ "if-none-match": "a" }, "go-on"],
    [{ "if-none-match": '"a"' }, "go-on", "GET", null],
    [{ "if-none-match": '"a"' }, 304, "GET", 'W/"a"'],
    // A date beside If-None-Match is not looked at.
    [{ "if-none-match": '"b"', "if-modified-since": AFTER }, "go-on"],
    [{ "if-modified-since": DATE }, 304],
    [{ "if-modified-since": AFTER }, 304],
    [{ "if-modified-since": BEFORE }, "go-on"],
    [{ "if-modified-since": DATE }, "go-on", "POST"],
    [{ "if-modified-since": "yesterday" }, "go-on"],
    [{ "if-match": '"a"' }, "go-on"],
    [{ "if-match": '"b"' }, 412],
    [{ "if-match": "*" }, "go-on"],
    // Strong comparison: a weak one matches nothing.
    [{ "if-match": 'W/"a"' }, 412],
    [{ "if-match": 'W/"a"' }, 412, "GET", 'W/"a"'],
    [{ "if-match": '"a"' }, 412, "GET", null],
    [{ "if-match": '"a"', "if-none-match": '"a"' }, 304],
    [{ "if-match": '"b"', "if-none-match": '"b"' }, 412],
    [{ "if-match": '"a"', "if-unmodified-since": BEFORE }, "go-on"],
    [{ "if-unmodified-since": DATE }, "go-on"],
    [{ "if-unmodified-since": BEFORE }, 412],
    [{ "if-unmodified-since": BEFORE }, 412, "PUT"],
    [{ "if-unmodified-since": "yesterday" }, "go-on"],
  ];
  for (const [headers, expected, method = "GET", etag = '"a"'] of rows) {
    const verdict = evaluateConditions(requestOf({ method, headers }), { etag: etag ?? undefined, lastModified: TIME });
    assert.equal(verdict, expected, `${method} ${JSON.stringify(headers)} ${etag}`);
  }
});

test("conditions on a date are ignored where none is known", () => {
  const ask = (headers: Record<string, string>) => evaluateConditions(requestOf({ headers }), {});
  assert.equal(ask({ "if-modified-since": AFTER }), "go-on");
  assert.equal(ask({ "if-unmodified-since": BEFORE }), "go-on");
});

test("If-Range holds for a strong ETag or the very date", () => {
  const rows = [
    [undefined, true],
    ['"a"', true],
    ['"b"', false],
    ['W/"a"', false],
    [DATE, true],
    [AFTER, false],
    [BEFORE, false],
    ["yesterday", false],
    ["", false],
  ] as const;
  for (const [value, expected] of rows) {
    const { headers } = requestOf({ headers: value === undefined ? {} : { "if-range": value } });
    assert.equal(ifRangeHolds(headers, { etag: '"a"', lastModified: TIME }), expected, String(value));
  }
  const { headers } = requestOf({ headers: { "if-range": 'W/"a"' } });
  assert.equal(ifRangeHolds(headers, { etag: 'W/"a"' }), false);
});

test("entity tags of a list; a list with anything else has none", () => {
  assert.deepEqual(parseEtags('"a", W/"b,c" , ,""'), ['"a"', 'W/"b,c"', '""']);
  for (const list of ["", "a", '"a', '"a" b', 'w/"a"', '"a b"']) assert.deepEqual(parseEtags(list), [], list);
});
