// The environ: what an application finds in it, whoever made it.

import type { Environ } from "../../../src/gateway/types.ts";
import { type Case, PLAIN, type Request } from "./case.ts";

/** An application that answers with what it finds. */
const finds = (title: string, look: (environ: Environ) => unknown, wanted: unknown, request: Request = {}): Case => {
  const body = JSON.stringify(wanted);
  return {
    title: `the environ has ${title}`,
    app: () => async (environ, start) => {
      start("200 OK", PLAIN);
      return [JSON.stringify(await look(environ)) ?? "undefined"];
    },
    request,
    body,
    length: Buffer.byteLength(body),
  };
};

const kindOf = (environ: Environ, ...keys: string[]) => keys.map((key) => typeof environ[key]);

export const ENVIRON: readonly Case[] = [
  finds("no inherited names", (e) => ["toString" in e, Object.getPrototypeOf(Object.getPrototypeOf(e) ?? e)], [
    false,
    null,
  ]),
  finds("the method as it was sent", (e) => e.REQUEST_METHOD, "pAtCh", { method: "pAtCh" }),
  finds("path and query", (e) => [e.SCRIPT_NAME, e.PATH_INFO, e.QUERY_STRING], ["", "/a/b", "x=1&y=%20"], {
    target: "/a/b?x=1&y=%20",
  }),
  finds("an empty query where there is none", (e) => e.QUERY_STRING, ""),
  finds("what was sent", (e) => [e.RAW_URI, e.REQUEST_URI], ["/a?b", "/a?b"], { target: "/a?b" }),
  finds("the server", (e) => [e.SERVER_NAME, e.SERVER_PORT, e.SERVER_SOFTWARE], ["127.0.0.1", "8000", "tsgi/test"]),
  finds("the protocol", (e) => [e.SERVER_PROTOCOL, e.GATEWAY_INTERFACE], ["HTTP/1.0", "CGI/1.1"], { version: "1.0" }),
  finds("the client", (e) => [e.REMOTE_ADDR, e.REMOTE_PORT, e["tsgi.peer_addr"]], ["192.0.2.7", "50123", "192.0.2.7"]),
  finds("fields", (e) => [e["HTTP_HOST"], e["HTTP_X_SOME_THING"]], ["example.com", "1"], {
    fields: [["X-Some-Thing", "1"]],
  }),
  finds("no length and no type where none was sent", (e) => ["CONTENT_LENGTH" in e, "CONTENT_TYPE" in e], [
    false,
    false,
  ]),
  finds("the length of a body", (e) => [e.CONTENT_LENGTH, "HTTP_CONTENT_LENGTH" in e], ["3", false], {
    method: "POST",
    body: "abc",
  }),
  finds("a version, a scheme and facts", (e) => [e["tsgi.version"], e["tsgi.url_scheme"], e["tsgi.input_terminated"]], [
    [1, 0],
    "http",
    true,
  ]),
  finds("whether there are others", (e) => [e["tsgi.multithread"], e["tsgi.multiprocess"], e["tsgi.run_once"]], [
    true,
    false,
    false,
  ]),
  finds("an id of the request", (e) => e["tsgi.request_id"], "id-1"),
  finds("functions", (e) => kindOf(e, "tsgi.file_wrapper", "tsgi.early_hints", "tsgi.trailers"), [
    "function",
    "function",
    "function",
  ]),
  finds("signals that have not aborted", (e) => [e["tsgi.signal"].aborted, e["tsgi.draining"].aborted], [false, false]),
  finds(
    "strings under every name without a dot",
    (e) => Object.keys(e).filter((k) => !k.includes(".") && typeof e[k] !== "string"),
    [],
  ),
  finds(
    "a body that ends, again and again",
    async (e) => {
      const input = e["tsgi.input"];
      return [
        String(await input.read(2)),
        String(await input.read()),
        (await input.read()).length,
        (await input.read(1)).length,
      ];
    },
    ["ab", "c", 0, 0],
    { method: "POST", body: "abc" },
  ),
  finds("a body in lines", async (e) => (await e["tsgi.input"].readlines()).map(String), ["a\n", "b"], {
    method: "POST",
    body: "a\nb",
  }),
  finds("an empty body where there is none", async (e) => (await e["tsgi.input"].read()).length, 0),
  finds(
    "a body that can be iterated",
    async (e) => {
      let text = "";
      for await (const chunk of e["tsgi.input"]) text += chunk;
      return text;
    },
    "stream",
    { method: "POST", body: "stream" },
  ),
  finds(
    "room for an application's own names",
    (e) => {
      e["mine.key"] = { any: "thing" };
      e.PATH_INFO = "/changed";
      return [e["mine.key"], e.PATH_INFO];
    },
    [{ any: "thing" }, "/changed"],
  ),
];
