// Where a function is written: file, line and column, in TypeScript where there is a source map. Costs a debugger session on
// our own thread, so it is only asked when an application broke the contract without a throw that would have said it.

import { findSourceMap } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isOwn } from "./stack.ts";

const KEY = "tsgi.locate";

interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number;
}

// A function does not move, and each look costs a debugger session.
const KNOWN = new WeakMap<object, { readonly place: string | undefined }>();

/** `file:line:column`, or undefined where the engine does not tell (a bound or a native function), or it is one of tsgi's own. */
export function locateFunction(subject: (...args: never[]) => unknown): string | undefined {
  let known = KNOWN.get(subject);
  if (known === undefined) {
    known = { place: ask(subject) };
    KNOWN.set(subject, known);
  }
  return known.place;
}

/**
 * Puts a function on top of an error's stack, for what it gave back and did not throw: it has returned, so the engine has it on no stack. Every
 * page and log that shows a stack then shows where to look.
 *
 * @returns The error itself.
 */
export function blame<E extends Error>(error: E, subject: unknown): E {
  const place = typeof subject === "function" ? locateFunction(subject as () => unknown) : undefined;
  if (place === undefined) return error;
  const { name } = subject as () => unknown;
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  const frames = stack.indexOf("\n    at ");
  const head = frames < 0 ? stack : stack.slice(0, frames);
  error.stack = `${head}\n    at ${name === "" ? "<anonymous>" : name} (${place})${stack.slice(head.length)}`;
  return error;
}

function ask(subject: unknown): string | undefined {
  const { Session } = process.getBuiltinModule("node:inspector");
  const session = new Session();
  const globals = globalThis as Record<symbol, unknown>;
  const key = Symbol.for(KEY);
  try {
    session.connect();
    globals[key] = subject;
    const urls = new Map<string, string>();
    session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
    let location: Location | undefined;
    session.post("Runtime.evaluate", { expression: `globalThis[Symbol.for("${KEY}")]` }, (_error, found) => {
      session.post(
        "Runtime.getProperties",
        { objectId: found?.result.objectId ?? "", ownProperties: true },
        (_err, properties) => {
          const internal = properties?.internalProperties?.find((p) => p.name === "[[FunctionLocation]]");
          location = internal?.value?.value as Location | undefined;
        },
      );
    });
    if (location === undefined) return undefined;
    session.post("Debugger.enable");
    const url = urls.get(location.scriptId);
    return url === undefined || url === "" ? undefined : describe(url, location.lineNumber, location.columnNumber ?? 0);
  } catch {
    return undefined;
  } finally {
    delete globals[key];
    session.disconnect();
  }
}

/** Lines and columns count from 0 in the protocol and from 1 for people. */
function describe(url: string, line: number, column: number): string | undefined {
  const path = url.startsWith("file:") ? fileURLToPath(url.replace(/[?#].*$/, "")) : url;
  // What `getApplication` made is a function of ours, and no place where a mistake could be.
  if (isOwn(path)) return undefined;
  const map = findSourceMap(url) ?? findSourceMap(path);
  const entry = map?.findEntry(line, column);
  if (entry !== undefined && "originalSource" in entry && entry.originalSource !== undefined) {
    const source = entry.originalSource.startsWith("file:") ? fileURLToPath(entry.originalSource) : path;
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  }
  return `${path}:${line + 1}:${column + 1}`;
}
