// The words of `module:callable`.
// Pure: knows where a target is cut and which callables can be written. Does not know whether either exists.

import { fileURLToPath } from "node:url";
import { TsgiError } from "../errors.ts";

export interface Target {
  /** A path, a `file:` URL or the name of a package. */
  readonly module: string;
  readonly callable: Callable | null;
}

/** `create()` is a factory; `obj.app` is reached through what is exported. */
export interface Callable {
  readonly path: readonly [string, ...string[]];
  readonly isFactory: boolean;
}

const FORMS = "expected module, module:callable, module:object.callable or module:factory()";
const DOTTED = /^[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*$/u;

/**
 * The last colon divides, unless what follows it is a piece of a path: `C:\site\app.js` and `file:///site/app.js` have
 * no callable. So `C:app` is a module named C.
 *
 * @throws TsgiError `usage`, with what was given and what fits.
 */
export function parseTarget(target: string): Target {
  if (target.trim() === "") throw new TsgiError("usage", `no application named: ${FORMS}`);
  // Arguments may hold colons of their own: the one in front of the name counts.
  const call = /^.*?:(?=[^:()\\/]*\(.*\)\s*$)/s.exec(target);
  const colon = call === null ? target.lastIndexOf(":") : call[0].length - 1;
  const tail = target.slice(colon + 1);
  if (colon < 0 || /^[^(]*[\\/]/.test(tail)) return { module: target, callable: null };
  const module = target.slice(0, colon);
  if (module === "") throw new TsgiError("usage", `"${target}" names no module in front of the colon: ${FORMS}`);
  if (tail === "") throw new TsgiError("usage", `"${target}" names nothing behind the colon: ${FORMS}`);
  return { module, callable: parseCallable(tail, target) };
}

/** The name that leads to a target's module: of a URL its path. Null for what is no target, which a worker says in its words. */
export function moduleOf(target: string): string | null {
  try {
    const { module } = parseTarget(target);
    return module.startsWith("file:") ? fileURLToPath(module) : module;
  } catch {
    return null;
  }
}

function parseCallable(text: string, target: string): Callable {
  const [, name = "", call] = /^([^()]*)(\(.*\))?$/s.exec(text) ?? [];
  if (!DOTTED.test(name)) {
    throw new TsgiError("usage", `"${text}" in "${target}" is no name with dots: ${FORMS}`);
  }
  if (call !== undefined && call.slice(1, -1).trim() !== "") {
    const advice = `write a function without parameters that calls ${name}${call}, and name that`;
    throw new TsgiError("usage", `"${text}" in "${target}": a factory is called without arguments; ${advice}`);
  }
  return { path: name.split(".") as [string, ...string[]], isFactory: call !== undefined };
}
