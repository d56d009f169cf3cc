import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cgiVariables,
  completeVariables,
  emptyEnviron,
  setContractKeys,
  takeVariables,
  withoutScriptInPath,
} from "../../src/gateway/handler-environ.ts";

test("what the contract promises is filled in, and what is there is kept", () => {
  const environ = emptyEnviron();
  takeVariables(environ, { PATH_INFO: "/a b", QUERY_STRING: "c", SERVER_NAME: "", REMOTE_PORT: "", X: undefined });
  completeVariables(environ);
  assert.deepEqual(
    { ...environ },
    {
      PATH_INFO: "/a b",
      QUERY_STRING: "c",
      SERVER_NAME: "localhost",
      REQUEST_METHOD: "GET",
      SCRIPT_NAME: "",
      REQUEST_URI: "/a%20b?c",
      RAW_URI: "/a%20b?c",
      SERVER_PORT: "80",
      SERVER_PROTOCOL: "HTTP/1.0",
      SERVER_SOFTWARE: "tsgi",
      GATEWAY_INTERFACE: "CGI/1.1",
      REMOTE_ADDR: "",
    },
  );
  assert.equal("toString" in environ, false);
});

test("a length and a type that are empty are absent, as in every environ", () => {
  const environ = emptyEnviron();
  takeVariables(environ, { CONTENT_LENGTH: "", CONTENT_TYPE: "" });
  completeVariables(environ);
  assert.deepEqual(["CONTENT_LENGTH" in environ, "CONTENT_TYPE" in environ], [false, false]);
});

test("an empty text says nothing where the contract promises something", () => {
  const environ = emptyEnviron();
  takeVariables(environ, { REQUEST_URI: "", RAW_URI: "", SERVER_PROTOCOL: "", REQUEST_METHOD: "", PATH_INFO: "/x" });
  completeVariables(environ);
  const { REQUEST_URI, RAW_URI, SERVER_PROTOCOL, REQUEST_METHOD } = environ;
  assert.deepEqual([REQUEST_URI, RAW_URI, SERVER_PROTOCOL, REQUEST_METHOD], ["/x", "/x", "HTTP/1.0", "GET"]);
});

test("a program at the root has no script name, however its web server says that", () => {
  for (const [path, becomes] of [
    ["/x", "/x"],
    ["", "/"],
    ["x", "/x"],
  ] as const) {
    const variables = cgiVariables({ SCRIPT_NAME: "/", PATH_INFO: path });
    assert.deepEqual({ ...variables }, { SCRIPT_NAME: "", PATH_INFO: becomes });
  }
  assert.equal(cgiVariables({ SCRIPT_NAME: "/app" })["SCRIPT_NAME"], "/app");
});

test("a variable that is called as a name of Object.prototype is a name like others", () => {
  const environ = emptyEnviron();
  takeVariables(environ, JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>);
  assert.deepEqual(Object.entries(environ), [
    ["__proto__", "x"],
    ["constructor", "y"],
  ]);
});

test("a CGI program's fields are latin-1, its path is text, and Proxy does not reach it (httpoxy)", () => {
  const variables = cgiVariables({
    PATH_INFO: "/é",
    HTTP_X_NAME: "é",
    QUERY_STRING: "é",
    HTTP_PROXY: "http://evil",
    HTTP_PROXY_FLAVOUR: "kept",
    GONE: undefined,
  });
  assert.deepEqual(
    { ...variables },
    {
      PATH_INFO: "/é",
      HTTP_X_NAME: "\xc3\xa9",
      QUERY_STRING: "\xc3\xa9",
      HTTP_PROXY_FLAVOUR: "kept",
    },
  );
});

test("bytes that were not UTF-8 are U+FFFD in a path, and the bytes of that in a field", () => {
  const variables = cgiVariables({ PATH_INFO: "/\ufffd", HTTP_X: "\ufffd" });
  assert.deepEqual({ ...variables }, { PATH_INFO: "/\ufffd", HTTP_X: "\xef\xbf\xbd" });
});

test("the script's name is taken off a path that begins with it, whole names only", () => {
  const path = (PATH_INFO: string, SCRIPT_NAME: string) => withoutScriptInPath({ PATH_INFO, SCRIPT_NAME })["PATH_INFO"];
  assert.deepEqual(
    [path("/app/x", "/app"), path("/app", "/app"), path("/apple", "/app"), path("/x", ""), path("/x", "/app")],
    ["/x", "", "/apple", "/x", "/x"],
  );
});

test("without a file wrapper the environ has none", () => {
  const environ = emptyEnviron();
  const never = new AbortController().signal;
  setContractKeys(
    environ,
    { multithread: false, multiprocess: true, runOnce: true, fileWrapper: undefined, requestId: "1" },
    {
      ...{ input: undefined as never, errors: undefined as never, earlyHints() {}, trailers() {} },
      ...{ draining: never, signal: never },
    },
  );
  assert.equal("tsgi.file_wrapper" in environ, false);
  assert.deepEqual([environ["tsgi.multiprocess"], environ["tsgi.run_once"]], [true, true]);
});
