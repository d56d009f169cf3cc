// Several applications as one, each under a prefix of the path, which it sees as its SCRIPT_NAME (PEP 3333, environ Variables; RFC 3875
// section 4.1.13). Each has an environ of its own, so that whoever is outside finds the path as it was.

import { show } from "./said.ts";
import type { Application, Environ } from "./types.ts";
import { shiftPathInfo } from "./util.ts";

/** Prefixes such as `/shop` or `/shop/admin`, each with its application. */
export type Mounts = Readonly<Record<string, Application>>;

interface Mount {
  readonly prefix: string;
  /** How many names the prefix has. */
  readonly depth: number;
  readonly application: Application;
}

/**
 * The longest prefix that fits wins, and a name fits as a whole: `/shop` has `/shop` and `/shop/cart`, not `/shopping`. Under its prefix
 * an application finds the rest in PATH_INFO, by the rules of `shiftPathInfo`; empty names and `.` in it are gone.
 *
 * What an application adds to its environ is seen by itself only.
 *
 * @param fallback Answers what fits nowhere, with the path as it is. Default: 404.
 * @throws TypeError for a prefix or an application that is none.
 */
export function mount(mounts: Mounts, fallback: Application = notFound): Application {
  if (typeof mounts !== "object" || mounts === null || Array.isArray(mounts)) {
    throw new TypeError(`mount: ${show(mounts)}: expected an object, each prefix with its application`);
  }
  const sorted = Object.entries(mounts)
    .map(toMount)
    .sort((a, b) => b.prefix.length - a.prefix.length);
  if (typeof fallback !== "function") throw new TypeError(`mount: the fallback is ${show(fallback)}: ${FITS}`);
  return (environ, startResponse) => {
    const path = environ.PATH_INFO;
    const found = sorted.find(
      ({ prefix }) => path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === "/"),
    );
    if (found === undefined) return fallback(environ, startResponse);
    const inner = copyOf(environ);
    for (let i = 0; i < found.depth; i += 1) shiftPathInfo(inner);
    return found.application(inner, startResponse);
  };
}

const FITS = "expected an application, a function (environ, startResponse)";

function toMount([prefix, application]: readonly [string, Application]): Mount {
  // Names that shiftPathInfo leaves out, or goes up with, would never be found.
  if (!/^(?:\/(?!\.{0,2}(?:\/|$))[^/]+)+$/.test(prefix)) {
    const hint =
      prefix === "/" || prefix === "" ? "; what fits nowhere else is the fallback's, the second argument" : "";
    throw new TypeError(
      `mount: prefix ${show(prefix)}: expected a path such as "/shop" or "/shop/admin", without a slash at its end${hint}`,
    );
  }
  if (typeof application !== "function") throw new TypeError(`mount: ${show(application)} at ${prefix}: ${FITS}`);
  return { prefix, depth: prefix.split("/").length - 1, application };
}

/** `tsgi.signal` is asked for only if the application asks: many servers make it then. */
function copyOf(environ: Environ): Environ {
  const copy: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(environ)) if (key !== SIGNAL) copy[key] = environ[key];
  Object.defineProperty(copy, SIGNAL, {
    get: () => environ[SIGNAL],
    set: (value) => Object.defineProperty(copy, SIGNAL, { value, writable: true }),
    enumerable: true,
    configurable: true,
  });
  return copy as unknown as Environ;
}

const SIGNAL = "tsgi.signal";

const notFound: Application = (_environ, startResponse) => {
  startResponse("404 Not Found", [["Content-Type", "text/plain; charset=utf-8"]]);
  return ["404 Not Found\n"];
};
