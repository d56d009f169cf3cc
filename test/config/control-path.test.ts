import assert from "node:assert/strict";
import { test } from "node:test";
import { controlPathOf } from "../../src/config/control-path.ts";

test("a named path holds, off is none, and beside is the pid file with another ending, or none without one", () => {
  for (const [control, pid, path] of [
    ["/run/x.sock", "/run/a.pid", "/run/x.sock"],
    ["/run/x.sock", null, "/run/x.sock"],
    ["off", "/run/a.pid", null],
    ["beside", null, null],
    ["beside", "/run/a.pid", "/run/a.ctl"],
    ["beside", "/run/a.pid.pid", "/run/a.pid.ctl"],
    ["beside", "/run/a", "/run/a.ctl"],
    ["beside", "/run/a.pidfile", "/run/a.pidfile.ctl"],
    // The whole name is no ending: `/run/.ctl` would belong to everybody.
    ["beside", "/run/.pid", "/run/.pid.ctl"],
  ] as const) {
    assert.equal(controlPathOf({ control, pid }), path, `${control} ${pid}`);
  }
});
