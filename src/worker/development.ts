// What a worker has of src/development: nothing at all in production, and where no setting asks for it, so that its code is not even loaded.

import process from "node:process";
import type { Settings } from "../config/options.ts";
import type { BootFailure } from "../ipc/messages.ts";
import type { Gateway } from "./reception.ts";

/** As the worker sees it. `DevelopmentLayer` is one. */
export interface Development {
  /** Whether a request for this target is none of the application's. */
  isOwn(target: string): boolean;
  around(gateway: Gateway): Gateway;
  /** This error ends the process: those are told whose requests it ends. */
  answerLast(error: unknown): Promise<void>;
}

type DevelopmentSettings = Pick<Settings, "reload" | "errorPages" | "liveReload" | "chdir">;

/** By the environment that the application has, whatever the settings say: nothing of this is for visitors. */
export const isProduction = (): boolean => process.env["NODE_ENV"] === "production";

export async function loadDevelopment(
  settings: DevelopmentSettings,
  generation: number,
): Promise<Development | undefined> {
  if (isProduction() || (settings.reload !== "on" && settings.errorPages === "off")) return undefined;
  const { DevelopmentLayer } = await import("../development/layer.ts");
  return new DevelopmentLayer({ settings, generation });
}

/** An application may say itself what it is run as, while it is imported and starts: then what was loaded meanwhile is for nobody. */
export const unlessProduction = (
  development: Development | undefined,
  failure: BootFailure | null,
): Development | undefined => (isProduction() || failure?.details === "withheld" ? undefined : development);

/** What answers in place of an application that does not load. */
export async function standInFor(
  failure: BootFailure,
  settings: DevelopmentSettings,
  generation: number,
): Promise<Gateway> {
  const [{ standIn }, { bootId }] = await Promise.all([
    import("../development/stand-in.ts"),
    import("../development/words.ts"),
  ]);
  const errorPages = settings.errorPages !== "off" && !isProduction();
  const anyHost = settings.errorPages === "any-host";
  return standIn(failure, { errorPages, root: settings.chdir, boot: bootId(generation), anyHost });
}
