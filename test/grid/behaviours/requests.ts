// Methods, targets, headers and cookies.

import { get, RawClient } from "../../support/client.ts";
import type { Behaviour, Group } from "../behaviour.ts";
import { call } from "../call.ts";
import type { Peer } from "../peer.ts";
import type { Facts } from "../verdict.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"];

const methods: Behaviour[] = METHODS.map((method) => ({
  id: `method-${method.toLowerCase()}`,
  title: `${method} reaches the application`,
  expected: { status: 200, said: method },
  observe: async ({ port }: Peer) => {
    const { status, text } = await call(port, "/method", { method });
    return { status, said: text };
  },
}));

const head: Behaviour = {
  id: "method-head",
  title: "HEAD has the head of GET and no body",
  expected: { status: 200, length: "1000", body: 0, next: 200 },
  observe: async ({ port }) => {
    const client = await RawClient.connect(port);
    try {
      client.send("HEAD /bytes/1000 HTTP/1.1\r\nHost: example.com\r\n\r\n");
      const { status, fields } = await client.response({ bodyless: true });
      client.send(get("/method"));
      // A body would stand in the way of the next answer.
      const body = client.received.length;
      const next = await client.response();
      return { status, length: fields["content-length"] ?? "none", body, next: next.status };
    } finally {
      client.close();
    }
  },
};

/** A target and what the application should find in it. */
const path = (id: string, title: string, target: string, said: string): Behaviour => ({
  id: `path-${id}`,
  title,
  expected: { status: 200, said },
  observe: async ({ port }) => pathFacts(await call(port, target)),
});

const pathFacts = ({ status, text }: { status: number; text: string }): Facts =>
  status === 200 ? { status, said: text } : { status, said: "" };

const raw = (id: string, title: string, request: string, expected: Facts): Behaviour => ({
  id,
  title,
  expected,
  observe: async ({ port }) => {
    const client = await RawClient.connect(port);
    try {
      client.send(request);
      const { status, body } = await client.response();
      return pathFacts({ status, text: Buffer.from(body, "latin1").toString("utf8") });
    } finally {
      client.close();
    }
  },
});

const LONG = "x".repeat(4_000);

const paths: Behaviour[] = [
  path("plain", "a plain path", "/path/plain", "plain"),
  path("encoded", "`%20` is decoded once", "/path/a%20b%2520c", "a b%20c"),
  path("slash", "`%2F` in a parameter", "/path/a%2Fb", "a/b"),
  path("double", "two slashes stay two", "/path/a//b", "a//b"),
  path("dot", "`.` as a segment stays", "/path/a/./b", "a/./b"),
  path("dots", "`..` as a segment stays", "/path/a/../b", "a/../b"),
  path("encoded-dots", "`%2e%2e` as a segment stays", "/path/a/%2e%2e/b", "a/../b"),
  path("unicode", "UTF-8, percent-encoded", "/path/caf%C3%A9%E2%82%AC", "caf\u00e9\u20ac"),
  path("plus", "`+` in a path is a plus", "/path/a+b", "a+b"),
  path("marks", "`;`, `=`, `@`, `:`, `,` in a path", "/path/a;b=c@d:e,f", "a;b=c@d:e,f"),
  path("slash-end", "a slash at the end stays", "/path/a/", "a/"),
  path("long", "4,000 characters", `/path/${LONG}`, LONG),
  path("query-empty", "`?` without a query", "/path/a?", "a"),
  {
    id: "path-malformed",
    title: "`%zz` does no harm: 400, or taken as it is",
    expected: { fine: true, next: 200 },
    observe: async ({ port }) => {
      const { status, text } = await call(port, "/path/%zz");
      const fine = status === 400 || (status === 200 && text === "%zz");
      return { fine: fine ? true : `${status}`, next: (await call(port, "/method")).status };
    },
  },
  raw(
    "path-absolute",
    "a target with scheme and host",
    "GET http://example.com/path/a HTTP/1.1\r\nHost: example.com\r\n\r\n",
    {
      status: 200,
      said: "a",
    },
  ),
  raw("path-http10", "HTTP/1.0 without Host", "GET /path/a HTTP/1.0\r\n\r\n", { status: 200, said: "a" }),
];

const query = (
  id: string,
  title: string,
  text: string,
  said: Readonly<Record<string, readonly string[]>>,
): Behaviour => ({
  id: `query-${id}`,
  title,
  expected: { status: 200, said: JSON.stringify(said) },
  observe: async ({ port }) => {
    const { status, text: body } = await call(port, `/query${text}`);
    if (status !== 200) return { status, said: "" };
    // One value or a list of one: frameworks differ in it, and no server does.
    const found = Object.entries(JSON.parse(body) as Record<string, unknown>).map(([name, value]) => [
      name,
      [value].flat(),
    ]);
    return { status, said: JSON.stringify(Object.fromEntries(found)) };
  },
});

const queries: Behaviour[] = [
  query("none", "no query", "", {}),
  query("twice", "a name that comes twice", "?a=1&a=2", { a: ["1", "2"] }),
  query("blank", "`%20` and `+` are blanks", "?a=%20b+c", { a: [" b c"] }),
  query("empty", "an empty value", "?a=&b=1", { a: [""], b: ["1"] }),
  query("unicode", "UTF-8, percent-encoded", "?a=%E2%82%AC", { a: ["\u20ac"] }),
  query("long", "4,000 characters", `?a=${LONG}`, { a: [LONG] }),
];

const headersOf = async (port: number, headers: Readonly<Record<string, string | readonly string[]>>) => {
  const { status, text } = await call(port, "/headers", { headers });
  return { status, found: JSON.parse(status === 200 ? text : "{}") as Record<string, string> };
};

const fieldsIn: Behaviour[] = [
  {
    id: "headers-in",
    title: "request headers: case, empty, latin-1, twice",
    expected: { case: "kept", empty: "", latin: "caf\u00e9", twice: "a, b" },
    observe: async ({ port }) => {
      const asked = { "X-CaSe": "kept", "X-Empty": "", "X-Latin": "caf\u00e9", "X-Twice": ["a", "b"] };
      const { found } = await headersOf(port, asked);
      const twice = found["x-twice"]?.replace(/,\s*/, ", ") ?? "none";
      return {
        ...{ case: found["x-case"] ?? "none", empty: found["x-empty"] ?? "none" },
        ...{ latin: found["x-latin"] ?? "none", twice },
      };
    },
  },
  {
    id: "headers-many",
    title: "80 request headers",
    expected: { count: 80, last: "79" },
    observe: async ({ port }) => {
      const names = Array.from({ length: 80 }, (_, i) => `X-Many-${i}`);
      const { found } = await headersOf(port, Object.fromEntries(names.map((name, i) => [name, String(i)])));
      const count = Object.keys(found).filter((name) => name.startsWith("x-many-")).length;
      return { count, last: found["x-many-79"] ?? "none" };
    },
  },
  {
    id: "headers-out",
    title: "response headers: empty, latin-1, case",
    expected: { plain: "plain", empty: "", latin: "caf\u00e9", case: true },
    observe: async ({ port }) => {
      const { fields, names } = await call(port, "/set-headers");
      const latin = fields["x-latin"] ?? "none";
      return {
        ...{ plain: fields["x-plain"] ?? "none", empty: fields["x-empty"] ?? "none" },
        ...{ latin, case: names.includes("X-CaSe") },
      };
    },
  },
  {
    id: "headers-date",
    title: "a Date, and one only",
    expected: { count: 1 },
    observe: async ({ port }) => {
      const { names } = await call(port, "/method");
      return { count: names.filter((name) => name.toLowerCase() === "date").length };
    },
  },
  {
    id: "cookies-out",
    title: "two cookies are two fields",
    expected: { count: 2, one: "one=1", two: "two=a%20b" },
    observe: async ({ port }) => {
      const { cookies } = await call(port, "/cookies", { headers: { Cookie: "one=1; two=a%20b" } });
      const pairOf = (i: number) => cookies[i]?.split(";")[0] ?? "none";
      return { count: cookies.length, one: pairOf(0), two: pairOf(1) };
    },
  },
  {
    id: "cookies-in",
    title: "cookies of the client, in one field and in two",
    expected: { one: "1", two: "a b", apart: "a b" },
    observe: async ({ port }) => {
      const found = async (cookie: string | readonly string[]) => {
        const { status, text } = await call(port, "/cookies", { headers: { Cookie: cookie } });
        return (status === 200 ? JSON.parse(text) : {}) as { one?: string; two?: string };
      };
      const together = await found("one=1; two=a%20b");
      const client = await RawClient.connect(port);
      client.send(get("/cookies", "Cookie: one=1\r\nCookie: two=a%20b\r\n"));
      const { body, status } = await client.response();
      client.close();
      const apart = (status === 200 ? JSON.parse(body) : {}) as { two?: string };
      return { one: together.one ?? "none", two: together.two ?? "none", apart: apart.two ?? "none" };
    },
  },
];

export const REQUESTS: readonly Group[] = [
  { title: "Methods", behaviours: [...methods, head] },
  { title: "Paths", behaviours: paths },
  { title: "Queries", behaviours: queries },
  { title: "Headers and cookies", behaviours: fieldsIn },
];
