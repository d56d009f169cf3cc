import assert from "node:assert/strict";
import { STATUS_CODES } from "node:http";
import { test } from "node:test";
import * as exceptions from "../../src/application/exceptions.ts";
import { getApplication } from "../../src/application/get-application.ts";
import { path } from "../../src/application/paths.ts";
import { Response, TemplateResponse } from "../../src/application/response.ts";
import type { SettingsInput } from "../../src/application/settings.ts";
import { gotRequestException } from "../../src/application/signals.ts";
import { type CallOptions, call } from "../support/call.ts";

const SECRET = "the connection string is postgres://u:p@db";

/** What a client gets of a view that throws. */
function thrown(error: unknown, settings: Partial<SettingsInput> = {}, options: CallOptions = {}) {
  const view = (): never => {
    throw error;
  };
  return call(getApplication({ urls: [path("x", view)], ...settings }), "/x", options);
}

test("each exception has its status, its line in the log, and a small page that says nothing of it", async () => {
  for (const [error, status, reason] of [
    [new exceptions.NotFound(SECRET), 404, "Not Found"],
    [new exceptions.PermissionDenied(SECRET), 403, "Forbidden"],
    [new exceptions.BadRequest(SECRET), 400, "Bad Request"],
    [new exceptions.SuspiciousOperation(SECRET), 400, "Bad Request"],
    [new exceptions.DisallowedRedirect(SECRET), 400, "Bad Request"],
    [new exceptions.BadSignature(SECRET), 400, "Bad Request"],
    [new exceptions.SignatureExpired(SECRET), 400, "Bad Request"],
    [new exceptions.RequestDataTooBig(SECRET), 413, STATUS_CODES[413]!],
    [new exceptions.UnsupportedMediaType(SECRET), 415, "Unsupported Media Type"],
    [new exceptions.HttpError(409, SECRET), 409, "Conflict"],
    [new exceptions.HttpError(503, SECRET), 503, "Service Unavailable"],
    [new Error(SECRET), 500, "Internal Server Error"],
    [{ status: 404, message: SECRET }, 500, "Internal Server Error"],
    [Object.assign(new Error(SECRET), { status: 404 }), 500, "Internal Server Error"],
    [undefined, 500, "Internal Server Error"],
    ["text", 500, "Internal Server Error"],
    // What a subclass made of the status.
    [Object.assign(new exceptions.NotFound(SECRET), { status: 200 }), 500, "Internal Server Error"],
  ] as const) {
    const answer = await thrown(error);
    assert.equal(answer.status, status);
    assert.equal(answer.reason, reason);
    assert.ok(answer.text.includes(`<h1>${reason}</h1>`), answer.text);
    assert.ok(!answer.text.includes("postgres") && !answer.text.includes(" at "), answer.text);
    assert.ok(answer.errors.startsWith(`${reason}: /x`), answer.errors);
    if (status < 500) assert.equal(answer.errors.split("\n").length, 2, answer.errors);
    if (error instanceof Error && status >= 500) assert.match(answer.errors, / {4}at /);
  }
});

test("a path without a route is a 404 of one line", async () => {
  const answer = await call(getApplication({ urls: [] }), "/nowhere");
  assert.equal(answer.status, 404);
  assert.equal(answer.errors, "Not Found: /nowhere\n");
});

test("the page is of the type that the client likes best", async () => {
  for (const [accept, type, text] of [
    ["text/html", "text/html; charset=utf-8", /^<!doctype html>/],
    ["*/*", "text/html; charset=utf-8", /^<!doctype html>/],
    ["application/json", "application/json", /^\{"status":404,"error":"Not Found"\}$/],
    ["text/plain;q=0.9, text/html;q=0.1", "text/plain; charset=utf-8", /^404 Not Found\n$/],
    ["image/png", "text/html; charset=utf-8", /^<!doctype html>/],
    ["\u0000;;;q=x", "text/html; charset=utf-8", /^<!doctype html>/],
  ] as const) {
    const answer = await thrown(new exceptions.NotFound(), {}, { headers: { Accept: accept } });
    assert.equal(answer.header("Content-Type"), type, accept);
    assert.match(answer.text, text, accept);
  }
});

test("a handler of the settings answers in the place of the page, also later or with a template", async () => {
  const error = new exceptions.PermissionDenied("why");
  for (const handler of [
    (_request: unknown, given: unknown) => new Response(`own ${(given as Error).message}`, { status: 403 }),
    async () => new Response("own why", { status: 403 }),
    () => new TemplateResponse(() => "own why", undefined, { status: 403 }),
    async () => new TemplateResponse(async () => "own why", undefined, { status: 403 }),
  ]) {
    const answer = await thrown(error, { handlers: { 403: handler } });
    assert.equal(answer.status, 403);
    assert.equal(answer.text, "own why");
  }
  const other = await thrown(error, { handlers: { 404: () => assert.fail("not called") } });
  assert.match(other.text, /<h1>Forbidden/);
});

test("a handler that fails itself is survived, and both failures are in the log", async () => {
  for (const handler of [
    () => {
      throw new Error("handler broke");
    },
    async () => {
      throw new Error("handler broke");
    },
    () => "text" as never,
    () =>
      new TemplateResponse(() => {
        throw new Error("handler broke");
      }, undefined),
    () => new TemplateResponse(() => Promise.reject(new Error("handler broke")), undefined),
  ]) {
    const answer = await thrown(new Error("view broke"), { handlers: { 500: handler } });
    assert.equal(answer.status, 500);
    assert.match(answer.text, /<h1>Internal Server Error/);
    assert.match(answer.errors, /settings\.handlers\.500 failed\n.*(handler broke|gave back the text)/s);
    assert.match(answer.errors, /view broke/);
  }
});

test("what nobody expected is told to those who want to know, and a receiver that fails costs nothing", async (t) => {
  const told: unknown[] = [];
  t.after(gotRequestException.connect(({ request, error }) => told.push(request.path, error)));
  t.after(
    gotRequestException.connect(() => {
      throw new Error("receiver broke");
    }),
  );
  const error = new Error("view broke");
  const answer = await thrown(error);
  assert.deepEqual(told, ["/x", error]);
  assert.match(answer.errors, /a receiver of gotRequestException failed\n.*receiver broke/s);
  await thrown(new exceptions.NotFound());
  await thrown(new exceptions.HttpError(503));
  assert.equal(told.length, 2);
});

test("what failed on the client's side goes on to the server, but for a body that is too large or malformed", async () => {
  const ofServer = (status: number) => Object.assign(new Error("x"), { name: "RequestError", status });
  for (const status of [499, 408]) {
    const error = ofServer(status);
    await assert.rejects(async () => thrown(error), error);
    await assert.rejects(async () => thrown(error, { handlers: { 500: () => assert.fail("asked") } }), error);
  }
  assert.equal((await thrown(ofServer(413))).status, 413);
  assert.equal((await thrown(ofServer(400))).status, 400);
});

test("how an application ends that was told to is no error of its own", async () => {
  const reason = new Error("the server leaves");
  const controller = new AbortController();
  controller.abort(reason);
  const options = { environ: { "tsgi.signal": controller.signal } };
  const abort = Object.assign(new Error("aborted"), { name: "AbortError" });
  for (const error of [reason, abort]) await assert.rejects(async () => thrown(error, {}, options), error);
  // Nobody told it to.
  assert.equal((await thrown(abort)).status, 500);
  assert.equal((await thrown(new Error("own"), {}, options)).status, 500);
});

test("a request that cannot even be asked what it takes has the page all the same, also in development", async () => {
  class Odd extends Error {
    override get stack(): string {
      throw new Error("no stack");
    }
  }
  for (const debug of [false, true]) {
    const options = { environ: { HTTP_ACCEPT: 1 } };
    const answer = await thrown(new Odd("x"), { debug }, options);
    assert.equal(answer.status, 500);
    assert.match(answer.text, /<h1>/);
    assert.equal((await call(getApplication({ urls: [], debug }), "/", options)).status, 404);
  }
});
