import assert from "node:assert/strict";
import { test } from "node:test";
import { buildEnviron } from "../../src/gateway/environ.ts";
import { ErrorStream } from "../../src/gateway/errors.ts";
import { type ForwarderOptions, Forwarders, NOBODY } from "../../src/gateway/forwarders.ts";
import { InputStream } from "../../src/gateway/input.ts";
import type { Environ } from "../../src/gateway/types.ts";
import type { FaultCode } from "../../src/protocol/faults.ts";
import { headOf, INFO, type RequestLike, sourceOf } from "../support/exchange.ts";

const controller = new AbortController();
const draining = new AbortController().signal;
let signals = 0;

function build(request: RequestLike, forwarders: Forwarders = NOBODY): Environ | FaultCode {
  return buildEnviron(
    headOf(request),
    request.info ?? INFO,
    { software: "tsgi/test", multiprocess: true, forwarders },
    {
      input: new InputStream(sourceOf([])),
      errors: new ErrorStream(() => {}, "id-1"),
      earlyHints: () => {},
      trailers: () => {},
      requestId: "id-1",
      draining,
      signal: () => {
        signals += 1;
        return controller.signal;
      },
    },
  );
}

function environOf(request: RequestLike = {}, forwarders: Forwarders = NOBODY): Environ {
  const environ = build(request, forwarders);
  if (typeof environ === "string") assert.fail(environ);
  return environ;
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
    "tsgi.draining": leaves,
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
      "tsgi.peer_addr": "192.0.2.7",
    },
  );
  assert.ok(input instanceof InputStream && errors instanceof ErrorStream);
  assert.equal(typeof wrap, "function");
  assert.equal(typeof hints, "function");
  assert.equal(typeof trailers, "function");
  assert.equal(signal, controller.signal);
  assert.equal(leaves, draining);
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
  const copy = { ...environOf() };
  assert.deepEqual([copy["tsgi.signal"], copy["tsgi.draining"]], [controller.signal, draining]);
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

/** INFO's peer is trusted, and hops in 10/8. */
const trusting = (options: Partial<ForwarderOptions> = {}): Forwarders =>
  new Forwarders({
    allow: ["192.0.2.7", "10.0.0.0/8"],
    header: "x-forwarded",
    underscores: "drop",
    fields: ["SCRIPT_NAME", "PATH_INFO"],
    ...options,
  });

const STORY = [
  "host",
  "inner:8000",
  "x-forwarded-for",
  "203.0.113.9",
  "x-forwarded-proto",
  "https",
  "x-forwarded-host",
  "example.com",
  "x-forwarded-prefix",
  "/shop",
];

test("of a trusted peer the environ has the client's address, scheme, host, port and script name, and the URL can be put together", () => {
  const environ = environOf({ target: "/cart?x=1", fields: STORY }, trusting());
  const {
    REMOTE_ADDR,
    SERVER_NAME,
    SERVER_PORT,
    SCRIPT_NAME,
    PATH_INFO,
    "tsgi.url_scheme": scheme,
    "tsgi.peer_addr": peer,
  } = environ;
  assert.deepEqual(
    { REMOTE_ADDR, SERVER_NAME, SERVER_PORT, SCRIPT_NAME, PATH_INFO, scheme, peer },
    {
      REMOTE_ADDR: "203.0.113.9",
      SERVER_NAME: "example.com",
      SERVER_PORT: "443",
      SCRIPT_NAME: "/shop",
      PATH_INFO: "/cart",
      scheme: "https",
      peer: "192.0.2.7",
    },
  );
  assert.equal("REMOTE_PORT" in environ, false);
  // PEP 3333, URL Reconstruction.
  const url = `${scheme}://${String(environ["HTTP_HOST"])}${SCRIPT_NAME}${PATH_INFO}?${environ.QUERY_STRING}`;
  assert.equal(url, "https://example.com/shop/cart?x=1");
});

test("of a peer that is not trusted nothing is believed, and all of it is visible", () => {
  const environ = environOf({ target: "/cart", fields: STORY }, trusting({ allow: ["10.0.0.0/8", "unix"] }));
  assert.deepEqual(
    [environ.REMOTE_ADDR, environ.REMOTE_PORT, environ.SCRIPT_NAME, environ["tsgi.url_scheme"], environ["HTTP_HOST"]],
    ["192.0.2.7", "50123", "", "http", "inner:8000"],
  );
  assert.deepEqual([environ.SERVER_NAME, environ.SERVER_PORT], ["127.0.0.1", "8000"]);
  for (let i = 2; i < STORY.length; i += 2) {
    assert.equal(environ[`HTTP_${STORY[i]!.toUpperCase().replaceAll("-", "_")}`], STORY[i + 1]);
  }
});

test("the family that is not believed is visible and decides nothing", () => {
  const fields = ["host", "h", "forwarded", "for=203.0.113.9;proto=https", "x-forwarded-for", "6.6.6.6"];
  const old = environOf({ fields }, trusting());
  const standard = environOf({ fields }, trusting({ header: "forwarded" }));
  assert.deepEqual([old.REMOTE_ADDR, old["tsgi.url_scheme"]], ["6.6.6.6", "http"]);
  assert.deepEqual([standard.REMOTE_ADDR, standard["tsgi.url_scheme"]], ["203.0.113.9", "https"]);
  for (const environ of [old, standard]) {
    assert.deepEqual([environ["HTTP_FORWARDED"], environ["HTTP_X_FORWARDED_FOR"]], [fields[3], "6.6.6.6"]);
  }
});

test("on a Unix socket the believed scheme chooses the port that Host does not say", () => {
  const fields = ["host", "example.com", "x-forwarded-proto", "https", "x-forwarded-for", "203.0.113.9:4711"];
  const environ = environOf({ info: UNIX, fields }, trusting({ allow: ["unix"] }));
  assert.deepEqual(
    [environ.SERVER_NAME, environ.SERVER_PORT, environ.REMOTE_ADDR, environ.REMOTE_PORT, environ["tsgi.peer_addr"]],
    ["example.com", "443", "203.0.113.9", "4711", ""],
  );
});

test("X-Forwarded-Host goes before the authority of an absolute target", () => {
  const fields = ["host", "inner", "x-forwarded-host", "example.com:8443"];
  const environ = environOf({ target: "http://inner:81/", fields }, trusting());
  assert.deepEqual(
    [environ["HTTP_HOST"], environ.SERVER_NAME, environ.SERVER_PORT],
    ["example.com:8443", "example.com", "8443"],
  );
});

test("SCRIPT_NAME of a trusted peer is taken off the path, at a slash or its end", () => {
  const of = (target: string) => {
    const environ = build({ target, fields: ["host", "h", "script_name", "/caf%C3%A9"] }, trusting());
    return typeof environ === "string" ? environ : [environ.SCRIPT_NAME, environ.PATH_INFO, environ.RAW_URI];
  };
  assert.deepEqual(of("/caf%c3%a9/x?y"), ["/café", "/x", "/caf%c3%a9/x?y"]);
  assert.deepEqual(of("/caf\xc3\xa9"), ["/café", "", "/caf\xc3\xa9"]);
  assert.deepEqual(of("*"), ["/café", "", "*"]);
  assert.equal(of("/caf%C3%A9s"), "edge.script-name-mismatch");
  assert.equal(of("/"), "edge.script-name-mismatch");
});

const underscored: [options: Partial<ForwarderOptions>, peer: string, outcome: unknown][] = [
  [{}, "192.0.2.7", ["/x", undefined, undefined]],
  [{}, "198.51.100.1", [undefined, undefined, undefined]],
  [{ underscores: "refuse" }, "198.51.100.1", "edge.underscore-field"],
  [{ underscores: "refuse" }, "192.0.2.7", "edge.underscore-field"],
  [{ underscores: "refuse", fields: ["*"] }, "192.0.2.7", ["/x", "ann", "6.6.6.6"]],
  [{ underscores: "refuse", fields: ["*"] }, "198.51.100.1", "edge.underscore-field"],
  [{ underscores: "keep" }, "198.51.100.1", ["/x", "ann", "6.6.6.6"]],
  [{ fields: ["REMOTE_USER"] }, "192.0.2.7", [undefined, "ann", undefined]],
  [{ fields: [] }, "192.0.2.7", [undefined, undefined, undefined]],
];
for (const [options, remoteAddress, outcome] of underscored) {
  test(`fields with an underscore from ${remoteAddress} with ${JSON.stringify(options)}: ${JSON.stringify(outcome)}`, () => {
    const fields = ["host", "h", "script_name", "/x", "remote_user", "ann", "x_forwarded_for", "6.6.6.6"];
    const environ = build({ target: "/x/y", fields, info: { ...INFO, remoteAddress } }, trusting(options));
    const shown =
      typeof environ === "string"
        ? environ
        : [environ["HTTP_SCRIPT_NAME"], environ["HTTP_REMOTE_USER"], environ["HTTP_X_FORWARDED_FOR"]];
    assert.deepEqual(shown, outcome);
    // Whatever is passed on, a name with an underscore names no client.
    if (typeof environ === "object") assert.equal(environ.REMOTE_ADDR, remoteAddress);
  });
}

test("PATH_INFO of a trusted peer is visible and sets nothing; a stranger's SCRIPT_NAME that is kept sets nothing", () => {
  const fields = ["host", "h", "path_info", "/other", "script_name", "/a"];
  const near = environOf({ target: "/a/b", fields }, trusting());
  assert.deepEqual([near.PATH_INFO, near["HTTP_PATH_INFO"]], ["/b", "/other"]);
  const info = { ...INFO, remoteAddress: "198.51.100.1" };
  const far = environOf({ target: "/a/b", fields, info }, trusting({ underscores: "keep" }));
  assert.deepEqual([far.SCRIPT_NAME, far.PATH_INFO, far["HTTP_SCRIPT_NAME"]], ["", "/a/b", "/a"]);
});

test("a field that a proxy may send with an underscore is not merged with its double with a dash, in either order", () => {
  const pair = [
    ["script_name", "/x"],
    ["script-name", "/y"],
  ] as const;
  for (const fields of [pair.flat(), pair.toReversed().flat()]) {
    assert.equal(build({ target: "/x", fields }, trusting()), "edge.forwarded-conflict");
    const info = { ...INFO, remoteAddress: "198.51.100.1" };
    assert.equal(environOf({ target: "/x", fields, info }, trusting())["HTTP_SCRIPT_NAME"], "/y");
  }
});

test("fields that a codec gives again, as a frozen list, come to the same environ as the first time", () => {
  const trusting = new Forwarders({ allow: ["*"], header: "x-forwarded", underscores: "drop", fields: ["X_GOOD"] });
  const plain = (environ: Environ): Record<string, unknown> =>
    Object.fromEntries(Object.entries(environ).filter(([, value]) => typeof value === "string"));
  for (const fields of [
    ["host", "h"],
    [
      "host",
      "h",
      "cookie",
      "a=1",
      "x-a",
      "1",
      "cookie",
      "b=2",
      "x-a",
      "2",
      "proxy",
      "http://evil",
      "content-type",
      "x",
    ],
    ["host", "h", "x_good", "1", "x_bad", "2", "__proto__", "3"],
    ["host", "h", "x-forwarded-for", "203.0.113.7", "x-forwarded-proto", "https", "x-forwarded-host", "a.example:44"],
    [],
  ]) {
    for (const forwarders of [NOBODY, trusting]) {
      const first = plain(environOf({ fields }, forwarders));
      const frozen = Object.freeze([...fields]);
      for (let again = 0; again < 3; again += 1) {
        const environ = environOf({ fields: frozen }, forwarders);
        assert.deepEqual(plain(environ), first);
        // What one request does with its environ is nothing to the next.
        environ["HTTP_HOST"] = "changed";
        environ["HTTP_ADDED"] = "added";
      }
    }
  }
});
