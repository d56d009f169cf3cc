import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { TsgiError } from "../../src/errors.ts";
import { heirsPath, MASTER_TITLE, masterTitle, removePidfile, writePidfile } from "../../src/master/pidfile.ts";
import { tempFolder } from "../support/temp-folder.ts";

const refusal = (message: RegExp) => (error: unknown) =>
  error instanceof TsgiError && error.code === "pidfile" && message.test(error.message);

/** A process that calls itself like this, and lives until the test is over. */
async function processNamed(t: TestContext, title: string): Promise<number> {
  const program = `process.title = ${JSON.stringify(title)}; console.log("up"); setInterval(() => {}, 1e6)`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child.pid!;
}

test("the file holds our process id and a line end, leaves no draft beside it, and is removed", (t) => {
  const folder = tempFolder(t);
  const path = join(folder, "tsgi.pid");
  const pidfile = writePidfile(path);
  assert.equal(fs.readFileSync(path, "utf8"), `${process.pid}\n`);
  assert.deepEqual(fs.readdirSync(folder), ["tsgi.pid"]);
  pidfile.remove();
  assert.deepEqual(fs.readdirSync(folder), []);
  pidfile.remove();
});

test("a file that by now holds another process id is not removed", (t) => {
  const path = join(tempFolder(t), "tsgi.pid");
  const pidfile = writePidfile(path);
  fs.writeFileSync(path, "12345\n");
  pidfile.remove();
  assert.equal(fs.readFileSync(path, "utf8"), "12345\n");
});

test("a file that names a live tsgi master is refused and left as it is", async (t) => {
  const pid = await processNamed(t, `${MASTER_TITLE} [shop]`);
  const path = join(tempFolder(t, { "tsgi.pid": `${pid}\n` }), "tsgi.pid");
  assert.throws(() => writePidfile(path), refusal(new RegExp(`alive \\(pid ${pid}\\)`)));
  assert.equal(fs.readFileSync(path, "utf8"), `${pid}\n`);
});

test("a number that belongs to nobody, to somebody else, to the first process or to ourselves does not block a start", async (t) => {
  const other = await processNamed(t, "tsgi: worker 1 [shop]");
  const gone = spawn(process.execPath, ["-e", ""]);
  await once(gone, "exit");
  for (const pid of [other, gone.pid!, 1, process.pid]) {
    const path = join(tempFolder(t, { "tsgi.pid": `${pid}\n` }), "tsgi.pid");
    writePidfile(path).remove();
  }
});

test("an empty file is taken over; one that holds anything else is somebody's document", (t) => {
  const folder = tempFolder(t, { empty: "", letter: "Dear Ada", zero: "0", sum: "12 13" });
  writePidfile(join(folder, "empty"));
  for (const name of ["letter", "zero", "sum"]) {
    const before = fs.readFileSync(join(folder, name), "utf8");
    assert.throws(() => writePidfile(join(folder, name)), refusal(/holds something that is no process id/));
    assert.equal(fs.readFileSync(join(folder, name), "utf8"), before);
  }
});

test("a folder that is missing, and a folder in the file's place, are named in the refusal", (t) => {
  const folder = tempFolder(t, { "here/x": "" });
  assert.throws(() => writePidfile(join(folder, "none", "tsgi.pid")), refusal(/cannot be written: ENOENT/));
  assert.throws(() => writePidfile(join(folder, "here")), refusal(/cannot be read: EISDIR/));
});

test("a folder that may not be written is named in the refusal, and nothing is left there", (t) => {
  // Nobody may make a file there, not even root.
  assert.throws(
    () => writePidfile("/proc/tsgi.pid"),
    refusal(/^the pid file \/proc\/tsgi\.pid cannot be written: (ENOENT|EACCES|EPERM)/),
  );
  const folder = tempFolder(t, { old: "12345678\n" });
  assert.throws(() => writePidfile(join(folder, "old", "x")), refusal(/cannot be read: ENOTDIR/));
  assert.deepEqual(fs.readdirSync(folder), ["old"]);
});

test("an heir writes beside the file of the old master, and takes its place when that one is gone", async (t) => {
  const old = await processNamed(t, `${MASTER_TITLE} [shop]`);
  const folder = tempFolder(t, { "tsgi.pid": `${old}\n` });
  const path = join(folder, "tsgi.pid");
  const pidfile = writePidfile(path, old);
  assert.equal(heirsPath(path), `${path}.2`);
  assert.equal(fs.readFileSync(`${path}.2`, "utf8"), `${process.pid}\n`);
  assert.equal(fs.readFileSync(path, "utf8"), `${old}\n`);
  pidfile.inherit();
  assert.deepEqual(fs.readdirSync(folder), ["tsgi.pid"]);
  assert.equal(fs.readFileSync(path, "utf8"), `${process.pid}\n`);
  pidfile.remove();
  assert.deepEqual(fs.readdirSync(folder), []);
});

test("an heir that leaves takes its own file with it, and not the one of the old master", async (t) => {
  const old = await processNamed(t, `${MASTER_TITLE} [shop]`);
  const folder = tempFolder(t, { "tsgi.pid": `${old}\n` });
  writePidfile(join(folder, "tsgi.pid"), old).remove();
  assert.deepEqual(fs.readdirSync(folder), ["tsgi.pid"]);
});

test("an heir refuses the file of another server, in both places; a stale one is replaced", async (t) => {
  const other = await processNamed(t, `${MASTER_TITLE} [shop]`);
  const folder = tempFolder(t, { "a.pid": `${other}\n`, "b.pid.2": `${other}\n`, "c.pid.2": "4194304\n" });
  for (const name of ["a.pid", "b.pid"]) {
    assert.throws(() => writePidfile(join(folder, name), 1), refusal(new RegExp(`alive \\(pid ${other}\\)`)));
  }
  writePidfile(join(folder, "c.pid"), 1);
  assert.equal(fs.readFileSync(join(folder, "c.pid.2"), "utf8"), `${process.pid}\n`);
});

test("an heir whose file cannot take the place keeps it where it is, and says so", (t) => {
  const folder = tempFolder(t);
  const path = join(folder, "tsgi.pid");
  const pidfile = writePidfile(path, 1);
  fs.mkdirSync(path);
  assert.throws(
    () => pidfile.inherit(),
    refusal(/keeps the process id of the old master, and ours is in .*tsgi\.pid\.2: /),
  );
  pidfile.remove();
  assert.deepEqual(fs.readdirSync(folder), ["tsgi.pid"]);
});

test("without an old master there is nothing to inherit", (t) => {
  const folder = tempFolder(t);
  writePidfile(join(folder, "tsgi.pid")).inherit();
  assert.deepEqual(fs.readdirSync(folder), ["tsgi.pid"]);
});

test("the file of an old master goes if it still is that one's", (t) => {
  const folder = tempFolder(t, { "tsgi.pid": "12345678\n" });
  removePidfile(join(folder, "tsgi.pid"), 1);
  assert.deepEqual(fs.readdirSync(folder), ["tsgi.pid"]);
  removePidfile(join(folder, "tsgi.pid"), 12345678);
  assert.deepEqual(fs.readdirSync(folder), []);
});

test("a master is known by its title, an heir's too", () => {
  const settings = { name: "shop", app: "a:b" };
  assert.equal(masterTitle(settings, { isHeir: false }), "tsgi: master [shop]");
  assert.equal(masterTitle({ ...settings, name: null }, { isHeir: true }), "tsgi: master.2 [a:b]");
});
