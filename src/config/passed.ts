// The listening sockets that systemd passed to this process, as sd_listen_fds(3) says it: LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES.
// Reads variables only; whether the descriptors are sockets at all is found out by listening on them.

import { TsgiError } from "../errors.ts";
import { quote } from "./quote.ts";

export interface PassedSocket {
  readonly fd: number;
  /** FileDescriptorName= of the socket unit, which is the unit's own name when nothing is said. Several may have the same. */
  readonly name: string;
}

/** What says that sockets were passed. No process that we start may take it for its own. */
export const PASSED_VARIABLES = ["LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES"] as const;

type Variables = Readonly<Record<string, string | undefined>>;

/** Standard input, output and error come before them. */
const FIRST_FD = 3;

/**
 * The sockets that are meant for the process `pid`, in their order; none when another process is meant.
 *
 * @throws TsgiError `usage` for variables that nobody who means us would write.
 */
export function passedSockets(variables: Variables, pid: number): readonly PassedSocket[] {
  const { LISTEN_FDS: count = "", LISTEN_FDNAMES: names } = variables;
  if (count === "" || variables["LISTEN_PID"] !== String(pid)) return [];
  if (!/^[0-9]{1,5}$/.test(count))
    throw new TsgiError("usage", `LISTEN_FDS=${quote(count)}: expected a number of sockets`);
  const all = names === undefined || names === "" ? [] : names.split(":");
  if (all.length > 0 && all.length !== Number(count)) {
    const each = `expected ${count} of them, as LISTEN_FDS says, with a colon between`;
    throw new TsgiError("usage", `LISTEN_FDNAMES=${quote(names)}: ${each}`);
  }
  return Array.from({ length: Number(count) }, (_none, i) => ({ fd: FIRST_FD + i, name: all[i] || "unknown" }));
}

/** What to tell somebody whose sockets were passed to another process than this one. */
export function strayPassed(variables: Variables, pid: number): string | undefined {
  const { LISTEN_FDS: count = "", LISTEN_PID: meant = "" } = variables;
  if (count === "" || count === "0" || meant === String(pid)) return undefined;
  return (
    `sockets were passed to process ${quote(meant)} (LISTEN_PID), and this is ${pid}: they are left alone. A program that stands in ` +
    "between (npx, npm run, a shell without exec) keeps them from tsgi: let systemd start node_modules/.bin/tsgi itself"
  );
}
