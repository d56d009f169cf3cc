import assert from "node:assert/strict";
import fs from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { TsgiError } from "../../src/errors.ts";
import { Estate, firstLegacy, type InheritedSocket } from "../../src/master/estate.ts";

const PASSED = [
  { fd: 3, name: "web" },
  { fd: 4, name: "admin" },
  { fd: 5, name: "web" },
];

const refusal = (message: RegExp) => (error: unknown) =>
  error instanceof TsgiError && error.code === "address-invalid" && message.test(error.message);

const fd = (number: number) => ({ kind: "fd", fd: number }) as const;
const socket = (bind: string, at: number, identity: string | null = null): InheritedSocket => ({
  ...{ bind, fd: at, identity },
});

test("a name stands for every socket that has it, and any other address for itself", () => {
  const estate = new Estate(firstLegacy(PASSED));
  assert.deepEqual(estate.expand({ kind: "named", name: "web" }), [fd(3), fd(5)]);
  assert.deepEqual(estate.expand(fd(9)), [fd(9)]);
  const tcp = { kind: "tcp", host: "", port: 80 } as const;
  assert.deepEqual(estate.expand(tcp), [tcp]);
});

test("a name that no socket has is refused with the names that there are", () => {
  const api = { kind: "named", name: "api" } as const;
  assert.throws(
    () => new Estate(firstLegacy(PASSED)).expand(api),
    refusal(/fd:\/\/api: the sockets that systemd passed are web \(fd:\/\/3\), admin \(fd:\/\/4\), web \(fd:\/\/5\)$/),
  );
  assert.throws(
    () => new Estate(firstLegacy([])).expand(api),
    refusal(/fd:\/\/api: systemd passed no sockets to this process$/),
  );
});

test("a socket is taken once, and what nobody took is left", () => {
  const estate = new Estate(firstLegacy(PASSED));
  assert.deepEqual(estate.take(fd(4)), socket("fd://4", 4));
  assert.equal(estate.take(fd(4)), undefined);
  assert.equal(estate.take({ kind: "unix", path: "/a" }), undefined);
  assert.deepEqual(
    estate.left.map(({ bind }) => bind),
    ["fd://3", "fd://5"],
  );
});

test("all sockets of a name are taken at once", () => {
  const sockets = [socket("beside a", 3), socket("a", 4), socket("beside a", 5)];
  const estate = new Estate({ sockets, passed: [], isHeir: true });
  assert.deepEqual(
    estate.takeAll("beside a").map(({ fd }) => fd),
    [3, 5],
  );
  assert.deepEqual(estate.takeAll("beside a"), []);
  assert.deepEqual(estate.left, [socket("a", 4)]);
});

test("an heir knows sockets by what they were called in the first master, and no descriptor that was not handed over", () => {
  const sockets = [socket("0.0.0.0:0", 3), socket("0.0.0.0:0", 4), socket("fd://3", 5), socket("unix:/a", 6, "1:2")];
  const estate = new Estate({ sockets, passed: [], isHeir: true });
  const port = { kind: "tcp", host: "0.0.0.0", port: 0 } as const;
  assert.deepEqual([estate.take(port)?.fd, estate.take(port)?.fd, estate.take(port)], [3, 4, undefined]);
  assert.equal(estate.take(fd(3))?.fd, 5);
  assert.equal(estate.take({ kind: "unix", path: "/a" })?.identity, "1:2");
  // Here it is the descriptor of something else.
  assert.throws(() => estate.take(fd(6)), refusal(/fd:\/\/6: the old master had no such descriptor/));
});

test("what nobody asked for is closed and named, but for what systemd passed", () => {
  const opened = fs.openSync(process.execPath, "r");
  const sockets = [socket("unix:/a", opened, "1:2"), socket("fd://3", 4242)];
  const estate = new Estate({ sockets, passed: [{ fd: 3, name: "web" }], isHeir: true });
  assert.deepEqual(estate.closeRest(), [socket("unix:/a", opened, "1:2")]);
  assert.throws(() => fs.fstatSync(opened), /EBADF/);
  assert.deepEqual(estate.left, [socket("fd://3", 4242)]);
  assert.deepEqual(estate.closeRest(), []);
});

test("a socket that systemd passed is spoken of by its number and its name", () => {
  const estate = new Estate(firstLegacy(PASSED));
  assert.deepEqual([estate.isPassed("fd://4"), estate.isPassed("fd://9")], [true, false]);
  assert.deepEqual([estate.describe("fd://4"), estate.describe("unix:/a")], ["fd://4 (admin)", "unix:/a"]);
});
