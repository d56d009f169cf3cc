import assert from "node:assert/strict";
import { test } from "node:test";
import { ContractError, ResponseBody } from "../../src/gateway/body.ts";
import { mistakenFor } from "../../src/interfaces/mistaken.ts";

/** What calling it as TSGI does to it. */
function errorOf(application: (...call: never[]) => unknown): unknown {
  const startResponse = () => () => {};
  try {
    Reflect.apply(application, undefined, [{ REQUEST_METHOD: "GET" }, startResponse]);
  } catch (error) {
    return error;
  }
  return new ContractError("the application returned undefined (is a return missing?): expected a string");
}

// biome-ignore-start lint/suspicious/noExplicitAny: programs without types.
const cases: readonly (readonly [name: string, application: (...call: any[]) => unknown, asks: string | null])[] = [
  [
    "writeHead",
    (req, res) => {
      res.writeHead(200);
      return req;
    },
    "node",
  ],
  [
    "end",
    (a, b) => {
      b.end("hi");
      return a;
    },
    "node",
  ],
  [
    "setHeader of request and response",
    (request, response) => {
      response.setHeader("a", request.url);
    },
    "node",
  ],
  [
    "a response that nobody ends",
    (req, res) => {
      void [req, res];
    },
    "node",
  ],
  [
    "on() of the request",
    (m, r) => {
      m.on("data", () => {});
      return r;
    },
    "node",
  ],
  [
    "headers of the request",
    (m, r) => {
      r.ok = m.headers.host;
    },
    "node",
  ],
  [
    "Express's json()",
    (_, answer) => {
      answer.json({});
    },
    "node",
  ],
  [
    "a middleware",
    (req, res, next) => {
      next(req, res);
    },
    "node",
  ],
  ["send by its index", (...args) => args[2]({}), "asgi"],
  [
    "Python's environ.get()",
    (environ, startResponse) => {
      startResponse("200 OK", []);
      return environ.get("x");
    },
    null,
  ],
  [
    "scope",
    (scope, receive, send = receive) => {
      send(scope);
    },
    "asgi",
  ],
  [
    "send by a rest",
    (...args) => {
      const [, , send] = args;
      send({});
    },
    "asgi",
  ],
  ["a request", (request) => request.headers.get("a"), "fetch"],
  [
    "a TSGI application with a fault of its own",
    (environ, startResponse) => {
      environ["x"].y = startResponse;
    },
    null,
  ],
  [
    "a TSGI application that forgets to return",
    (environ, startResponse) => {
      startResponse("200 OK", [environ]);
    },
    null,
  ],
  [
    "a TSGI application that misuses a name",
    (environ, startResponse) => {
      startResponse("200 OK", []);
      return environ.app.get("/");
    },
    null,
  ],
];
// biome-ignore-end lint/suspicious/noExplicitAny: as above.

for (const [name, application, asks] of cases) {
  test(`${asks === null ? "no guess is made" : `--interface ${asks} is named`}: ${name}`, () => {
    const says = mistakenFor(application, errorOf(application));
    if (asks === null) assert.equal(says, null);
    else assert.match(says ?? "", new RegExp(`--interface ${asks}\\b`));
  });
}

test("parentheses are named where a function without parameters returned what is no body", () => {
  const error = new ContractError("the application returned an object: expected a string");
  assert.match(mistakenFor(async () => ({}), error) ?? "", /takes no parameters: .*module:create\(\)/);
  assert.equal(
    mistakenFor((_environ: unknown) => ({}), error),
    null,
  );
});

test("--interface fetch is named where a Response was returned, in the gateway's words", () => {
  const error = (() => {
    try {
      return new ResponseBody(new Response("x"), () => {});
    } catch (thrown) {
      return thrown;
    }
  })();
  assert.match(mistakenFor(() => new Response("x"), error) ?? "", /handler of fetch's kind: .*--interface fetch/);
});
