import assert from "node:assert/strict";
import { test } from "node:test";
import type { Environ } from "../../src/gateway/types.ts";
import {
  applicationUri,
  FileWrapper,
  guessScheme,
  isHopByHop,
  type PartialEnviron,
  pathAndQuery,
  requestUri,
  setupTestingDefaults,
  shiftPathInfo,
} from "../../src/gateway/util.ts";

// Answers of wsgiref's functions, of Python 3.11, for the same questions.
const SHIFTS: readonly (readonly [script: string, path: string, name: string | null, script: string, path: string])[] =
  [
    ["", "", null, "", ""],
    ["", "/", "", "/", ""],
    ["", "/.", null, "", ""],
    ["", "/x", "x", "/x", ""],
    ["", "/x/", "x", "/x", "/"],
    ["", "/x/y", "x", "/x", "/y"],
    ["", "//x", "x", "/x", ""],
    ["", "/x//y", "x", "/x", "/y"],
    ["", "/./x", "x", "/x", ""],
    ["", "/x/./y/", "x", "/x", "/y/"],
    ["", "/x/.", "x", "/x", "/."],
    ["", "/..", "..", "", ""],
    ["", "/../x", "..", "", "/x"],
    ["", "/x/../y", "x", "/x", "/../y"],
    ["", "/a b", "a b", "/a b", ""],
    ["", "//", "", "/", ""],
    ["", "///", "", "/", ""],
    ["", "/x//", "x", "/x", "/"],
    ["/a", "/", "", "/a/", ""],
    ["/a", "/.", null, "/a", ""],
    ["/a", "/x/y", "x", "/a/x", "/y"],
    ["/a", "/..", "..", "", ""],
    ["/a/b", "", null, "/a/b", ""],
    ["/a/b", "/", "", "/a/b/", ""],
    ["/a/b", "/.", null, "/a/b", ""],
    ["/a/b", "/x", "x", "/a/b/x", ""],
    ["/a/b", "/x/", "x", "/a/b/x", "/"],
    ["/a/b", "/x/y", "x", "/a/b/x", "/y"],
    ["/a/b", "//x", "x", "/a/b/x", ""],
    ["/a/b", "/x//y", "x", "/a/b/x", "/y"],
    ["/a/b", "/./x", "x", "/a/b/x", ""],
    ["/a/b", "/x/./y/", "x", "/a/b/x", "/y/"],
    ["/a/b", "/x/.", "x", "/a/b/x", "/."],
    ["/a/b", "/..", "..", "/a", ""],
    ["/a/b", "/../x", "..", "/a", "/x"],
    ["/a/b", "/x/../y", "x", "/a/b/x", "/../y"],
    ["/a/b", "/a b", "a b", "/a/b/a b", ""],
    ["/a/b", "//", "", "/a/b/", ""],
    ["/a/b", "///", "", "/a/b/", ""],
    ["/a/b", "/x//", "x", "/a/b/x", "/"],
    ["/a/", "/", "", "/a/", ""],
    ["/a/", "/.", null, "/a", ""],
    ["/a/", "/x/y", "x", "/a/x", "/y"],
    ["/a/", "/..", "..", "", ""],
    ["//x", "/", "", "//x/", ""],
    ["//x", "/.", null, "//x", ""],
    ["//x", "/x/y", "x", "//x/x", "/y"],
    ["//x", "/..", "..", "/", ""],
  ];

for (const [script, path, name, newScript, newPath] of SHIFTS) {
  test(`shiftPathInfo takes ${JSON.stringify(name)} off "${path}" behind "${script}"`, () => {
    const environ: PartialEnviron = { SCRIPT_NAME: script, PATH_INFO: path };
    assert.equal(shiftPathInfo(environ), name);
    assert.deepEqual([environ.SCRIPT_NAME, environ.PATH_INFO], [newScript, newPath]);
  });
}

test("shiftPathInfo walks down a path name by name, and then has none", () => {
  const environ: PartialEnviron = { PATH_INFO: "/a//b/./c" };
  assert.deepEqual(
    [1, 2, 3, 4].map(() => shiftPathInfo(environ)),
    ["a", "b", "c", null],
  );
  assert.deepEqual([environ.SCRIPT_NAME, environ.PATH_INFO], ["/a/b/c", ""]);
  assert.equal(shiftPathInfo({}), null);
  const odd: PartialEnviron = { PATH_INFO: "x" };
  assert.deepEqual([shiftPathInfo(odd), odd.SCRIPT_NAME, odd.PATH_INFO], ["x", "/x", ""]);
});

// As above; a path is text here, where it is bytes in latin-1 there.
const URIS: readonly (readonly [environ: PartialEnviron, application: string, request: string, bare: string])[] = [
  [{}, "http://127.0.0.1/", "http://127.0.0.1/", "http://127.0.0.1/"],
  [{ SCRIPT_NAME: "/foo" }, "http://127.0.0.1/foo", "http://127.0.0.1/foo/", "http://127.0.0.1/foo/"],
  [{ SCRIPT_NAME: "/foo", PATH_INFO: "" }, "http://127.0.0.1/foo", "http://127.0.0.1/foo", "http://127.0.0.1/foo"],
  [
    { HTTP_HOST: "example.com:8080" },
    "http://example.com:8080/",
    "http://example.com:8080/",
    "http://example.com:8080/",
  ],
  [{ SERVER_PORT: "8080" }, "http://127.0.0.1:8080/", "http://127.0.0.1:8080/", "http://127.0.0.1:8080/"],
  [
    { PATH_INFO: "/a b/c;d=e,f" },
    "http://127.0.0.1/",
    "http://127.0.0.1/a%20b/c;d=e,f",
    "http://127.0.0.1/a%20b/c;d=e,f",
  ],
  [
    { SCRIPT_NAME: "/a;b", PATH_INFO: "/%" },
    "http://127.0.0.1/a%3Bb",
    "http://127.0.0.1/a%3Bb/%25",
    "http://127.0.0.1/a%3Bb/%25",
  ],
  [{ QUERY_STRING: "say=hi%20x" }, "http://127.0.0.1/", "http://127.0.0.1/?say=hi%20x", "http://127.0.0.1/"],
  [{ "tsgi.url_scheme": "https" }, "https://127.0.0.1:80/", "https://127.0.0.1:80/", "https://127.0.0.1:80/"],
  [
    { "tsgi.url_scheme": "https", SERVER_PORT: "443" },
    "https://127.0.0.1/",
    "https://127.0.0.1/",
    "https://127.0.0.1/",
  ],
  [
    { "tsgi.url_scheme": "https", SERVER_PORT: "80" },
    "https://127.0.0.1:80/",
    "https://127.0.0.1:80/",
    "https://127.0.0.1:80/",
  ],
  [{ PATH_INFO: "/~u_-.x" }, "http://127.0.0.1/", "http://127.0.0.1/~u_-.x", "http://127.0.0.1/~u_-.x"],
  [{ PATH_INFO: "/é" }, "http://127.0.0.1/", "http://127.0.0.1/%C3%A9", "http://127.0.0.1/%C3%A9"],
  [
    { PATH_INFO: "/[x]:@!$&'()*+" },
    "http://127.0.0.1/",
    "http://127.0.0.1/%5Bx%5D%3A%40%21%24%26%27%28%29%2A%2B",
    "http://127.0.0.1/%5Bx%5D%3A%40%21%24%26%27%28%29%2A%2B",
  ],
  [{ PATH_INFO: "" }, "http://127.0.0.1/", "http://127.0.0.1/", "http://127.0.0.1/"],
];

for (const [given, application, request, bare] of URIS) {
  test(`the URL of ${JSON.stringify(given)} is ${request}`, () => {
    const environ: PartialEnviron = {
      SERVER_NAME: "127.0.0.1",
      SERVER_PORT: "80",
      SCRIPT_NAME: "",
      PATH_INFO: "/",
      ...given,
    };
    environ["tsgi.url_scheme"] ??= "http";
    assert.equal(applicationUri(environ), application);
    assert.equal(requestUri(environ), request);
    assert.equal(requestUri(environ, { includeQuery: false }), bare);
  });
}

test("a URL has brackets around an address of IPv6, and escapes half a surrogate pair as the character it is read as", () => {
  const environ: PartialEnviron = { SERVER_NAME: "::1", SERVER_PORT: "8000", PATH_INFO: "/\ud800" };
  assert.equal(requestUri(environ), "http://[::1]:8000/%EF%BF%BD");
});

test("the scheme is https where HTTPS is on, yes or 1", () => {
  assert.deepEqual(
    ["on", "yes", "1", "off", "", "ON", undefined].map((HTTPS) => guessScheme({ HTTPS })),
    ["https", "https", "https", "http", "http", "http", "http"],
  );
});

test("setupTestingDefaults fills in what is missing and keeps what is there", () => {
  const environ: PartialEnviron = { SERVER_NAME: "here", HTTPS: "on", PATH_INFO: "/x", QUERY_STRING: "a=b" };
  setupTestingDefaults(environ);
  const full: Environ = environ;
  assert.deepEqual(
    [
      full.SERVER_NAME,
      full["HTTP_HOST"],
      full.SERVER_PORT,
      full["tsgi.url_scheme"],
      full.SCRIPT_NAME,
      full.REQUEST_URI,
    ],
    ["here", "here", "443", "https", "", "/x?a=b"],
  );
  const bare: PartialEnviron = {};
  setupTestingDefaults(bare);
  assert.deepEqual(
    [bare.REQUEST_METHOD, bare.SERVER_NAME, bare.SERVER_PORT, bare.SERVER_PROTOCOL, bare.PATH_INFO, bare.RAW_URI],
    ["GET", "127.0.0.1", "80", "HTTP/1.0", "/", "/"],
  );
  assert.equal(bare["REMOTE_PORT"], undefined);
});

test("a made-up environ has all that an application may ask for, and what it has works", async () => {
  const environ: PartialEnviron = Object.create(null);
  setupTestingDefaults(environ);
  for (const key of ["tsgi.version", "tsgi.input", "tsgi.errors", "tsgi.request_id", "tsgi.signal", "tsgi.draining"]) {
    assert.notEqual(environ[key], undefined, key);
  }
  assert.equal((await environ["tsgi.input"].read()).length, 0);
  environ["tsgi.errors"].write("x\n");
  environ["tsgi.early_hints"]([]);
  environ["tsgi.trailers"]([]);
  assert.ok(environ["tsgi.file_wrapper"]({ read: () => null }) instanceof FileWrapper);
  assert.deepEqual(
    [environ["tsgi.multithread"], environ["tsgi.multiprocess"], environ["tsgi.run_once"]],
    [false, false, false],
  );
});

test("a path and its query are as they would have been sent", () => {
  assert.equal(pathAndQuery({}), "/");
  assert.equal(pathAndQuery({ SCRIPT_NAME: "/a", PATH_INFO: "/b c", QUERY_STRING: "d" }), "/a/b%20c?d");
});

test("isHopByHop knows the fields of the connection, in any case", () => {
  assert.deepEqual(["Connection", "TE", "keep-ALIVE", "Content-Type"].map(isHopByHop), [true, true, true, false]);
});
