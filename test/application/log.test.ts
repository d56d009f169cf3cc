import assert from "node:assert/strict";
import { test } from "node:test";
import { leaveToServer, logFailure, logRefusal, logResponse, logTrouble } from "../../src/application/log.ts";
import { Request } from "../../src/application/request.ts";
import { Response } from "../../src/application/response.ts";
import { setup } from "../../src/application/settings.ts";
import { environOf } from "../support/call.ts";

function told(path: string): { readonly request: Request; readonly lines: string[] } {
  const lines: string[] = [];
  return { request: new Request(environOf(path, {}, lines), setup({ urls: [] })), lines };
}

test("a 4xx is one line, once, and what went well is none", () => {
  const { request, lines } = told("/missing");
  const response = new Response("", { status: 404 });
  logResponse(request, response);
  logResponse(request, response);
  logResponse(request, new Response("", { status: 302 }));
  assert.deepEqual(lines, ["Not Found: /missing\n"]);
});

test("what a client did wrong is a warning, what the application did an error, and what the server has told of nothing", () => {
  const levels: unknown[] = [];
  const errors = { write: (...args: readonly unknown[]) => void levels.push(args[1]) };
  const request = new Request(environOf("/x", { environ: { "tsgi.errors": errors } }), setup({ urls: [] }));
  logResponse(request, new Response("", { status: 404 }));
  logRefusal(request, new Error("no"), new Response("", { status: 403 }));
  logResponse(request, new Response("", { status: 503 }));
  logFailure(request, new Error("x"), new Response("", { status: 500 }));
  logTrouble(request.environ, "trouble", new Error("x"));
  const told = new Response("", { status: 400 });
  leaveToServer(told);
  logResponse(request, told);
  assert.deepEqual(levels, ["warn", "warn", "error", "error", "error"]);
});

test("the reason behind a 4xx is told to the operator", () => {
  const { request, lines } = told("/x");
  logRefusal(request, new Error("no such host: evil"), new Response("", { status: 400 }));
  logRefusal(request, new Error("Forbidden"), new Response("", { status: 403 }));
  assert.deepEqual(lines, ["Bad Request: /x (no such host: evil)\n", "Forbidden: /x\n"]);
});

test("a 5xx has the stack, and the causes", () => {
  const { request, lines } = told("/x");
  logFailure(request, new Error("outer", { cause: new Error("inner") }), new Response("", { status: 500 }));
  assert.match(
    lines.join(""),
    /^Internal Server Error: \/x\nError: outer\n {4}at .*log\.test\.ts.*\[cause\]: Error: inner\n/s,
  );
});

test("what a client sent begins no line of its own and colours no terminal", () => {
  const { request, lines } = told("/a\nNot Found: /b\u001b[31m\u2028");
  logResponse(request, new Response("", { status: 404 }));
  assert.deepEqual(lines, ["Not Found: /a\\u000aNot Found: /b\\u001b[31m\\u2028\n"]);
  const long = told(`/${"x".repeat(10_000)}`);
  logResponse(long.request, new Response("", { status: 404 }));
  assert.ok(long.lines.join("").length < 1_100);
});

test("a server without a stream for it, and a value that cannot be shown, cost no response", () => {
  const request = new Request(environOf("/x", { environ: { "tsgi.errors": undefined } }), setup({ urls: [] }));
  logTrouble(request.environ, "trouble", new Error("x"));
  const { request: other, lines } = told("/x");
  const odd = new Proxy(new Error("x"), {
    get: () => {
      throw new Error("no");
    },
  });
  logTrouble(other.environ, "trouble", odd);
  assert.match(lines.join(""), /^trouble\n/);
});
