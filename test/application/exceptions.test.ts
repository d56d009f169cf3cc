import assert from "node:assert/strict";
import { test } from "node:test";
import * as exceptions from "../../src/application/exceptions.ts";

test("each exception has its status, its name and the name it may be caught by", () => {
  const { HttpError, SuspiciousOperation, NotFound, BadSignature } = exceptions;
  for (const [made, status, name, base] of [
    [new exceptions.BadRequest(), 400, "BadRequest", HttpError],
    [new exceptions.PermissionDenied(), 403, "PermissionDenied", HttpError],
    [new NotFound(), 404, "NotFound", HttpError],
    [new exceptions.Resolver404("/x"), 404, "Resolver404", NotFound],
    [new exceptions.RequestDataTooBig(), 413, "RequestDataTooBig", HttpError],
    [new exceptions.UnsupportedMediaType(), 415, "UnsupportedMediaType", HttpError],
    [new SuspiciousOperation(), 400, "SuspiciousOperation", HttpError],
    [new exceptions.DisallowedHost(), 400, "DisallowedHost", SuspiciousOperation],
    [new exceptions.SuspiciousFileOperation(), 400, "SuspiciousFileOperation", SuspiciousOperation],
    [new exceptions.TooManyFields(), 400, "TooManyFields", SuspiciousOperation],
    [new exceptions.DisallowedRedirect(), 400, "DisallowedRedirect", SuspiciousOperation],
    [new BadSignature(), 400, "BadSignature", SuspiciousOperation],
    [new exceptions.SignatureExpired(), 400, "SignatureExpired", BadSignature],
    [new exceptions.TooManyFiles(), 400, "TooManyFiles", SuspiciousOperation],
  ] as const) {
    assert.equal(made.status, status);
    assert.equal(made.name, name);
    assert.ok(made instanceof base, name);
  }
});

test("an HttpError takes the statuses of errors and no other", () => {
  assert.equal(new exceptions.HttpError(503, "later").status, 503);
  for (const status of [200, 399, 600, 404.5, Number.NaN]) {
    assert.throws(() => new exceptions.HttpError(status), /a whole number from 400 to 599/);
  }
});
