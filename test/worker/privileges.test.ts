import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { TsgiError } from "../../src/errors.ts";
import { resolveIdentity } from "../../src/worker/privileges.ts";
import { compiled, node } from "../support/compiled.ts";

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? {} : { skip: "needs to be run as root" };

let source = "";
let scratch = "";
before(async () => {
  source = await compiled(["worker/privileges.ts"]);
  scratch = mkdtempSync(join(tmpdir(), "tsgi-privileges-"));
  chmodSync(scratch, 0o755);
});
after(() => {
  rmSync(dirname(source), { recursive: true });
  rmSync(scratch, { recursive: true });
});

interface Child {
  readonly uid: readonly number[];
  readonly gid: readonly number[];
  readonly groups: readonly number[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

interface Start {
  /** A command in front of node's. */
  readonly wrap?: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** A process that does as it is told and then says who it is, as the kernel sees it. */
function child(told: string, { wrap = [], ...ids }: Start = {}): Child {
  const script = join(scratch, "child.mjs");
  const privileges = pathToFileURL(join(source, "worker/privileges.js")).href;
  writeFileSync(
    script,
    `import { readFileSync } from "node:fs";
    import { dropPrivileges, resolveIdentity } from ${JSON.stringify(privileges)};
    let error = null;
    try { ${told} } catch (thrown) { error = { code: thrown.code, message: thrown.message }; }
    const status = readFileSync("/proc/self/status", "utf8");
    const numbers = (key) => (status.match(new RegExp("^" + key + ":(.*)$", "m"))[1].match(/\\d+/g) ?? []).map(Number);
    console.log(JSON.stringify({ uid: numbers("Uid"), gid: numbers("Gid"), groups: numbers("Groups"), error }));`,
  );
  const [command = node, ...rest] = [...wrap, node, script];
  const { stdout, stderr, status } = spawnSync(command, rest, { encoding: "utf8", ...ids });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Child;
}

const drop = (user: string | null, group: string | null): string =>
  `dropPrivileges(resolveIdentity(${JSON.stringify(user)}, ${JSON.stringify(group)}));`;

const id = (flag: "-u" | "-g" | "-G", user: string): readonly number[] =>
  execFileSync("id", [flag, user], { encoding: "utf8" }).trim().split(" ").map(Number);

/** Real, effective, saved and file-system id. */
const allFour = (number: number): readonly number[] => [number, number, number, number];

const isRefusal = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TsgiError);
  assert.equal(error.code, "privileges");
  assert.match(error.message, message);
  return true;
};

test("neither a user nor a group is no identity", () => {
  assert.equal(resolveIdentity(null, null), null);
});

test("a user is found by name and by number, and brings its primary group unless a group is named", () => {
  const [uid = 0] = id("-u", "nobody");
  const [gid = 0] = id("-g", "nobody");
  assert.deepEqual(resolveIdentity("nobody", null), { uid, gid, userName: "nobody" });
  assert.deepEqual(resolveIdentity(String(uid), null), { uid, gid, userName: "nobody" });
  assert.deepEqual(resolveIdentity("nobody", "daemon"), { uid, gid: id("-g", "daemon")[0], userName: "nobody" });
  assert.deepEqual(resolveIdentity("nobody", "4242424"), { uid, gid: 4_242_424, userName: "nobody" });
});

test("a number that no user has needs a group, and then has no name", () => {
  assert.throws(() => resolveIdentity("4242424", null), isRefusal(/--user 4242424: .*--group/));
  assert.deepEqual(resolveIdentity("4242424", "0"), { uid: 4_242_424, gid: 0, userName: null });
});

test("a group alone keeps the user", () => {
  assert.deepEqual(resolveIdentity(null, "daemon"), {
    uid: process.getuid?.(),
    gid: id("-g", "daemon")[0],
    userName: null,
  });
});

test("an unknown name is refused with the flag and the name", () => {
  assert.throws(() => resolveIdentity("no-such-user", null), isRefusal(/--user no-such-user: no such user/));
  assert.throws(() => resolveIdentity("nobody", "no-such-group"), isRefusal(/--group no-such-group: no such group/));
  assert.throws(() => resolveIdentity("", null), isRefusal(/--user : no such user/));
});

test("the highest id is 2^32 - 2, because the next one means no change to setresuid", () => {
  assert.equal(resolveIdentity("4294967294", "4294967294")?.uid, 4_294_967_294);
  assert.throws(() => resolveIdentity("4294967295", "1"), isRefusal(/4294967295/));
  assert.throws(() => resolveIdentity("-1", "1"), isRefusal(/--user -1/));
});

test("root becomes each user in all four ids, and root's own groups are gone", asRoot, () => {
  for (const user of ["nobody", "daemon", "www-data"]) {
    const { uid, gid, groups, error } = child(drop(user, null), { wrap: ["setpriv", "--groups", "0,3,4"] });
    assert.equal(error, null);
    assert.deepEqual(uid, allFour(id("-u", user)[0]!));
    assert.deepEqual(gid, allFour(id("-g", user)[0]!));
    assert.deepEqual(
      groups,
      id("-G", user).toSorted((a, b) => a - b),
    );
  }
});

test("the named group takes the place of the primary one, in the supplementary groups too", asRoot, () => {
  const { uid, gid, groups } = child(drop("nobody", "daemon"), { wrap: ["setpriv", "--groups", "0,3,4"] });
  assert.deepEqual(uid, allFour(id("-u", "nobody")[0]!));
  assert.deepEqual(gid, allFour(id("-g", "daemon")[0]!));
  assert.deepEqual(groups, [id("-g", "daemon")[0]]);
});

test("supplementary groups of the group file are taken on", asRoot, (context) => {
  const group = join(scratch, "group");
  writeFileSync(
    group,
    `${readFileSync("/etc/group", "utf8")}\ntsgi-one:x:70001:daemon\ntsgi-two:x:70002:nobody,daemon\n`,
  );
  // A mount namespace of its own, so that the machine's file is not touched.
  const wrap = ["unshare", "--mount", "sh", "-c", `mount --bind ${group} /etc/group && exec "$@"`, "sh"];
  if (spawnSync(wrap[0]!, [...wrap.slice(1), "true"]).status !== 0) return context.skip("needs the right to mount");
  assert.deepEqual(child(drop("daemon", null), { wrap }).groups, [id("-g", "daemon")[0], 70_001, 70_002]);
  assert.deepEqual(
    child(drop("nobody", null), { wrap }).groups,
    [70_002, id("-g", "nobody")[0]].toSorted((a, b) => a! - b!),
  );
});

test("a number without a user has its group and no other", asRoot, () => {
  const { uid, gid, groups } = child(drop("4242424", "4242425"), { wrap: ["setpriv", "--groups", "0,3,4"] });
  assert.deepEqual([uid, gid, groups], [allFour(4_242_424), allFour(4_242_425), [4_242_425]]);
});

test("a group alone changes the group of root and nothing else of it", asRoot, () => {
  const { uid, gid, groups, error } = child(drop(null, "daemon"));
  assert.deepEqual([uid, gid, groups, error], [allFour(0), allFour(1), [1], null]);
});

test("after the change the process cannot become root, and trying says EPERM", asRoot, () => {
  const { error } = child(`${drop("nobody", null)} process.setuid(0);`);
  assert.match(error?.message ?? "", /EPERM/);
});

test("a process that keeps the capability to become root is refused", asRoot, () => {
  const { error } = child(drop("nobody", null), { wrap: ["setpriv", "--securebits", "+no_setuid_fixup"] });
  assert.equal(error?.code, "privileges");
  assert.match(error?.message ?? "", /could still become root/);
});

test("a user that is not root may name itself, and is told what it needs for anyone else", asRoot, () => {
  const [uid = 0] = id("-u", "nobody");
  const [gid = 0] = id("-g", "nobody");
  const self = child(drop("nobody", null), { uid, gid });
  assert.deepEqual([self.error, self.uid, self.gid], [null, allFour(uid), allFour(gid)]);
  const other = child(drop("daemon", null), { uid, gid });
  assert.equal(other.error?.code, "privileges");
  assert.match(other.error?.message ?? "", new RegExp(`id ${uid} may not change to user daemon.*start it as root`));
  assert.deepEqual(other.uid, allFour(uid));
  assert.equal(child(drop("nobody", "daemon"), { uid, gid }).error?.code, "privileges");
});
