import assert from "node:assert/strict";
import { test } from "node:test";
import { registerConverter } from "../../src/application/converters.ts";
import { include, path, type Urls } from "../../src/application/paths.ts";
import { Resolver } from "../../src/application/resolver.ts";
import type { View } from "../../src/application/types.ts";

const named = (name: string): View =>
  Object.defineProperty((() => assert.fail("not called")) as View, "name", { value: name });

registerConverter<Date>("day", {
  pattern: "[0-9]{4}-[0-9]{2}-[0-9]{2}",
  toValue(text) {
    const date = new Date(`${text}T00:00:00Z`);
    if (date.toISOString().slice(0, 10) !== text) throw new RangeError("no such day");
    return date;
  },
});

const URLS: Urls = [
  path("", named("index")),
  path("articles/<int:year>/", named("year"), { name: "year" }),
  path("articles/<slug:slug>/", named("slug")),
  path("articles/<slug:slug>/<slug:page>/", named("page")),
  path("articles/<int:year>/archive/", named("archive")),
  path("articles/new/", named("new")),
  path("c#/<x>", named("sharp")),
  path("100%/", named("percent")),
  path("what?", named("question")),
  path("a*b/(c):d", named("signs")),
  path("files/<path:path>/edit/", named("edit")),
  path("files/<path:path>", named("file")),
  path("ranges/<from>-<to>/", named("range")),
  path("days/<day:day>/", named("day")),
  path("days/<str:text>/", named("text")),
  path("proto/<__proto__>/<constructor>", named("proto")),
  path(
    "blog/",
    include([path("<int:id>/", named("post"), { name: "post", extra: { draft: false } })], { namespace: "blog" }),
  ),
];

const resolver = new Resolver(URLS);

test("a path finds its view and its parameters, converted", () => {
  for (const [at, view, params] of [
    ["/", "index", {}],
    ["/articles/2024/", "year", { year: 2024 }],
    ["/articles/first/", "slug", { slug: "first" }],
    ["/articles/new/", "new", {}],
    ["/articles/2024/archive/", "archive", { year: 2024 }],
    ["/articles/first/archive/", "page", { slug: "first", page: "archive" }],
    // What a converter does not take is asked of the next route.
    ["/articles/99999999999999999999/", "slug", { slug: "99999999999999999999" }],
    ["/days/2024-02-29/", "day", { day: new Date("2024-02-29T00:00:00Z") }],
    ["/days/2024-02-30/", "text", { text: "2024-02-30" }],
    ["/files/a/b c", "file", { path: "a/b c" }],
    ["/files/a/b/edit/", "edit", { path: "a/b" }],
    ["/ranges/1-2-3/", "range", { from: "1-2", to: "3" }],
    ["/blog/3/", "post", { id: 3, draft: false }],
  ] as const) {
    const match = resolver.resolve(at);
    assert.equal(match?.view.name, view, at);
    assert.deepEqual({ ...match?.params }, params, at);
  }
});

test("a path is taken as it is: decoded by the server, and by nobody again", () => {
  for (const [at, view, params] of [
    ["/c#/a%25b", "sharp", { x: "a%25b" }],
    ["/c#/a%2Fb", "sharp", { x: "a%2Fb" }],
    ["/c#/a?b=c", "sharp", { x: "a?b=c" }],
    ["/c#/a;b", "sharp", { x: "a;b" }],
    ["/c#/a#b", "sharp", { x: "a#b" }],
    ["/c#/%", "sharp", { x: "%" }],
    ["/c#/%zz", "sharp", { x: "%zz" }],
    ["/c#/\u00fc \u{1f600}", "sharp", { x: "\u00fc \u{1f600}" }],
    ["/c#/\ufffd", "sharp", { x: "\ufffd" }],
    ["/100%/", "percent", {}],
    ["/what?", "question", {}],
    ["/a*b/(c):d", "signs", {}],
  ] as const) {
    const match = resolver.resolve(at);
    assert.equal(match?.view.name, view, at);
    assert.deepEqual({ ...match?.params }, params, at);
  }
});

test("a path that no route matches has no view", () => {
  for (const at of [
    "/nope",
    "/articles/2024",
    "//articles/2024/",
    "/articles//",
    "/Articles/2024/",
    "/articles/new/?",
    "/articles/new/#",
    "/100_/",
    "/files/",
    "/c#/",
    "/c#/a/b",
    "/blog/x/",
    "*",
    "",
    "articles/new/",
  ]) {
    assert.equal(resolver.resolve(at), undefined, at);
    assert.equal(resolver.matches(at), false, at);
  }
  assert.equal(resolver.matches("/articles/new/"), true);
});

test("parameters have no inherited names, are frozen, and may be called as they like", () => {
  const { params } = resolver.resolve("/proto/x/y")!;
  for (const name of ["toString", "hasOwnProperty", "valueOf"]) assert.equal(name in params, false);
  assert.deepEqual(Object.keys(params), ["__proto__", "constructor"]);
  assert.equal(Object.getOwnPropertyDescriptor(params, "__proto__")?.value, "x");
  assert.equal(params["constructor"], "y");
  assert.ok(Object.isFrozen(params));
  const none = resolver.resolve("/")!.params;
  for (const name of ["toString", "constructor", "__proto__"]) assert.equal(name in none, false);
  assert.ok(Object.isFrozen(none));
});

test("a match says which route it was", () => {
  const match = resolver.resolve("/blog/3/")!;
  assert.equal(match.route, "blog/<int:id>/");
  assert.equal(match.name, "post");
  assert.equal(match.namespace, "blog");
  assert.equal(match.viewName, "blog:post");
  assert.equal(resolver.resolve("/")!.viewName, "index");
});

test("a long path costs no more than its length, whatever it is made of", () => {
  const crowded = new Resolver([path("<a>-<b>-<c>-<d>", named("crowded"))]);
  for (const table of [resolver, crowded]) {
    for (const text of ["-".repeat(8_000), "/".repeat(8_000), "a-".repeat(4_000)]) {
      const before = process.cpuUsage();
      table.resolve(`/${text}!/`);
      table.resolve(`/files/${text}`);
      const { user } = process.cpuUsage(before);
      assert.ok(user < 500_000, `${user} us for ${text.slice(0, 4)}`);
    }
  }
});

test("a hundred routes with parameters in the same place are told apart", () => {
  const many = Array.from({ length: 100 }, (_, i) => path(`p/<int:a>/x${i}/<b>/` as string, named(`v${i}`)));
  const table = new Resolver(many);
  for (const i of [0, 50, 99]) assert.equal(table.resolve(`/p/1/x${i}/y/`)?.view.name, `v${i}`);
  assert.equal(table.resolve("/p/1/x100/y/"), undefined);
});

test("a fixed part with characters that mean something to the router is found also before one that goes over slashes", () => {
  for (const part of ["c#", "what?", "100%", "a*b", "*", "(c)", "x:d"]) {
    const match = new Resolver([path(`${part}/<path:rest>` as string, named("rest"))]).resolve(`/${part}/x/y`);
    assert.deepEqual({ ...match?.params }, { rest: "x/y" }, part);
  }
});
