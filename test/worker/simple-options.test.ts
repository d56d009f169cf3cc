import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerHandler } from "../../src/gateway/handlers.ts";
import { checkOptions, timerMs } from "../../src/worker/simple-options.ts";

test("what fits is let through, and what is undefined is not given", () => {
  checkOptions({});
  checkOptions({
    log: null,
    errorLog: () => {},
    keepAlive: 0,
    overload: "503",
    forwardedAllow: ["*"],
    backlog: undefined,
  });
  checkOptions({ handlerClass: class extends ServerHandler {}, accessLogFormat: "%(h)s %(s)s", gracefulTimeout: 0.5 });
});

const misfits: readonly (readonly [options: object, said: RegExp])[] = [
  [{ keepalive: 1 }, /makeServer has no option "keepalive": expected handlerClass, .*keepAlive/],
  [{ workers: { min: 1, max: 1 } }, /no option "workers"/],
  [{ keepAlive: "5" }, /option keepAlive: "5": expected a number from 0 on/],
  [{ headTimeout: -1 }, /option headTimeout: -1: expected a number from 0 on/],
  [{ limitBody: Number.NaN }, /option limitBody: NaN: expected a number/],
  [{ overload: "drop" }, /option overload: "drop": expected queue or 503/],
  [{ forwardedHeader: "via" }, /expected x-forwarded or forwarded/],
  [{ forwardedAllow: "*" }, /option forwardedAllow: "\*": expected an array of strings/],
  [{ log: "access.log" }, /option log: "access.log": expected a function/],
  [{ handlerClass: null }, /option handlerClass: null: expected a subclass of ServerHandler/],
  [{ handlerClass: class Other {} }, /option handlerClass: .*: expected a subclass of ServerHandler/s],
  [{ accessLogFormat: 5 }, /option accessLogFormat: 5: expected a string/],
];
for (const [options, said] of misfits) {
  test(`${JSON.stringify(options)} is refused: it is named, and what fits is said`, () => {
    assert.throws(
      () => checkOptions(options),
      (error) => error instanceof TypeError && said.test(error.message),
    );
  });
}

test("a time that no timer can have is the longest one, and what is no time is refused", () => {
  assert.deepEqual([timerMs("x", 0.5), timerMs("x", 1e9), timerMs("x", Infinity)], [500, 2 ** 31 - 1, 2 ** 31 - 1]);
  for (const wrong of [-1, Number.NaN, "5" as unknown as number]) {
    assert.throws(
      () => timerMs("handleRequest: timeout", wrong),
      /^RangeError: handleRequest: timeout .*: expected sec/,
    );
  }
});

test("a template of the access log that cannot be compiled is refused", () => {
  assert.throws(() => checkOptions({ accessLogFormat: "%(nothing)s" }));
});
