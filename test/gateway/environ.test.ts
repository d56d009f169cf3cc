import assert from "node:assert/strict";
import { test } from "node:test";
import { buildEnviron, decodePath } from "../../src/gateway/environ.ts";
import { ErrorStream } from "../../src/gateway/errors.ts";
import { InputStream } from "../../src/gateway/input.ts";
import type { Environ } from "../../src/gateway/types.ts";
import { headOf, INFO, type RequestLike, sourceOf } from "../support/exchange.ts";

const controller = new AbortController();
let signals = 0;

function environOf(request: RequestLike = {}): Environ {
  return buildEnviron(
    headOf(request),
    request.info ?? INFO,
    { software: "tsgi/test", multiprocess: true },
    {
      input: new InputStream(sourceOf([])),
      errors: new ErrorStream(() => {}, "id-1"),
      earlyHints: () => {},
      addTrailers: () => {},
      requestId: "id-1",
      signal: () => {
        signals += 1;
        return controller.signal;
      },
    },
  );
}

test("an environ has every name of the contract, and CGI values are strings", () => {
  const environ = environOf({
    target: "/a%20b?x=%20y",
    fields: ["host", "example.com", "content-type", "text/plain", "content-length", "3"],
  });
  const {
    "tsgi.input": input,
    "tsgi.errors": errors,
    "tsgi.file_wrapper": wrap,
    "tsgi.early_hints": hints,
    "tsgi.trailers": trailers,
    "tsgi.signal": signal,
    ...plain
  } = environ;
  assert.deepEqual(
    { ...plain },
    {
      REQUEST_METHOD: "GET",
      SCRIPT_NAME: "",
      PATH_INFO: "/a b",
      QUERY_STRING: "x=%20y",
      RAW_URI: "/a%20b?x=%20y",
      REQUEST_URI: "/a%20b?x=%20y",
      SERVER_NAME: "127.0.0.1",
      SERVER_PORT: "8000",
      SERVER_PROTOCOL: "HTTP/1.1",
      SERVER_SOFTWARE: "tsgi/test",
      GATEWAY_INTERFACE: "CGI/1.1",
      REMOTE_ADDR: "192.0.2.7",
      REMOTE_PORT: "50123",
      CONTENT_TYPE: "text/plain",
      CONTENT_LENGTH: "3",
      HTTP_HOST: "example.com",
      "tsgi.version": [1, 0],
      "tsgi.url_scheme": "http",
      "tsgi.input_terminated": true,
      "tsgi.multithread": true,
      "tsgi.multiprocess": true,
      "tsgi.run_once": false,
      "tsgi.request_id": "id-1",
    },
  );
  assert.ok(input instanceof InputStream && errors instanceof ErrorStream);
  assert.equal(typeof wrap, "function");
  assert.equal(typeof hints, "function");
  assert.equal(typeof trailers, "function");
  assert.equal(signal, controller.signal);
});

const targets: [target: string, path: string, query: string, uri: string][] = [
  ["/", "/", "", "/"],
  ["/a//b/../c", "/a//b/../c", "", "/a//b/../c"],
  ["//host/x", "//host/x", "", "//host/x"],
  ["/?", "/", "", "/?"],
  ["/a?b?c", "/a", "b?c", "/a?b?c"],
  ["/%2541", "/%41", "", "/%2541"],
  ["/%c3%a9", "/é", "", "/%c3%a9"],
  ["/%ff", "/\ufffd", "", "/%ff"],
  ["/100%", "/100%", "", "/100%"],
  ["/%zz%4", "/%zz%4", "", "/%zz%4"],
  ["/\xc3\xa9", "/é", "", "/\xc3\xa9"],
  ["http://h:80/p?q", "/p", "q", "/p?q"],
  ["http://h", "/", "", "/"],
  ["http://h?q", "/", "q", "/?q"],
  ["*", "", "", "*"],
];
for (const [target, path, query, uri] of targets) {
  test(`target ${target} is path ${JSON.stringify(path)} and query ${JSON.stringify(query)}`, () => {
    const environ = environOf({ target });
    assert.deepEqual(
      [environ.PATH_INFO, environ.QUERY_STRING, environ.REQUEST_URI, environ.RAW_URI],
      [path, query, uri, target],
    );
  });
}

test("the authority of an absolute target replaces Host", () => {
  assert.equal(
    environOf({ target: "http://real.example:81/", fields: ["host", "other.example"] })["HTTP_HOST"],
    "real.example:81",
  );
});

test("a repeated field is joined with a comma, cookies with a semicolon", () => {
  const environ = environOf({ fields: ["accept", "a", "cookie", "x=1", "accept", "b", "cookie", "y=2"] });
  assert.deepEqual([environ["HTTP_ACCEPT"], environ["HTTP_COOKIE"]], ["a,b", "x=1; y=2"]);
});

test("a name with an underscore and Proxy never reach the application", () => {
  const environ = environOf({
    fields: ["x_forwarded_for", "forged", "x-forwarded-for", "1.2.3.4", "proxy", "http://evil"],
  });
  assert.equal(environ["HTTP_X_FORWARDED_FOR"], "1.2.3.4");
  assert.equal("HTTP_PROXY" in environ, false);
});

test("an environ has no inherited names, whatever the client calls its fields", () => {
  const environ = environOf({ fields: ["__proto__", "x", "constructor", "y"] });
  assert.equal("toString" in environ, false);
  assert.equal(Object.getPrototypeOf(Object.getPrototypeOf(environ)), null);
  assert.equal(environ["HTTP_CONSTRUCTOR"], "y");
  const name = ["__proto", "__"].join("");
  environ[name] = "own";
  assert.equal(Object.keys(environ).includes(name), true);
});

test("changing one environ leaves the next one alone", () => {
  environOf()["PATH_INFO"] = "/changed";
  assert.equal(environOf().PATH_INFO, "/");
});

test("the signal is made when it is first touched, and can be replaced", () => {
  const before = signals;
  const environ = environOf();
  assert.equal(signals, before);
  assert.equal(environ["tsgi.signal"], controller.signal);
  assert.equal(signals, before + 1);
  const other = new AbortController().signal;
  environ["tsgi.signal"] = other;
  assert.equal(environ["tsgi.signal"], other);
  assert.equal(Object.hasOwn({ ...environOf() }, "tsgi.signal"), true);
});

const UNIX = { ...INFO, remoteAddress: "", remotePort: "", localAddress: "", localPort: "" };
const hosts: [host: string | undefined, name: string, port: string][] = [
  ["example.com", "example.com", "80"],
  ["example.com:8080", "example.com", "8080"],
  ["[::1]:81", "[::1]", "81"],
  ["[::1]", "[::1]", "80"],
  [undefined, "localhost", "80"],
];
for (const [host, name, port] of hosts) {
  test(`on a Unix socket the server's name and port come from Host: ${host ?? "none"}`, () => {
    const environ = environOf({ info: UNIX, fields: host === undefined ? [] : ["host", host] });
    assert.deepEqual(
      [environ.SERVER_NAME, environ.SERVER_PORT, environ.REMOTE_ADDR, "REMOTE_PORT" in environ],
      [name, port, "", false],
    );
  });
}

test("a path is decoded once", () => {
  assert.equal(decodePath("/%252F"), "/%2F");
});
