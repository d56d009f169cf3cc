// Notes every file that this process loads as a module from now on, and every one that an import looked for in vain.
// Knows Node's hooks on each version. Does not know tsx: whatever it makes of a name, the last word is heard here.

import nodeModule from "node:module";
import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { type Alias, candidatesOf } from "./candidates.ts";
import { NOT_FOUND_CODES } from "./missing.ts";
import { listen, type Noted, noteLoaded, noteMissing, tell, watchLoaders } from "./noted.ts";
import { read, toPath } from "./stack.ts";
import { readTsconfig } from "./tsconfig.ts";

/** Tells what has not been told yet, also of an import that has just failed. */
export interface LoadedFiles {
  flush(): void;
}

/** One name that was looked up: where it led, or why nowhere. */
interface Lookup {
  readonly url?: string;
  readonly specifier?: string;
  readonly parent?: string | undefined;
  readonly code?: unknown;
  readonly message?: string;
}

type Resolve = (specifier: string, context: { readonly parentURL?: string }, next: Resolve) => { readonly url: string };

// Neither is in the types of Node 20; the second is not public there either, and every loader for CommonJS replaces it.
interface Loaders {
  registerHooks?: (hooks: { readonly resolve: Resolve }) => { deregister(): void };
  _resolveFilename: (...args: unknown[]) => string;
}
const loaders = nodeModule as unknown as Loaders;

let isNoting = false;
let registered: { deregister(): void } | undefined;
let port: MessagePort | undefined;
let aliases: readonly Alias[] = [];

/**
 * Local files only, by their real path: packages in node_modules are left out, linked ones are not. Also the package.json that each is
 * under, and the tsconfig.json that holds, with what it extends. Told in batches of a few milliseconds, each file once.
 */
export function noteLoadedFiles(heard: (noted: Noted) => void): LoadedFiles {
  listen(heard);
  if (!isNoting) {
    isNoting = true;
    putNotesOnTop();
    watchLoaders({ onTsconfig, onHooks: putNotesOnTop });
  }
  return {
    flush: () => {
      drain();
      tell();
    },
  };
}

// Those below other hooks see more names than were written, and never some that were.
function putNotesOnTop(): void {
  if (loaders.registerHooks !== undefined) {
    registered?.deregister();
    registered = loaders.registerHooks({ resolve: resolveNoted });
    return;
  }
  noteRequired();
  noteImportedOnThread();
}

function onTsconfig(file: string): void {
  const config = readTsconfig(file);
  aliases = config.aliases;
  noteLoaded(config.files);
  noteMissing(config.missing);
}

const resolveNoted: Resolve = (specifier, context, next) => {
  try {
    const resolved = (next as (...args: unknown[]) => { readonly url: string })(specifier, context);
    note({ url: resolved.url });
    return resolved;
  } catch (error) {
    note({ ...failureOf(error), specifier, parent: context.parentURL });
    throw error;
  }
};

const failureOf = (error: unknown): Lookup => ({
  code: read(error, "code"),
  message: String(read(error, "message") ?? ""),
});

function note({ url, specifier, parent, code, message = "" }: Lookup): void {
  if (url !== undefined) {
    // Most modules of an application are those of its packages, and cost no more than this. tsx keeps two copies of some modules apart
    // by a query, one that may also have become part of a name.
    if (url.startsWith("file:") && !url.includes("/node_modules/")) noteLoaded([toPath(toPath(url))]);
    return;
  }
  if (specifier === undefined || !NOT_FOUND_CODES.has(String(code))) return;
  const importer = parent === undefined || !/^(?:file:|\/)/.test(parent) ? null : toPath(parent);
  const lookedAt = /^Cannot find module '(\/.+?)'/.exec(message)?.[1] ?? null;
  noteMissing(candidatesOf({ specifier, importer, lookedAt, aliases }));
}

let isLookingUp = false;

// The copy that is lowest in a chain sees every name that those above try out.
function noteRequired(): void {
  const next = loaders._resolveFilename;
  loaders._resolveFilename = function (this: unknown, ...args) {
    if (isLookingUp) return Reflect.apply(next, this, args);
    isLookingUp = true;
    const [specifier, parent] = args;
    try {
      const file = Reflect.apply(next, this, args);
      if (/^[\\/]/.test(file)) noteLoaded([toPath(file)]);
      return file;
    } catch (error) {
      const from = read(parent, "filename");
      note({ ...failureOf(error), specifier: String(specifier), parent: typeof from === "string" ? from : undefined });
      throw error;
    } finally {
      isLookingUp = false;
    }
  };
}

// Text, because it runs on Node 20's thread for hooks. A message is posted before the answer, so it is there when an import has failed.
const ON_THREAD = `
import { AsyncLocalStorage } from "node:async_hooks";
const within = new AsyncLocalStorage();
let port;
export const initialize = (data) => { port = data?.port ?? port; };
const noted = async (specifier, context, next) => {
  try {
    const resolved = await next(specifier, context);
    port.postMessage({ url: resolved.url });
    return resolved;
  } catch (error) {
    port.postMessage({ specifier, parent: context.parentURL, code: error?.code, message: String(error?.message) });
    throw error;
  }
};
export const resolve = (specifier, context, next) =>
  within.getStore() === true ? next(specifier, context) : within.run(true, noted, specifier, context, next);`;

function noteImportedOnThread(): void {
  const hooks = `data:text/javascript,${encodeURIComponent(ON_THREAD)}`;
  if (port !== undefined) {
    nodeModule.register(hooks);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port = port1;
  port.on("message", (lookup: Lookup) => note(lookup));
  port.unref();
  nodeModule.register(hooks, { data: { port: port2 }, transferList: [port2] });
}

function drain(): void {
  if (port === undefined) return;
  for (let found = receiveMessageOnPort(port); found !== undefined; found = receiveMessageOnPort(port)) {
    note((found as { readonly message: Lookup }).message);
  }
}
