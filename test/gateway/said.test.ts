import assert from "node:assert/strict";
import { test } from "node:test";
import { checkHeaders, checkStatus, isHopByHop, show } from "../../src/gateway/said.ts";

test("a status is three digits, a space and a reason, which may be empty", () => {
  assert.deepEqual(checkStatus("200 OK"), { status: 200, reason: "OK" });
  assert.deepEqual(checkStatus("404 "), { status: 404, reason: "" });
  assert.deepEqual(checkStatus("299 Tr\xe8s bien"), { status: 299, reason: "Tr\xe8s bien" });
});

for (const status of [
  "",
  "200",
  "200OK",
  " 200 OK",
  "20 OK",
  "2000 OK",
  "099 x",
  "abc def",
  "200 O\nK",
  "200 \u0100",
  200,
  null,
  ["200 OK"],
]) {
  test(`the status ${JSON.stringify(status)} is refused`, () => {
    assert.throws(() => checkStatus(status), {
      name: "TypeError",
      message: /expected three digits, a space and a reason/,
    });
  });
}

test("an interim status is refused with what to use instead", () => {
  assert.throws(() => checkStatus("103 Early Hints"), /tsgi\.early_hints/);
});

test("headers are copied flat, in order, duplicates kept, Content-Length apart", () => {
  const given: [string, string][] = [
    ["Set-Cookie", "a=1"],
    ["content-length", "12"],
    ["Set-Cookie", "b=2"],
  ];
  const checked = checkHeaders(given);
  given[0]![1] = "changed";
  assert.deepEqual(checked, { fields: ["Set-Cookie", "a=1", "Set-Cookie", "b=2"], length: 12 });
});

const refused: [headers: unknown, message: RegExp][] = [
  [undefined, /headers undefined: expected an array/],
  [{ a: "b" }, /headers an object: expected an array/],
  [new Map([["a", "b"]]), /headers a Map: expected an array/],
  [["Content-Type", "x"], /header 0 is "Content-Type": expected a \[name, value\] pair/],
  [[["a"]], /header 0 is an array of 1/],
  [[["a", "b", "c"]], /header 0 is an array of 3/],
  [[["a", 5]], /header a is 5: expected a string/],
  [[["a", undefined]], /header a is undefined: expected a string/],
  [[[5, "a"]], /header name 5/],
  [[["", "a"]], /header name ""/],
  [[["a b", "x"]], /header name "a b"/],
  [[["a:", "x"]], /header name "a:"/],
  [[["a\r\nb", "x"]], /header name "a\\r\\nb"/],
  [[["a", "x\ny"]], /header a has U\+000A at position 1/],
  [[["a", "\0"]], /header a has U\+0000 at position 0/],
  [[["a", "é\u010a"]], /header a has U\+010A at position 1/],
  [[["Status", "200"]], /the status is no header/],
  [[["Content-Length", "+5"]], /Content-Length "\+5": expected digits only/],
  [[["Content-Length", ""]], /Content-Length "": expected digits only/],
  [[["Content-Length", "9007199254740993"]], /expected digits only/],
  [
    [
      ["Content-Length", "5"],
      ["content-length", "5"],
    ],
    /given twice/,
  ],
];
for (const [headers, message] of refused) {
  test(`headers are refused: ${message.source}`, () => {
    assert.throws(() => checkHeaders(headers), { name: "TypeError", message });
  });
}

test("a wrong header is named with its value and with what was called", () => {
  assert.throws(() => checkHeaders([["X-Bad", "a\r\nSet-Cookie: x"]], "tsgi.early_hints"), {
    message:
      /^tsgi\.early_hints: header X-Bad has U\+000D at position 1 of "a\\r\\nSet-Cookie: x": expected a string of latin-1/,
  });
  assert.throws(() => checkHeaders("x"), /^TypeError: startResponse: headers "x"/);
});

test("white space around a value is no part of it", () => {
  assert.deepEqual(checkHeaders([["X-A", " \ta b\t "]]).fields, ["X-A", "a b"]);
});

for (const name of [
  "Connection",
  "Keep-Alive",
  "Proxy-Authenticate",
  "Proxy-Authorization",
  "TE",
  "Trailer",
  "Trailers",
  "Transfer-Encoding",
  "Upgrade",
  "Proxy-Connection",
]) {
  test(`${name} belongs to the connection and is refused, in any case`, () => {
    assert.equal(isHopByHop(name), true);
    for (const spelling of [name, name.toUpperCase(), name.toLowerCase()]) {
      assert.throws(() => checkHeaders([[spelling, "x"]]), /belongs to the connection/);
    }
  });
}

test("more names than the cache holds are still judged", () => {
  for (let i = 0; i < 1_200; i += 1) assert.equal(checkHeaders([[`X-Name-${i}`, "v"]]).fields.length, 2);
  for (let i = 0; i < 1_200; i += 1) assert.equal(checkStatus(`200 reason ${i}`).reason, `reason ${i}`);
  assert.throws(() => checkHeaders([["X Name", "v"]]));
});

test("a value is shown shortly", () => {
  assert.equal(show("x".repeat(100)), `"${"x".repeat(60)}..."`);
  assert.equal(show(new (class Reply {})()), "a Reply");
  assert.equal(show(Object.create(null)), "an object");
  assert.equal(show(Symbol("s")), "Symbol(s)");
});
