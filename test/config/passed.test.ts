import assert from "node:assert/strict";
import { test } from "node:test";
import { passedSockets, strayPassed } from "../../src/config/passed.ts";
import { TsgiError } from "../../src/errors.ts";

const PID = 77;

test("sockets count from descriptor 3 and have their names in order", () => {
  const variables = { LISTEN_PID: "77", LISTEN_FDS: "2", LISTEN_FDNAMES: "web:admin.socket" };
  assert.deepEqual(passedSockets(variables, PID), [
    { fd: 3, name: "web" },
    { fd: 4, name: "admin.socket" },
  ]);
});

test("a socket without a name is called unknown, as systemd calls it", () => {
  const unknown = [3, 4].map((fd) => ({ fd, name: "unknown" }));
  for (const names of [undefined, "", "unknown:unknown", ":"]) {
    assert.deepEqual(passedSockets({ LISTEN_PID: "77", LISTEN_FDS: "2", LISTEN_FDNAMES: names }, PID), unknown);
  }
});

test("what is meant for another process, or for nobody, is not ours", () => {
  for (const variables of [
    {},
    { LISTEN_FDS: "1" },
    { LISTEN_FDS: "1", LISTEN_PID: "78" },
    { LISTEN_PID: "77" },
    { LISTEN_PID: "77", LISTEN_FDS: "" },
    { LISTEN_PID: "77", LISTEN_FDS: "0" },
    // Another's nonsense is another's business.
    { LISTEN_FDS: "many", LISTEN_PID: "78" },
  ]) {
    assert.deepEqual(passedSockets(variables, PID), []);
  }
});

test("nonsense that is meant for us is refused, naming it", () => {
  const refused = (LISTEN_FDS: string, LISTEN_FDNAMES: string | undefined, message: RegExp) =>
    assert.throws(
      () => passedSockets({ LISTEN_PID: "77", LISTEN_FDS, LISTEN_FDNAMES }, PID),
      (error) => error instanceof TsgiError && error.code === "usage" && message.test(error.message),
    );
  refused("many", undefined, /^LISTEN_FDS=many: expected a number of sockets$/);
  refused("-1", undefined, /^LISTEN_FDS=-1: /);
  refused("2", "web", /^LISTEN_FDNAMES=web: expected 2 of them/);
});

test("somebody whose sockets went to another process is told which program may stand in between", () => {
  assert.match(
    strayPassed({ LISTEN_FDS: "1", LISTEN_PID: "78" }, PID)!,
    /process 78 \(LISTEN_PID\), and this is 77.*npx/,
  );
  for (const variables of [{}, { LISTEN_FDS: "1", LISTEN_PID: "77" }, { LISTEN_FDS: "0", LISTEN_PID: "1" }]) {
    assert.equal(strayPassed(variables, PID), undefined);
  }
});
