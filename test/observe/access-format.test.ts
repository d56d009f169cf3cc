// What a line of the access log says for a request, and that no client can say anything else with it.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { TsgiError } from "../../src/errors.ts";
import { type AccessEntry, ATOMS, checkFormat, compileFormat } from "../../src/observe/access-format.ts";

const ENTRY: AccessEntry = {
  remoteAddress: "192.0.2.7",
  user: "ada",
  time: Date.UTC(2026, 10, 21, 10, 0, 0, 123),
  durationUs: 1_234_567,
  method: "GET",
  target: "/a%20b?x=1&y=?",
  version: "1.1",
  status: 200,
  bytesOut: 512,
  bytesIn: 33,
  fields: ["host", "example.org", "referer", "http://r/", "user-agent", "curl/8", "accept", "a/b", "accept", "c/d"],
  responseFields: ["Content-Type", "text/plain", "Set-Cookie", "a=1", "set-cookie", "b=2"],
  requestId: "01HX",
  slot: 2,
  generation: 5,
  aborted: false,
  firstByteUs: 999.6,
  environ: (name) => ({ "tsgi.url_scheme": "https", number: 7 })[name],
};

const line = (template: string, change: Partial<AccessEntry> = {}): string =>
  compileFormat(template)({ ...ENTRY, ...change })!;

const EXPECTED: Readonly<Record<string, string>> = {
  h: "192.0.2.7",
  l: "-",
  u: "ada",
  r: "GET /a%20b?x=1&y=? HTTP/1.1",
  m: "GET",
  U: "/a%20b",
  q: "x=1&y=?",
  H: "HTTP/1.1",
  level: "info",
  s: "200",
  b: "512",
  B: "512",
  f: "http://r/",
  a: "curl/8",
  T: "1",
  M: "1234",
  D: "1234567",
  L: "1.234567",
  p: `<${process.pid}>`,
  id: "01HX",
  w: "2",
  g: "5",
  F: "1000",
  I: "33",
  X: "-",
};

test("every atom but the time gives its value for one known request", () => {
  assert.deepEqual(Object.keys(ATOMS).sort(), [...Object.keys(EXPECTED), "t"].sort());
  for (const [name, value] of Object.entries(EXPECTED)) assert.equal(line(`%(${name})s`), value, name);
});

for (const [status, level] of [
  [0, "info"],
  [103, "info"],
  [204, "info"],
  [304, "info"],
  [400, "warn"],
  [499, "warn"],
  [500, "error"],
  [599, "error"],
] as const) {
  test(`the level of status ${status} is ${level}, in a template, in json and in colour`, () => {
    assert.equal(line("%(level)s", { status }), level);
    assert.equal((JSON.parse(line("json", { status })) as { level: string }).level, level);
    const painted = { info: "x", warn: "\x1b[33mx\x1b[0m", error: "\x1b[31mx\x1b[0m" };
    assert.equal(compileFormat("x", { isColoured: true })({ ...ENTRY, status }), painted[level]);
  });
}

test("the time atom is the Common Log Format's, in the zone of the process", () => {
  assert.match(line("%(t)s"), /^\[2[012]\/Nov\/2026:\d\d:\d\d:00 [+-]\d{4}\]$/);
});

test("what is not there is a hyphen, and a count of zero is a hyphen only where the format says so", () => {
  const bare = { fields: [], responseFields: [], environ: undefined, firstByteUs: undefined, status: 0, bytesOut: 0 };
  assert.equal(line("%(f)s %(a)s %({x}i)s %({x}o)s %({x}e)s %(F)s %(s)s %(b)s %(B)s", bare), "- - - - - - - - 0");
  assert.equal(line("%(h)s|%(X)s", { remoteAddress: "", aborted: true }), "-|X");
});

test("fields are found in any case and joined when they come again; the environ is asked by its exact key", () => {
  assert.equal(line("%({Accept}i)s"), "a/b, c/d");
  assert.equal(line("%({SET-COOKIE}o)s %({content-type}o)s"), "a=1, b=2 text/plain");
  assert.equal(line("%({tsgi.url_scheme}e)s %({number}e)s %({TSGI.URL_SCHEME}e)s"), "https 7 -");
});

test("the path of an absolute target is its path, and other targets are themselves", () => {
  assert.equal(line("%(U)s %(q)s", { target: "http://h:80/p?q" }), "/p q");
  assert.equal(line("%(U)s", { target: "*" }), "*");
  assert.equal(line("%(U)s", { target: "h:443" }), "h:443");
});

test("common and combined are the formats that log readers know", () => {
  const rest = '"GET /a%20b?x=1&y=? HTTP/1.1" 200 512';
  assert.match(line("common"), /^192\.0\.2\.7 - ada \[[^\]]+\] ".*" 200 512$/);
  assert.ok(line("common").endsWith(rest));
  assert.ok(line("combined").endsWith(`${rest} "http://r/" "curl/8"`));
});

test("text around the atoms is kept, and two per cent signs are one", () => {
  assert.equal(line("100%% <%(m)s>\té"), "100% <GET>\té");
});

test("no byte of a client's text can end the line, leave its quotes or reach a terminal as a control", () => {
  const every = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
  const made = line('"%(a)s" "%({x}i)s"', { fields: ["user-agent", every, "x", 'a" 200 1\r\n127.0.0.1'] });
  assert.match(made, /^[\x20-\x7e]*$/);
  assert.ok(
    made.includes("\\x00\\x01") && made.includes("\\x1b") && made.includes("\\x7f\\x80") && made.includes("\\xff"),
  );
  assert.ok(made.endsWith('"a\\" 200 1\\x0d\\x0a127.0.0.1"'));
  assert.ok(made.includes("[\\\\]"), "a backslash is doubled, so an escape cannot be imitated");
});

test("a blank in a user's name or a target does not shift the columns after it", () => {
  assert.equal(line("%(u)s %(r)s", { user: "a b", target: "/x y" }), "a\\x20b GET /x\\x20y HTTP/1.1");
});

test("text beyond latin-1 from the environ is escaped as its UTF-8 bytes", () => {
  assert.equal(line("%({n}e)s", { environ: () => "€😀" }), "\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80");
});

test("a line of the json format is one valid line with typed values, whatever the client sent", () => {
  const hostile = '"}\n\u009b31m\\';
  const made = line("json", { target: hostile, requestId: hostile, fields: ["user-agent", hostile] });
  assert.match(made, /^[\x20-\x7e]*$/);
  assert.deepEqual(JSON.parse(made), {
    time: "2026-11-21T10:00:00.123Z",
    level: "info",
    remote: "192.0.2.7",
    user: "ada",
    method: "GET",
    target: hostile,
    protocol: "HTTP/1.1",
    status: 200,
    bytes: 512,
    bytes_in: 33,
    duration_us: 1_234_567,
    first_byte_us: 1000,
    referer: null,
    user_agent: hostile,
    request_id: hostile,
    pid: process.pid,
    worker: 2,
    generation: 5,
    aborted: false,
  });
  const bare = JSON.parse(line("json", { user: "-", remoteAddress: "", status: 0, firstByteUs: undefined }));
  assert.deepEqual([bare.user, bare.remote, bare.status, bare.first_byte_us], [null, null, null, null]);
});

test("a template that does not fit is refused with the place that is wrong", () => {
  for (const [template, said] of [
    ["%(z)s", /unknown atom %\(z\)s; there are h l u t r/],
    ["%({x}z)s", /unknown atom %\(\{x\}z\)s/],
    ["%({}i)s", /unknown atom %\(\{\}i\)s/],
    ["%(toString)s", /unknown atom/],
    ["%(h)d", /"%\(h\)d" is no atom/],
    ["%h", /"%h" is no atom/],
    ["at the end %", /"%" is no atom/],
    ["a\nb", /control character/],
    [" ", /it is empty/],
  ] as const) {
    assert.throws(
      () => checkFormat(template),
      (error) => error instanceof TsgiError && error.code === "usage" && said.test(error.message),
      template,
    );
  }
  for (const template of ["combined", "common", "json", "toString", "%(h)s"]) checkFormat(template);
});

test("only what the template names is asked of an entry", () => {
  const untouchable = new Proxy(ENTRY, {
    get(entry, key) {
      assert.ok(key === "method" || key === "status", `asked for ${String(key)}`);
      return Reflect.get(entry, key);
    },
  });
  assert.equal(compileFormat("%(m)s %(s)s")(untouchable), "GET 200");
});
