import assert from "node:assert/strict";
import { test } from "node:test";
import { TsgiError } from "../../src/errors.ts";
import { moduleOf, parseTarget } from "../../src/modules/target.ts";

const callable = (isFactory: boolean, ...path: [string, ...string[]]) => ({ path, isFactory });

test("the colon divides a module from a name with dots, and a factory ends in brackets", () => {
  assert.deepEqual(parseTarget("app"), { module: "app", callable: null });
  assert.deepEqual(parseTarget("app:application"), { module: "app", callable: callable(false, "application") });
  assert.deepEqual(parseTarget("./src/app.ts:site.app"), {
    module: "./src/app.ts",
    callable: callable(false, "site", "app"),
  });
  assert.deepEqual(parseTarget("@scope/name/sub:create()"), {
    module: "@scope/name/sub",
    callable: callable(true, "create"),
  });
  assert.deepEqual(parseTarget("app:site.create( )"), { module: "app", callable: callable(true, "site", "create") });
  assert.deepEqual(parseTarget("app:$größe_1"), { module: "app", callable: callable(false, "$größe_1") });
});

test("a colon with a piece of a path behind it belongs to the path", () => {
  assert.deepEqual(parseTarget("file:///site/app.js"), { module: "file:///site/app.js", callable: null });
  assert.deepEqual(parseTarget("file:///site/app.js:app"), {
    module: "file:///site/app.js",
    callable: callable(false, "app"),
  });
  assert.deepEqual(parseTarget("C:\\site\\app.js"), { module: "C:\\site\\app.js", callable: null });
  assert.deepEqual(parseTarget("C:/site/app.js:create()"), {
    module: "C:/site/app.js",
    callable: callable(true, "create"),
  });
  assert.deepEqual(parseTarget("./a:b/app.js"), { module: "./a:b/app.js", callable: null });
  assert.deepEqual(parseTarget("./site (copy)/app"), { module: "./site (copy)/app", callable: null });
  assert.deepEqual(parseTarget("./site (copy)/app:make()"), {
    module: "./site (copy)/app",
    callable: callable(true, "make"),
  });
});

test("each wrong target is a usage error that shows it and says what is wrong", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["", /no application named/],
    ["  ", /no application named/],
    [":app", /":app" names no module/],
    ["app:", /"app:" names nothing behind the colon/],
    ["app:1x", /"1x" in "app:1x" is no name with dots/],
    ["app:a..b", /"a..b"/],
    ["app:a-b", /"a-b"/],
    ["app:()", /"\(\)"/],
    ["app:create().app", /"create\(\).app"/],
    ["app:create(", /"create\("/],
    ["app:create(1)", /called without arguments.*calls create\(1\)/],
    ['app:create("a:b/c")', /called without arguments/],
    ["app:create({ a: 1 })", /called without arguments/],
  ];
  for (const [target, message] of wrong) {
    assert.throws(
      () => parseTarget(target),
      (error) => error instanceof TsgiError && error.code === "usage" && message.test(error.message),
      target,
    );
  }
});

test("the name of a module leads to it: of a URL its path, and nothing for what is no target", () => {
  assert.equal(moduleOf("./app.ts:application"), "./app.ts");
  assert.equal(moduleOf("file:///srv/my%20app/app.ts:application"), "/srv/my app/app.ts");
  for (const none of ["", ":application", "app:1x", "file://elsewhere/app.ts:application"]) {
    assert.equal(moduleOf(none), null, none);
  }
});
