// From settings to an application: given as an object, or as the name of a module that has them (Django's get_wsgi_application, with
// TSGI_SETTINGS_MODULE in the place of DJANGO_SETTINGS_MODULE). Knows where modules are looked for; what settings are is settings.ts's matter.

import { resolve } from "node:path";
import process from "node:process";
import { importUserModule } from "../modules/import.ts";
import { nearFile } from "../modules/missing.ts";
import { resolveModule } from "../modules/resolve.ts";
import { placeOf, positionOf, read, summary } from "../modules/stack.ts";
import { ImproperlyConfigured } from "./exceptions.ts";
import { type Handler, makeHandler } from "./handler.ts";
import { type Settings, type SettingsInput, setup } from "./settings.ts";

/** The environment variable that names the module of the settings. */
export const SETTINGS_VARIABLE = "TSGI_SETTINGS_MODULE";

/**
 * An application with the settings of a module, JavaScript or TypeScript: its default export, or its exports by their names.
 * `export const application = await getApplication()`.
 *
 * @param module A path below the working directory, with or without its ending, or a package. Default: what TSGI_SETTINGS_MODULE says.
 * @throws ImproperlyConfigured (the promise is rejected) also where there is no such variable or module, or it does not load.
 */
export function getApplication(module?: string): Promise<Handler>;
// The last one is the one that the compiler speaks of where neither fits: a setting that there is not is then told of by its name.
/**
 * An application, ready to be served: `export const application = getApplication({ urls })`.
 *
 * @throws ImproperlyConfigured for settings, routes or middlewares that do not fit.
 */
export function getApplication(settings: SettingsInput | Settings): Handler;
export function getApplication(given?: SettingsInput | Settings | string): Handler | Promise<Handler> {
  // Null is a mistake, not a wish for the variable.
  if (given === undefined || typeof given === "string") return fromModule(given);
  return makeHandler(setup(given as SettingsInput));
}

async function fromModule(given: string | undefined): Promise<Handler> {
  const name = given ?? process.env[SETTINGS_VARIABLE] ?? "";
  const origin = given === undefined ? ` (${SETTINGS_VARIABLE})` : "";
  if (name.trim() === "") {
    throw new ImproperlyConfigured(
      given === undefined
        ? `no settings: ${SETTINGS_VARIABLE} is not set. Set it to a module, as in ${SETTINGS_VARIABLE}=./settings.ts, or give them: getApplication({ urls })`
        : 'getApplication("") names no module of settings',
    );
  }
  const where = `settings module "${name}"${origin}`;
  const file = locate(name, where);
  let exported: Record<string, unknown>;
  try {
    exported = await importUserModule(file, { asked: name });
  } catch (error) {
    throw loadFailure(error, where);
  }
  try {
    return makeHandler(setup(settingsOf(exported, where) as SettingsInput));
  } catch (error) {
    if (!(error instanceof ImproperlyConfigured) || error.message.startsWith(where)) throw error;
    throw new ImproperlyConfigured(`${where}: ${error.message}`);
  }
}

/** What the module threw stands below as the cause; what kept it from running is all in the message. */
function loadFailure(error: unknown, where: string): ImproperlyConfigured {
  const message = String(read(error, "message") ?? error);
  const cause = read(error, "cause");
  if (read(error, "code") !== "import-throws" || cause === undefined) {
    return new ImproperlyConfigured(`${where}: ${message}`);
  }
  const place = placeOf(cause);
  const at = place === null ? "" : ` (${positionOf(place)})`;
  return new ImproperlyConfigured(`${where}: ${message.split("\n", 1)[0]}: ${summary(cause)}${at}`, { cause });
}

function locate(name: string, where: string): string {
  const { file, tried, denied } = resolveModule(name, process.cwd());
  if (file !== null) return file;
  if (denied !== null) throw new ImproperlyConfigured(`${where}: ${denied} may not be read`);
  const near = nearFile(resolve(process.cwd(), name));
  const hint = near === null ? "" : `\nDid you mean ${near}?`;
  throw new ImproperlyConfigured(`${where} was not found; tried:\n  ${tried.join("\n  ")}${hint}`);
}

function settingsOf(exported: Record<string, unknown>, where: string): unknown {
  if ("default" in exported) {
    const settings = exported["default"];
    if (typeof settings === "object" && settings !== null && !Array.isArray(settings)) return settings;
    const what = typeof settings === "function" ? `the function ${settings.name}` : `a ${typeof settings}`;
    throw new ImproperlyConfigured(`${where}: its default export is ${what}; it must be an object of settings`);
  }
  const named = Object.entries(exported).filter(([key]) => key !== "__esModule");
  if (named.length > 0) return Object.fromEntries(named);
  throw new ImproperlyConfigured(
    `${where} exports nothing; it must export its settings, by their names or as the default: export default { urls: [...] }`,
  );
}
