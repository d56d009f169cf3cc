import assert from "node:assert/strict";
import { test } from "node:test";
import { registerConverter } from "../../src/application/converters.ts";
import { include, path, type Urls } from "../../src/application/paths.ts";
import { flatten, titleOf } from "../../src/application/route-table.ts";
import type { View } from "../../src/application/types.ts";

const view: View = () => assert.fail("not called");

registerConverter("folder", { pattern: "[a-z/]+", acrossSegments: true });

test("includes are put in their place, with their texts, namespaces and further parameters", () => {
  const inner = include([path("<int:year>/", view, { name: "year", extra: { b: 2 } })], { namespace: "inner" });
  const [route] = flatten([
    path("blog/", include([path("archive/", inner, { extra: { a: 1, b: 1 } })], { namespace: "outer" })),
  ]);
  assert.equal(route?.text, "blog/archive/<int:year>/");
  assert.equal(titleOf(route!), 'route "blog/archive/<int:year>/" (outer:inner:year)');
  assert.deepEqual(route?.extra, { a: 1, b: 2 });
  assert.equal(route?.shape, "/blog/archive/:p/");
  assert.ok(route?.expression.test("/blog/archive/2020/"));
});

test("what the tree is told lets nothing out that the expression would match", () => {
  for (const [text, shape] of [
    ["", "/"],
    ["a/b", "/a/b"],
    ["a//b/", "/a//b/"],
    ["a-<x>-<y>/z", "/:p/z"],
    ["f/<path:p>", "/f/*"],
    ["f/<path:p>/edit/<x>", "/f/*"],
    ["f/v<folder:p>/x", "/f/*"],
    ["c#/100%/what?/a*/a:b/(x)", "/:p/:p/:p/:p/:p/:p"],
    ["<x>/ü;=&", "/:p/ü;=&"],
  ] as const) {
    assert.equal(flatten([path(text as string, view)])[0]?.shape, shape, text);
  }
});

test("a route that can never match is refused, and so is one whose parameters cannot be told apart", () => {
  const under = (route: string, urls: Urls): Urls => [path(route, include(urls))];
  for (const [urls, message] of [
    [
      [path("a/<int:x>/", view, { name: "one" }), path("a/<int:y>/", view)],
      /route "a\/<int:y>\/" can never match: route "a\/<int:x>\/" \(one\) matches the same paths and comes first/,
    ],
    [[...under("a", [path("b/", view)]), ...under("ab/", [path("", view)])], /route "ab\/" can never match/],
    [under("<int:id>/", [path("<int:id>/", view)]), /route "<int:id>\/<int:id>\/" has two parameters named "id"/],
    [[path("<a><b>", view)], /nothing parts <a> from <b>/],
    [under("<a>", [path("<b>", view)]), /nothing parts <a> from <b>/],
  ] as const) {
    assert.throws(() => flatten(urls), message);
  }
});

test("a route that says what it stands under is held to it", () => {
  const edit = (under: string) => path("edit/", view, { under });
  assert.equal(flatten([path("a/<int:id>/", include([edit("<int:id>/")]))]).length, 1);
  assert.equal(flatten([path("<int:id>/", include([path("b/", include([edit("<int:id>/")]))]))]).length, 1);
  for (const [urls, message] of [
    [[edit("<int:id>/")], /route "edit\/" wants <int:id> of what it is under, and is included nowhere/],
    [[path("<str:id>/", include([edit("<int:id>/")]))], /and is included under "<str:id>\/"/],
    [[path("<int:pk>/", include([edit("<int:id>/")]))], /wants <int:id>/],
  ] as const) {
    assert.throws(() => flatten(urls), message);
  }
});

test("only where there are many ways to part a text between parameters is its length bounded", () => {
  const bound = (text: string): number => flatten([path(text, view)])[0]!.maxLength;
  for (const text of ["<a>-<b>", "<path:p>/x/<b>", "<path:p>/<path:q>"]) assert.equal(bound(text), 512, text);
  // The more of them meet, the less: also those of another segment, whose ways are multiplied.
  for (const text of ["<a>-<b>-<c>", "<a>-<b>/<c>-<d>", "<path:p>/<path:q>/<path:r>"])
    assert.equal(bound(text), 232, text);
  assert.equal(bound("<a>-<b>-<c>-<d>"), 84);
  for (const text of ["a/b", "<a>/<b>", "<a>/<path:p>", "<path:p>/edit/"]) assert.equal(bound(text), Infinity, text);
});

test("a text that fits no way to part it costs milliseconds, however many parameters meet", () => {
  for (const text of [
    "<a>-<b>!",
    "<a>-<b>-<c>!",
    "<a>-<b>-<c>-<d>!",
    "<a>-<b>-<c>-<d>-<e>!",
    "<a>-<b>/<c>-<d>/<e>-<f>!",
  ]) {
    const { expression, maxLength } = flatten([path(text, view)])[0]!;
    const parts = text.split("/").length;
    const part = "-".repeat(Math.floor((maxLength - parts) / parts));
    const before = process.cpuUsage();
    assert.equal(expression.test(`/${new Array(parts).fill(part).join("/")}`), false, text);
    assert.ok(process.cpuUsage(before).user < 200_000, text);
  }
});
