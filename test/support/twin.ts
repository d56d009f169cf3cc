// Another handle of the same socket, with a descriptor of its own: what a worker gets that is sent one twice.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { TestContext } from "node:test";

const ECHO =
  "process.on('message', (message, handle) => process.send(message, handle, undefined, () => process.exit()))";

/** The handle goes to another process and comes back. */
export async function twinOf<Handle>(t: TestContext, handle: object): Promise<Handle> {
  const child: ChildProcess = spawn(process.execPath, ["-e", ECHO], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  t.after(() => child.kill("SIGKILL"));
  child.send("echo", handle as never);
  const [, twin] = (await once(child, "message")) as [unknown, Handle];
  return twin;
}
