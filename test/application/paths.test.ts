import assert from "node:assert/strict";
import { test } from "node:test";
import { ImproperlyConfigured } from "../../src/application/exceptions.ts";
import { checkUrls, include, path, Route } from "../../src/application/paths.ts";
import type { View } from "../../src/application/types.ts";

const view: View = () => assert.fail("not called");

test("the text of a route is cut into what stands fixed and its parameters", () => {
  const route = path("articles/<int:year>/<title>/", view, { name: "article", extra: { draft: false } });
  assert.deepEqual(
    route.pieces.map((piece) => (typeof piece === "string" ? piece : `${piece.kind}:${piece.name}`)),
    ["articles/", "int:year", "/", "str:title", "/"],
  );
  assert.equal(route.name, "article");
  assert.deepEqual(route.extra, { draft: false });
  assert.ok(Object.isFrozen(route) && Object.isFrozen(route.pieces) && Object.isFrozen(route.extra));
});

test("each wrong route is refused where it is written, with what is wrong and what fits", () => {
  class Page {}
  for (const [make, message] of [
    [() => path("/articles/", view), /"\/articles\/" begins with a slash/],
    [() => path("a/:id/", view), /a parameter is written <id>, not :id/],
    [() => path(":id", view), /written <id>, not :id/],
    [() => path("x", view, "home" as never), /after its view comes an object, \{ name: "home" \}, not "home"/],
    [() => path("x", view, null as never), /comes an object, .*, not null/],
    [() => path(1 as never, view), /path\(\) takes the text of a route first, not a number/],
    [() => path("<int:>", view), /<int:> is no parameter; write <name> or <kind:name>/],
    [() => path("<a b>", view), /<a b> is no parameter/],
    [() => path("a<b", view), /a < or > stands alone/],
    [() => path("a>b/<c>", view), /a < or > stands alone/],
    [() => path("<a>/<a>", view), /two parameters named "a"/],
    [() => path("<nit:a>", view), /there is no converter "nit".*Did you mean "int"/],
    [() => path("x", undefined as never), /route "x": its view is undefined; it takes a function/],
    [() => path("x", "view" as never), /its view is a string/],
    [() => path("x", Page as never), /its view Page is a class/],
    [() => path("x", { get: view } as never), /there is no method "get".*write GET/],
    [() => path("x", {} as never), /need one method at least/],
    [() => path("x", view, { name: "a:b" }), /a text without a colon/],
    [() => path("x", view, { nmae: "a" } as never), /there is no option "nmae", only name, extra and under/],
    [() => path("x/", include([]), { name: "x" }), /includes others and has no name/],
    [() => path("x", [path("", view)] as never), /its view is a list/],
    [() => include("urls" as never), /include\(\) takes a list of routes, \[path\(...\), ...\], not a string/],
    [() => include([view] as never), /entry 0 must be made by path\(\), and is a function/],
    [() => include([], { namespace: "a:b" }), /a namespace is a text without a colon/],
    [() => checkUrls([new Map()], "settings.urls"), /is an object of Map/],
  ] as const) {
    assert.throws(
      make,
      (error) => error instanceof ImproperlyConfigured && message.test(error.message),
      String(message),
    );
  }
});

test("a colon within a segment is a character as any other", () => {
  for (const route of ["a:b", "a/12:30/", "b:", ":", ":1"]) assert.deepEqual(path(route, view).pieces, [route]);
});

test("views by method become one view", () => {
  const { target } = path("x", { GET: view, POST: view });
  assert.equal((target as View).name, "methods(GET, POST)");
});

test("routes are kept as they were when they were checked", () => {
  const urls = [path("", view)];
  const checked = checkUrls(urls, "settings.urls");
  urls.push(path("x", view));
  assert.equal(checked.length, 1);
  assert.ok(checked[0] instanceof Route && Object.isFrozen(checked));
});
