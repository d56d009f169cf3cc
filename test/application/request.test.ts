import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BadSignature,
  DisallowedHost,
  ImproperlyConfigured,
  SignatureExpired,
} from "../../src/application/exceptions.ts";
import { JsonResponse } from "../../src/application/response.ts";
import { Session } from "../../src/application/session.ts";
import { cookieSigner, TimestampSigner } from "../../src/application/signing.ts";
import { requestOf, SECRET, settingsOf } from "../support/application.ts";

test("paths: decoded, whole and quoted again", () => {
  const rows = [
    ["/", "/", "/", "/"],
    ["/a%20b?x=%201", "/a b", "/a b", "/a%20b?x=%201"],
    ["/%C3%A9?q=é", "/é", "/é", "/%C3%A9?q=%C3%A9"],
    ["/a%3Fb%23c%25", "/a?b#c%", "/a?b#c%", "/a%3Fb%23c%25"],
    // Two slashes at the start would be another host for whoever redirects to it.
    ["//evil.example/x", "//evil.example/x", "//evil.example/x", "/%2Fevil.example/x"],
  ] as const;
  for (const [target, pathInfo, path, fullPath] of rows) {
    const request = requestOf({ target });
    assert.deepEqual([request.pathInfo, request.path, request.fullPath], [pathInfo, path, fullPath], target);
  }
});

test("a script name comes before the path, and an empty path below it is a slash", () => {
  const request = requestOf({ target: "/x" });
  request.environ.SCRIPT_NAME = "/shop";
  assert.deepEqual([request.scriptName, request.path, request.fullPath], ["/shop", "/shop/x", "/shop/x"]);
  request.environ.PATH_INFO = "";
  assert.deepEqual([request.pathInfo, request.path], ["/", "/shop/"]);
});

test("the method is in upper case, and what the client said of itself is read when asked for", () => {
  const request = requestOf({
    method: "post",
    headers: { "user-agent": "x", "content-type": 'Text/HTML; Charset="UTF-8"', "content-length": "5" },
  });
  assert.equal(request.method, "POST");
  assert.equal(request.headers.get("User-Agent"), "x");
  assert.equal(request.contentType, "text/html");
  assert.equal(request.contentParams["charset"], "UTF-8");
  assert.equal(request.contentLength, 5);
  assert.deepEqual([request.clientAddress, request.requestId, request.signal.aborted], ["192.0.2.7", "id-1", false]);
  assert.deepEqual([requestOf().contentType, requestOf().contentLength], ["", undefined]);
});

test("the query is read once; names without inheritance; several values in their order", () => {
  const request = requestOf({ target: "/?a=1&a=2&b=%C3%A9&c&%zz=+" });
  assert.deepEqual(request.query.getAll("a"), ["1", "2"]);
  assert.equal(request.query.get("b"), "é");
  assert.equal(request.query.get("c"), "");
  assert.equal(request.query.get("%zz"), " ");
  assert.equal(request.query, request.query);
});

test("an absolute address is made of scheme, host and a location relative to the page", () => {
  const request = requestOf({ target: "/a/b?x=1", headers: { host: "example.com:8000" } });
  const rows = [
    [undefined, "http://example.com:8000/a/b?x=1"],
    ["/c", "http://example.com:8000/c"],
    ["d", "http://example.com:8000/a/d"],
    ["?y=2", "http://example.com:8000/a/b?y=2"],
    ["https://other.example/", "https://other.example/"],
  ] as const;
  for (const [location, expected] of rows) assert.equal(request.buildAbsoluteUri(location), expected);
  assert.equal(request.isSecure, false);
  for (const host of ["a b", "999.999.999.999", "example.com:99999"]) {
    assert.throws(() => requestOf({ headers: { host } }).buildAbsoluteUri(), DisallowedHost, host);
  }
});

test("accepts and preferred follow the Accept field, and everything is taken without one", () => {
  const request = requestOf({ headers: { accept: "text/html;q=0.5, application/json, image/*;q=0" } });
  assert.equal(request.accepts("text/html"), true);
  assert.equal(request.accepts("image/png"), false);
  assert.equal(request.preferred(["text/html", "application/json"]), "application/json");
  assert.equal(request.preferred(["text/plain"]), undefined);
  assert.equal(requestOf().accepts("text/anything"), true);
});

test("a signed cookie comes back; changed, foreign or old it throws; absent it is undefined", () => {
  const settings = settingsOf();
  const signed = cookieSigner(settings, "n").sign("value");
  const ask = (cookie: string, maxAge?: number) =>
    requestOf({ headers: { cookie }, settings }).getSignedCookie("n", maxAge === undefined ? {} : { maxAge });
  assert.equal(ask(`n=${signed}`), "value");
  assert.equal(ask(`n=${encodeURIComponent(signed)}`, 60), "value");
  assert.equal(ask("m=1"), undefined);
  assert.throws(() => ask(`n=x${signed}`), BadSignature);
  assert.throws(() => ask(`n=x${signed}`), /the cookie "n": the signature does not match/);
  // Signed for another name.
  assert.throws(() => ask(`n=${cookieSigner(settings, "m").sign("value")}`), BadSignature);
  const old = new TimestampSigner({ key: SECRET, salt: "tsgi.cookies:n:" }, () => Date.now() - 61_000).sign("value");
  assert.equal(ask(`n=${old}`), "value");
  assert.throws(() => ask(`n=${old}`, 60), SignatureExpired);
  assert.throws(() => ask(`n=${old}`, 60), /the cookie "n": the signature is 61 s old/);
});

test("a signed cookie of a response is one that the request takes", () => {
  const request = requestOf();
  const list = new JsonResponse({})
    .setSignedCookie("n", "héllo; x", { request, salt: "s", httpOnly: true })
    .headerList();
  const line = list.find(([name]) => name === "Set-Cookie")![1];
  assert.match(line, /; HttpOnly/);
  const back = requestOf({ headers: { cookie: line.split(";")[0]! } });
  assert.equal(back.getSignedCookie("n", { salt: "s" }), "héllo; x");
  assert.throws(() => back.getSignedCookie("n"), BadSignature);
});

test("what a middleware brings names that middleware when it is not there", () => {
  const request = requestOf();
  assert.throws(
    () => request.session,
    (e) => e instanceof ImproperlyConfigured && /SessionMiddleware/.test(e.message),
  );
  assert.throws(
    () => request.messages,
    (e) => e instanceof ImproperlyConfigured && /MessagesMiddleware/.test(e.message),
  );
  assert.throws(
    () => request.csrfToken(),
    (e) => e instanceof ImproperlyConfigured && /CsrfMiddleware/.test(e.message),
  );
  assert.throws(() => request.reverse("x"), ImproperlyConfigured);
});

test("a session is made when it is first touched, and once", () => {
  const request = requestOf();
  let made = 0;
  request.sessionProvider = {
    provide: () => {
      made += 1;
      return new Session();
    },
  };
  assert.equal(request.openedSession, undefined);
  request.session.set("a", 1);
  assert.equal(request.session.get("a"), 1);
  assert.equal(request.openedSession, request.session);
  assert.equal(made, 1);
});

test("state has no names but those that were put there", () => {
  const { state } = requestOf();
  assert.equal("toString" in state, false);
});
