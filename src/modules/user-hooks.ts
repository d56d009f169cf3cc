// Calls the hooks of a configuration file so that they harm nothing: whatever they throw, reject with or wait for ever for comes back
// as trouble that can be logged, with the place. Does not know which hooks there are, nor what they are for.

import { evaluateConfig } from "./config-module.ts";
import { placeOf, read, summary } from "./stack.ts";

/** A hook that did not do its work. */
export interface HookTrouble {
  /** The hook's. */
  readonly name: string;
  /** `hook childExit failed: Error: no such host (/srv/app/tsgi.config.ts:12:5)` */
  readonly message: string;
  /** What was thrown; undefined for one that is late. */
  readonly err?: unknown;
}

export type OnTrouble = (trouble: HookTrouble) => void;

/**
 * The object under `hooks` of a configuration file, imported here. The file was checked when the settings were read.
 *
 * @throws TsgiError `config-file` when it does not load.
 */
export async function loadHooks(file: string, { fresh = false } = {}): Promise<object | null> {
  const hooks = read(await evaluateConfig(file, fresh), "hooks");
  return typeof hooks === "object" ? hooks : null;
}

/**
 * One hook of a configuration file, for the thread that watches a worker. To be loaded when the thread starts: an import may need the
 * main thread, which is blocked when the hook is called.
 *
 * @returns A function that never throws; null when the file has no such hook.
 * @throws TsgiError `config-file` when it does not load.
 */
export async function loadHook(
  file: string,
  name: string,
): Promise<((event: object, onTrouble: OnTrouble) => unknown) | null> {
  const hooks = await loadHooks(file);
  if (hooks === null || !hasHook(hooks, name)) return null;
  return (event, onTrouble) => callHook(hooks, name, event, onTrouble);
}

export const hasHook = (hooks: object, name: string): boolean => typeof read(hooks, name) === "function";

/**
 * @param hooks What holds the hook, which is called as its method.
 * @returns What the hook gave; of a promise, one that never rejects. Undefined when it failed, or when there is none.
 */
export function callHook(hooks: object, name: string, event: object, onTrouble: OnTrouble): unknown {
  const hook = read(hooks, name);
  if (typeof hook !== "function") return undefined;
  const failed = (err: unknown): undefined => {
    const place = placeOf(err);
    const where = place === null ? "" : ` (${place.file}:${place.line}:${place.column})`;
    onTrouble({ name, message: `hook ${name} failed: ${summary(err)}${where}`, err });
  };
  try {
    const given: unknown = Reflect.apply(hook, hooks, [event]);
    return isThenable(given) ? Promise.resolve(given).catch(failed) : given;
  } catch (error) {
    return failed(error);
  }
}

/** The same, and waits for a promise, but not for ever. */
export async function callHookWithin(
  limitMs: number,
  ...[hooks, name, event, onTrouble]: Parameters<typeof callHook>
): Promise<void> {
  const given = callHook(hooks, name, event, onTrouble);
  if (!isThenable(given)) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((done) => {
    timer = setTimeout(() => {
      const message = `hook ${name} has not finished after ${limitMs / 1_000} s: it is not waited for any longer`;
      onTrouble({ name, message });
      done();
    }, limitMs);
  });
  await Promise.race([given, late]);
  clearTimeout(timer);
}

export const isThenable = (value: unknown): value is PromiseLike<unknown> => typeof read(value, "then") === "function";
