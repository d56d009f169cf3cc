import assert from "node:assert/strict";
import { test } from "node:test";
import { mount } from "../../src/gateway/mount.ts";
import type { Application, Environ } from "../../src/gateway/types.ts";
import { validator } from "../../src/gateway/validate.ts";
import { drive, start } from "../support/exchange.ts";

/** Says who it is and what it was given. */
const named =
  (name: string): Application =>
  ({ SCRIPT_NAME, PATH_INFO }, startResponse) => {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return [`${name} ${JSON.stringify(SCRIPT_NAME)} ${JSON.stringify(PATH_INFO)}`];
  };

const site = mount(
  { "/shop": named("shop"), "/shop/admin": named("admin"), "/été": named("summer") },
  named("fallback"),
);

for (const [target, expected] of [
  ["/shop", 'shop "/shop" ""'],
  ["/shop/", 'shop "/shop" "/"'],
  ["/shop/cart/5/", 'shop "/shop" "/cart/5/"'],
  ["/shop//cart", 'shop "/shop" "/cart"'],
  ["/shop/../admin", 'shop "/shop" "/../admin"'],
  ["/shop/admin", 'admin "/shop/admin" ""'],
  ["/shop/admin/", 'admin "/shop/admin" "/"'],
  ["/shop/administration", 'shop "/shop" "/administration"'],
  ["/%C3%A9t%C3%A9/x", 'summer "/été" "/x"'],
  ["/shopping", 'fallback "" "/shopping"'],
  ["/Shop", 'fallback "" "/Shop"'],
  ["//shop", 'fallback "" "//shop"'],
  ["/", 'fallback "" "/"'],
] as const) {
  test(`${target} is answered by ${expected}`, async () => {
    assert.equal((await drive(site, { target })).body, Buffer.from(expected).toString("latin1"));
  });
}

test("a mount in a mount goes further down, and each prefix is added to the script name", async () => {
  const outer = mount({ "/a": mount({ "/b": named("inner") }) });
  assert.equal((await drive(outer, { target: "/a/b/c" })).body, 'inner "/a/b" "/c"');
  assert.equal((await drive(outer, { target: "/a/c" })).status, 404);
});

test("what fits nowhere is a 404 as plain text", async () => {
  const { status, body } = await drive(mount({ "/shop": named("shop") }), { target: "/other" });
  assert.deepEqual([status, body], [404, "404 Not Found\n"]);
});

test("whoever is outside finds the path as it was, also while the body is made; the rest of the environ is handed on", async () => {
  const seen: string[] = [];
  const inner: Application = async function* (environ, startResponse) {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    yield String(await environ["tsgi.input"].read());
    seen.push(environ.PATH_INFO);
  };
  const application = mount({ "/x": inner });
  const outer: Application = (environ, startResponse) => {
    const body = application(environ, startResponse);
    seen.push(environ.PATH_INFO, environ.SCRIPT_NAME);
    return body;
  };
  const { body } = await drive(validator(outer), { method: "POST", target: "/x/y", body: ["sent"] });
  assert.deepEqual([body, seen], ["sent", ["/x/y", "", "/y"]]);
});

test("the signal is the request's own, and may be replaced", async () => {
  let inner: Environ | undefined;
  const { outcome } = start(
    mount({
      "/x": (environ) => {
        inner = environ;
        return new Promise(() => {});
      },
    }),
    { target: "/x" },
  );
  const { signal } = new AbortController();
  assert.equal(inner!["tsgi.signal"].aborted, false);
  const given = inner!["tsgi.signal"];
  inner!["tsgi.signal"] = signal;
  assert.equal(inner!["tsgi.signal"], signal);
  outcome.exchange.abort(new Error("gone"));
  assert.equal(given.aborted, true);
});

test("a prefix that could never fit, and what is no application, are refused at once", () => {
  for (const prefix of ["", "/", "shop", "/shop/", "/a//b", "/a/../b", "/.", "/a/."]) {
    assert.throws(
      () => mount({ [prefix]: named("x") }),
      /^TypeError: mount: prefix ".*": expected a path such as "\/shop"/,
      prefix,
    );
  }
  assert.doesNotThrow(() => mount({ "/.well-known": named("x"), "/...": named("y") }));
  assert.throws(
    () => mount({ "/x": 5 as unknown as Application }),
    /^TypeError: mount: 5 at \/x: expected an application/,
  );
  assert.throws(() => mount({ "/": named("x") }), /what fits nowhere else is the fallback's, the second argument$/);
  for (const none of [null, [named("x")], named("x")]) {
    assert.throws(() => mount(none as never), /^TypeError: mount: .*: expected an object, each prefix with its app/s);
  }
  assert.throws(() => mount({}, 5 as unknown as Application), /^TypeError: mount: the fallback is 5/);
});
