import assert from "node:assert/strict";
import { test } from "node:test";
import { NoReverseMatch } from "../../src/application/exceptions.ts";
import { include, path } from "../../src/application/paths.ts";
import { Resolver } from "../../src/application/resolver.ts";
import { withScriptPrefix } from "../../src/application/script-prefix.ts";
import type { Params, View } from "../../src/application/types.ts";

const view: View = () => assert.fail("not called");

const resolver = new Resolver([
  path("", view, { name: "index" }),
  path("<path:path>", view, { name: "any" }),
  path("articles/", view, { name: "articles" }),
  path("articles/<int:year>/", view, { name: "articles" }),
  path("articles/<int:year>/<slug:slug>/", view, { name: "article", extra: { draft: false } }),
  path("tags/<tag>/", view, { name: "tag" }),
  path("c#/", view, { name: "sharp" }),
  path("users/<uuid:id>/", include([path("", view, { name: "user" })], { namespace: "users" })),
]);

test("a name and parameters give the path", () => {
  const id = "01234567-89ab-cdef-0123-456789abcdef";
  for (const [name, params, expected] of [
    ["index", {}, "/"],
    ["articles", {}, "/articles/"],
    // Of several routes of one name, the one that takes the parameters.
    ["articles", { year: 2024 }, "/articles/2024/"],
    ["article", { year: 2024, slug: "a-b" }, "/articles/2024/a-b/"],
    ["article", { year: 2024, slug: "a-b", draft: false }, "/articles/2024/a-b/"],
    ["users:user", { id }, `/users/${id}/`],
    ["sharp", {}, "/c%23/"],
  ] as const) {
    const made = resolver.reverse(name, params);
    assert.equal(made, expected);
    assert.ok(resolver.matches(decodeURIComponent(made)));
  }
});

test("what is put in is quoted, and leads to no other host", () => {
  assert.equal(
    resolver.reverse("tag", { tag: "a b?c#d%e\u00fc\u{1f600}&=;" }),
    "/tags/a%20b%3Fc%23d%25e%C3%BC%F0%9F%98%80&=;/",
  );
  assert.equal(resolver.reverse("any", { path: "a/b c" }), "/a/b%20c");
  assert.equal(resolver.reverse("any", { path: "/evil.example" }), "/%2Fevil.example");
});

test("what no route takes is refused with its name and what fits", () => {
  const refused = (name: string, params: Params, message: RegExp): void =>
    assert.throws(
      () => resolver.reverse(name, params),
      (error) => error instanceof NoReverseMatch && message.test(error.message),
      String(message),
    );
  refused("artcile", {}, /reverse\("artcile"\): no route has that name; did you mean "article"\?/);
  refused("user", {}, /did you mean "users:user"\?/);
  refused("article", { year: 2024 }, /route "articles\/<int:year>\/<slug:slug>\/" \(article\): <slug:slug> is missing/);
  refused("article", { year: 1.5, slug: "x" }, /<int:year> does not take 1.5: int takes a whole number from 0/);
  refused("article", { year: 1, slug: "a b" }, /<slug:slug> does not take "a b": it matches/);
  refused("article", { year: 1, slug: "a", draft: true }, /has no parameter "draft"; it takes year, slug/);
  refused("index", { page: 2 }, /has no parameter "page"; it takes none/);
  refused("tag", { tag: "a/b" }, /<str:tag> does not take "a\/b"/);
  refused("tag", { tag: "" }, /<str:tag> does not take ""/);
  refused("tag", { tag: "\ud800" }, /<str:tag> is no whole text/);
  refused("tag", Object.create({ tag: "inherited" }), /<str:tag> is missing/);
  assert.throws(() => new Resolver([path("x", view)]).reverse("x"), /no route has a name/);
});

test("the path begins with where the application is mounted", () => {
  assert.equal(
    withScriptPrefix("/shop", () => resolver.reverse("articles")),
    "/shop/articles/",
  );
});

test("a path that a browser would fold is not given", () => {
  for (const [name, params] of [
    ["tag", { tag: ".." }],
    ["tag", { tag: "." }],
    ["any", { path: "a/../../b" }],
    ["any", { path: "a/." }],
  ] as const) {
    assert.throws(() => resolver.reverse(name, params), /"\." or "\.\."/);
  }
  for (const tag of ["...", ".a", "a..b", "%2e%2e"]) {
    const way = resolver.reverse("tag", { tag });
    assert.equal(new URL(way, "http://host").pathname, way);
    assert.equal(resolver.resolve(decodeURIComponent(way))?.params["tag"], tag);
  }
});

test("the prefix is quoted, as the server has it decoded", () => {
  for (const [prefix, quoted] of [
    ["/a b", "/a%20b"],
    ["/a?b#c", "/a%3Fb%23c"],
    ["/50%", "/50%25"],
    ["/é", "/%C3%A9"],
    ["/shop", "/shop"],
  ] as const) {
    assert.equal(new Resolver({ resolver, prefix }).reverse("articles"), `${quoted}/articles/`);
  }
});
