import assert from "node:assert/strict";
import { test } from "node:test";
import { DisallowedRedirect } from "../../src/application/exceptions.ts";
import { NotAllowed, NotModified, Redirect, Response } from "../../src/application/response.ts";
import { answer, fieldOf } from "../support/application.ts";

test("redirects by what they promise", () => {
  assert.equal(new Redirect("/x").status, 302);
  assert.equal(new Redirect("/x", { permanent: true }).status, 301);
  assert.equal(new Redirect("/x", { preserve: true }).status, 307);
  assert.equal(new Redirect("/x", { permanent: true, preserve: true }).status, 308);
  assert.equal(new Redirect("/x", { status: 303 }).status, 303);
});

test("an address is quoted where it must be, and stays as it is otherwise", () => {
  const rows = [
    ["/a/b?c=d#e", "/a/b?c=d#e"],
    ["/é x", "/%C3%A9%20x"],
    ["/a%20b", "/a%20b"],
    ["\\\\evil.example", "%5C%5Cevil.example"],
    ["https://example.com/é", "https://example.com/%C3%A9"],
    ["HTTP://example.com/", "HTTP://example.com/"],
    ["page", "page"],
    ["?a=b", "?a=b"],
    ["", ""],
    ["/a:b", "/a:b"],
  ] as const;
  for (const [to, location] of rows) assert.equal(new Redirect(to).url, location, to);
  assert.equal(new Redirect(new URL("https://example.com/x")).headers.get("Location"), "https://example.com/x");
});

test("what is no address at all is refused, and an object of URL is one", () => {
  for (const to of [undefined, null, 404, {}] as never[]) {
    assert.throws(
      () => new Redirect(to),
      (e) => e instanceof TypeError && /^Redirect: .*: expected a path/.test(e.message),
    );
  }
  assert.equal(new Redirect(new URL("http://example.org/a")).url, "http://example.org/a");
});

test("an address with another scheme, or one that hides one, is refused", () => {
  const rows = [
    "javascript:alert(1)",
    "JavaScript:x",
    "data:text/html,x",
    "ftp://x/",
    "mailto:a@b",
    "java\nscript:x",
    " javascript:x",
    "\tjavascript:x",
    "/a\r\nSet-Cookie: b=c",
    "/a\0",
  ];
  for (const to of rows)
    assert.throws(
      () => new Redirect(to),
      (e) => e instanceof DisallowedRedirect && e.status === 400 && e.message.startsWith("Redirect: "),
      to,
    );
});

test("304 has what caches need of the response it stands for, its cookies, and neither body nor type", async () => {
  const whole = new Response("body", {
    headers: { ETag: '"a"', Vary: "Cookie", "X-Other": "1", "Content-Encoding": "gzip" },
  }).setCookie("a", "1");
  const outcome = await answer(() => NotModified.of(whole));
  assert.deepEqual([outcome.status, outcome.body, outcome.end], [304, "", "whole"]);
  assert.deepEqual([...outcome.fields], ["ETag", '"a"', "Vary", "Cookie", "Set-Cookie", "a=1; Path=/"]);
  assert.deepEqual(new NotModified({ headers: { ETag: '"b"' } }).headerList(), [["ETag", '"b"']]);
});

test("405 says what is allowed", async () => {
  const outcome = await answer(() => new NotAllowed(["GET", "HEAD"]));
  assert.deepEqual([outcome.status, fieldOf(outcome, "allow")], [405, "GET, HEAD"]);
});
