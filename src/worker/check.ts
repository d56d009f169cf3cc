// The child of `tsgi check`: becomes what a worker would be, loads the application, reports what it found and leaves.
// It opens no socket and no file, and serves nothing.

import process from "node:process";
import { TsgiError } from "../errors.ts";
import { type CheckCommand, type CheckReport, isCheckCommand } from "../ipc/check.ts";
import { loadHooks } from "../modules/user-hooks.ts";
import { BootClock } from "./boot-clock.ts";
import { ListenGuard, type ListenGuardParts } from "./listen-guard.ts";
import { describeLoaded, loadApplication } from "./loader.ts";
import { dropPrivileges, resolveIdentity } from "./privileges.ts";

// Without a handler, SIGUSR1 opens a debugger.
process.on("SIGUSR1", () => {});
process.on("disconnect", () => process.exit(1));
process.on("message", (message) => {
  if (isCheckCommand(message)) void check(message).catch(failed).then(leave);
});

async function check({ settings, hooksFile }: CheckCommand): Promise<CheckReport> {
  if (settings.umask !== null) process.umask(settings.umask);
  // The file has been read in another process; here it is in the worker's folder, with the worker's variables.
  if (hooksFile !== null) await loadHooks(hooksFile);
  const identity = resolveIdentity(settings.user, settings.group);
  if (identity !== null) dropPrivileges(identity);
  const warnings: string[] = [];
  const say: ListenGuardParts["say"] = (level, message) => void (level === "warn" && warnings.push(message));
  const guard = new ListenGuard({ dry: true, adopt: settings.adoptListen === "on", bind: settings.bind, say });
  guard.install();
  const clock = new BootClock(settings.bootTimeout);
  const loaded = await loadApplication(settings.app, {
    ...{ cwd: settings.chdir, interface: settings.interface, fetchObjects: settings.fetchObjects },
    listening: { guard, limitMs: () => clock.leftMs },
  });
  if (loaded.doubt !== null) warnings.push(`${loaded.exportName}: ${loaded.doubt}`);
  const { why } = loaded;
  return { tsgi: "checked", text: describeLoaded(settings.app, loaded), interface: loaded.interface, why, warnings };
}

function failed(error: unknown): CheckReport {
  if (error instanceof TsgiError) return { tsgi: "boot-failed", code: error.code, message: error.message };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { tsgi: "boot-failed", code: "internal", message };
}

/** The application may hold timers and sockets of its own, so the process is ended, not left to run dry. */
function leave(report: CheckReport): void {
  process.send?.(report, () => process.exit(0));
}
