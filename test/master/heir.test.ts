import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { PassThrough } from "node:stream";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Fact } from "../../src/master/facts.ts";
import { HANDOVER_VARIABLE, type Handover } from "../../src/master/handover.ts";
import {
  describeEnd,
  Heir,
  heirEnv,
  logicalFolder,
  type Origin,
  originOf,
  throughLink,
} from "../../src/master/heir.ts";
import { tempFolder } from "../support/temp-folder.ts";

const PROGRAM = fileURLToPath(new URL("../programs/master/heir.js", import.meta.url));

/** An heir whose facts can be waited for one by one. */
function heirOf(t: TestContext, change: Partial<Origin> = {}) {
  const facts = new PassThrough({ objectMode: true });
  const heir = new Heir(
    {
      execPath: process.execPath,
      execArgv: ["--import", import.meta.resolve("tsx")],
      argv: [PROGRAM],
      cwd: process.cwd(),
      env: process.env,
      umask: null,
      passed: [{ fd: 3, name: "web" }],
      ...change,
    },
    (fact) => void facts.write(fact),
  );
  t.after(() => heir.signal("SIGKILL"));
  const stream = facts[Symbol.asyncIterator]();
  return { heir, next: async () => (await stream.next()).value as Fact };
}

const NOTHING = { sockets: [], pidfile: null };

test("a new master comes back as facts: its process, and its end in words", async (t) => {
  const { heir, next } = heirOf(t);
  heir.start(NOTHING);
  const forked = await next();
  assert.ok(forked.fact === "heir-forked" && forked.pid > 0);
  heir.signal("SIGKILL");
  assert.deepEqual(await next(), { fact: "heir-gone", how: "was killed by SIGKILL" });
  // Gone already.
  heir.signal("SIGTERM");
});

test("its news come back as facts, and its exit with the meaning of the code", async (t) => {
  const { heir, next } = heirOf(t, { argv: [PROGRAM, "serving", "leaving"] });
  heir.start(NOTHING);
  assert.equal((await next()).fact, "heir-forked");
  assert.deepEqual([await next(), await next()], [{ fact: "heir-ready" }, { fact: "heir-leaving" }]);
  heir.signal("SIGTERM");
  assert.deepEqual(await next(), { fact: "heir-gone", how: "was killed by SIGTERM" });
});

test("one that cannot be started comes back as gone, whether the program, the folder or an argument is wrong", async (t) => {
  for (const change of [{ execPath: "/no/such/node" }, { cwd: "/no/such/folder" }, { argv: ["a\0b"] }]) {
    const { heir, next } = heirOf(t, change);
    heir.start(NOTHING);
    const gone = await next();
    assert.ok(gone.fact === "heir-gone");
    assert.match(gone.how, /^could not be started \(.*(ENOENT|null bytes).*\)$/s);
  }
});

test("the environment is that of the start, with what is handed over; a watchdog that was set on us is set on the heir", () => {
  const handover: Handover = { ...NOTHING, parent: 77, passed: [] };
  const env = { A: "b", [HANDOVER_VARIABLE]: "old", LISTEN_FDS: "1" };
  assert.deepEqual(heirEnv(env, handover), { A: "b", LISTEN_FDS: "1", [HANDOVER_VARIABLE]: JSON.stringify(handover) });
  assert.equal(heirEnv({ WATCHDOG_PID: "77" }, handover)["WATCHDOG_PID"], undefined);
  assert.equal(heirEnv({ WATCHDOG_PID: "78" }, handover)["WATCHDOG_PID"], "78");
});

test("a folder keeps the name that the shell had for it, as long as it is the same folder", (t) => {
  const folder = tempFolder(t, { "one/x": "", "two/x": "" });
  const [one, link] = [join(folder, "one"), join(folder, "current")];
  fs.symlinkSync(one, link);
  assert.equal(logicalFolder(link, one), link);
  for (const pwd of [undefined, "current", join(folder, "two"), join(folder, "none")]) {
    assert.equal(logicalFolder(pwd, one), one);
  }
});

test("a script below the folder is found through the folder's link, any other one where it is", () => {
  const through = (script: string) => throughLink(script, "/srv/releases/1", "/srv/current");
  assert.equal(through("/srv/releases/1/node_modules/.bin/tsgi"), "/srv/current/node_modules/.bin/tsgi");
  assert.equal(through("/srv/releases/10/tsgi"), "/srv/releases/10/tsgi");
  assert.equal(through("/usr/bin/tsgi"), "/usr/bin/tsgi");
});

test("the origin is this process as it was started", () => {
  const env = { PWD: process.cwd(), A: "b" };
  const origin = originOf({ env, umask: 0o27, passed: [] });
  assert.deepEqual([origin.execPath, origin.execArgv], [process.execPath, process.execArgv]);
  assert.deepEqual([origin.argv, origin.cwd], [process.argv.slice(1), process.cwd()]);
  assert.deepEqual([origin.env, origin.umask], [env, 0o27]);
});

test("an end is told with the meaning of its code", () => {
  assert.equal(describeEnd(null, "SIGTERM"), "was killed by SIGTERM");
  assert.equal(describeEnd(0, null), "exited with code 0");
  assert.match(describeEnd(41, null), /^exited with code 41 \(syntax-error: the application does not parse\)$/);
});
