// What a worker serves: the application, or what stands in the place of one that cannot be served. With --reload it is noted which files
// that took, for they are what a repair can be made in. Does not know who watches them.

import type { Settings } from "../config/options.ts";
import type { BootFailure, FailureParts } from "../ipc/messages.ts";
import { preloadLoader } from "../modules/import.ts";
import { resolveModule } from "../modules/resolve.ts";
import { moduleOf } from "../modules/target.ts";
import { isProduction, standInFor } from "./development.ts";
import { ListenGuard, type ListenGuardParts } from "./listen-guard.ts";
import { type LoadedApplication, loadApplication } from "./loader.ts";

/** Absolute paths. */
export interface FoundFiles {
  readonly loaded: readonly string[];
  /** Looked for, and not there. */
  readonly missing: readonly string[];
}

export interface BringOptions {
  readonly settings: Settings;
  readonly generation: number;
  /** Why the application cannot be served; null for one that shall be loaded. */
  readonly failure: BootFailure | null;
  readonly say: ListenGuardParts["say"];
  /** How long a server may take to be told to listen, where nothing is exported; milliseconds. */
  readonly limitMs: () => number;
  /** From time to time, with what is new. */
  readonly onFiles: (found: FoundFiles) => void;
}

let files: { flush(): void } | undefined;

/** @throws TsgiError as `loadApplication` does. */
export async function bring({ settings, failure, generation, ...options }: BringOptions): Promise<LoadedApplication> {
  if (failure !== null) return insteadOf(failure, { settings, generation });
  if (settings.reload === "on") {
    const file = fileOf(settings);
    if (file !== null) await preloadLoader(file);
    const { noteLoadedFiles } = await import("../modules/loaded.ts");
    files = noteLoadedFiles(options.onFiles);
  }
  const guard = new ListenGuard({ adopt: settings.adoptListen === "on", bind: settings.bind, say: options.say });
  guard.install();
  return loadApplication(settings.app, {
    ...{ cwd: settings.chdir, interface: settings.interface, fetchObjects: settings.fetchObjects },
    listening: { guard, limitMs: options.limitMs },
  });
}

/** The application's own file; null where it is not found, which is told by who looks for it next. */
export function fileOf({ app, chdir }: Pick<Settings, "app" | "chdir">): string | null {
  const name = moduleOf(app);
  return name === null ? null : resolveModule(name, chdir).file;
}

/** Says which files are new at once: somebody is about to act on it, or the process is about to end. */
export const flushFiles = (): void => files?.flush();

/** A failure in parts, for the page that shows it; null where nobody shows any. What fails may have said what it is run as before. */
export async function partsOf(error: unknown): Promise<FailureParts | null> {
  if (files === undefined) return null;
  return isProduction() ? "withheld" : (await import("../modules/details.ts")).detailsOf(error);
}

async function insteadOf(
  failure: BootFailure,
  { settings, generation }: Pick<BringOptions, "settings" | "generation">,
): Promise<LoadedApplication> {
  return {
    ...{ interface: "tsgi", what: "the reason why it cannot be served", why: failure.code, doubt: null },
    served: { gateway: await standInFor(failure, settings, generation) },
    ...{ application: () => [], kind: "function", subject: undefined, startup: null, shutdown: null },
    ...{ file: settings.app, exportName: "what stands in its place" },
  };
}
