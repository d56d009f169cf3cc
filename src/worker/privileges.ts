// Who the worker is once it has stopped being root.
// Knows the user and group files and the calls of POSIX. Does not know what is opened before or imported afterwards.

import { readFileSync } from "node:fs";
import { TsgiError } from "../errors.ts";

/** What a worker becomes. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** The name whose supplementary groups are taken from the group file; null: it has none, and `gid` is all. */
  readonly userName: string | null;
}

/** 2^32 - 1 is the "leave as it is" of setresuid(2): not an id. */
const HIGHEST_ID = 0xffff_fffe;

interface Account {
  readonly name: string;
  readonly id: number;
  /** A user's primary group; 0 and unused for a group. */
  readonly gid: number;
}

/**
 * gunicorn's `user` and `group`. A user's primary group holds where no group is named. A group alone changes
 * the group, and gives up the supplementary ones.
 *
 * @param user A name of /etc/passwd or a number, which need not be there if `group` is given.
 * @param group A name of /etc/group or a number.
 * @returns null when neither is given.
 * @throws TsgiError `privileges`, naming the one that is unknown.
 */
export function resolveIdentity(user: string | null, group: string | null): Identity | null {
  if (user === null && group === null) return null;
  if (process.getuid === undefined) throw new TsgiError("privileges", "--user and --group need a POSIX system");
  const gid = group === null ? null : findGroup(group);
  if (user === null) return { uid: process.getuid(), gid: gid!, userName: null };
  const account = find("/etc/passwd", user);
  if (account !== null) return { uid: account.id, gid: gid ?? account.gid, userName: account.name };
  const uid = parseId(user);
  if (uid === null)
    throw new TsgiError("privileges", `--user ${user}: no such user in /etc/passwd, and no number of one`);
  if (gid === null) {
    const advice = `say which group it has with --group`;
    throw new TsgiError("privileges", `--user ${user}: no user of /etc/passwd has this number; ${advice}`);
  }
  return { uid, gid, userName: null };
}

/**
 * Changes the whole process for good: supplementary groups, then the group, then the user, because each step needs
 * the right that the last one gives up. Already being the identity is enough, so a server started by its own user
 * may name it.
 *
 * @throws TsgiError `privileges` when the system refuses, or when the process could still become root afterwards.
 */
export function dropPrivileges(identity: Identity): void {
  // The types of Node 20 forgot initgroups.
  const posix: NodeJS.Process & { readonly initgroups?: (user: string, extraGroup: number) => void } = process;
  const { getuid, getgid, geteuid, getegid, setuid, setgid, setgroups, initgroups } = posix;
  if (!getuid || !getgid || !geteuid || !getegid || !setuid || !setgid || !setgroups || !initgroups) {
    throw new TsgiError("privileges", "--user and --group need a POSIX system");
  }
  const { uid, gid, userName } = identity;
  const isIdentity = (): boolean => getuid() === uid && geteuid() === uid && getgid() === gid && getegid() === gid;
  if (isIdentity() && uid !== 0) return;
  try {
    if (userName === null) setgroups([gid]);
    else initgroups(userName, gid);
    setgid(gid);
    setuid(uid);
  } catch (error) {
    const wanted = `user ${userName ?? uid} (${uid}) and group ${gid}`;
    const needs = "start it as root (or with CAP_SETUID and CAP_SETGID), or leave out --user and --group";
    throw new TsgiError("privileges", `the user with id ${geteuid()} may not change to ${wanted}: ${needs}`, {
      cause: error,
    });
  }
  if (!isIdentity()) throw new TsgiError("privileges", `the system did not change to user ${uid} and group ${gid}`);
  if (uid === 0) return;
  // A capability that survived would let any request that takes over the worker have the machine.
  const regained = [() => setuid(0), ...(gid === 0 ? [] : [() => setgid(0)])].some(succeeds);
  if (regained)
    throw new TsgiError("privileges", `user ${uid} could still become root: it keeps CAP_SETUID or CAP_SETGID`);
}

function succeeds(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

function findGroup(group: string): number {
  const gid = find("/etc/group", group)?.id ?? parseId(group);
  if (gid === null) {
    throw new TsgiError("privileges", `--group ${group}: no such group in /etc/group, and no number of one`);
  }
  return gid;
}

/** By name first, then by number, as chown(1) does. passwd(5) and group(5) agree on the first and the third field. */
function find(file: string, wanted: string): Account | null {
  const accounts: Account[] = [];
  for (const line of readAccounts(file).split("\n")) {
    const [name = "", , id = "", gid = ""] = line.split(":");
    // "+" lines stand for a network directory.
    if (/^[^+#-]/.test(name) && parseId(id) !== null) accounts.push({ name, id: Number(id), gid: parseId(gid) ?? 0 });
  }
  const id = parseId(wanted);
  return accounts.find(({ name }) => name === wanted) ?? accounts.find((account) => account.id === id) ?? null;
}

function readAccounts(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    // An image without accounts still has numbers.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new TsgiError("privileges", `${file} cannot be read, so --user and --group cannot be looked up`, {
      cause: error,
    });
  }
}

function parseId(text: string): number | null {
  return /^\d{1,10}$/.test(text) && Number(text) <= HIGHEST_ID ? Number(text) : null;
}
