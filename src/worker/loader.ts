// From `module:callable` to the function that answers requests.
// Knows the shapes of a module and of an application. Does not know requests, sockets or the pool.

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Settings } from "../config/options.ts";
import { TsgiError } from "../errors.ts";
import type { Application, Chunk } from "../gateway/types.ts";
import { type Adopted, adopt, WANTS } from "../interfaces/adopt.ts";
import { isFastify, recognise } from "../interfaces/detect.ts";
import type { InterfaceName, Served } from "../interfaces/interface.ts";
import { importUserModule } from "../modules/import.ts";
import { nearFile } from "../modules/missing.ts";
import { resolveModule } from "../modules/resolve.ts";
import { read, readText, showThrown } from "../modules/stack.ts";
import { type Callable, parseTarget } from "../modules/target.ts";
import { type BesideApplication, besideOf, type Found } from "./beside.ts";
import {
  hintApplication,
  hintDefault,
  hintMember,
  holders,
  isEmptyObject,
  listExports,
  missingMember,
  namedExport,
  type Where,
} from "./exports.ts";
import type { Listened, ListenGuard } from "./listen-guard.ts";
import { notCallable } from "./not-callable.ts";

/** How the application was written. A class is called with `new` (PEP 3333, The Application/Framework Side). */
export type ApplicationKind = "function" | "async" | "generator" | "async-generator" | "class";

export interface LoadedApplication extends Adopted, BesideApplication {
  /** The function itself where it is a TSGI application; for others, what stands for it in messages. */
  readonly application: Application;
  /** The absolute path of the module. */
  readonly file: string;
  /** Where in the module it was found: `application`, `default`, `obj.app`, `create()`. */
  readonly exportName: string;
  readonly kind: ApplicationKind;
  /** What the module has there, before a method was bound to its object. */
  readonly subject: unknown;
}

export interface LoadOptions {
  /** The folder that paths and packages are looked up from; absolute. */
  readonly cwd: string;
  /** What the application is, by `--interface`; "auto" when left out. */
  readonly interface?: InterfaceName | "auto" | undefined;
  /** What Request and Response are in a fetch application, by `--fetch-objects`; "light" when left out. */
  readonly fetchObjects?: Settings["fetchObjects"] | undefined;
  /** Who knows what the module tells to listen. Nobody when left out. */
  readonly listening?: Listening | undefined;
}

/** The guard of listen(), as far as the loader asks it. */
export interface Listening {
  readonly guard: Pick<ListenGuard, "adopt" | "places" | "first" | "serves">;
  /** How long a server may take to be told to listen, where nothing is exported; milliseconds. */
  readonly limitMs: () => number;
}

/** What is looked for when the target names no callable, in this order; the first that exists is taken. */
const USUAL_NAMES = ["application", "app"] as const;

/**
 * Imports the module and takes the application out of it: a function (sync, async, a generator), a class whose
 * instances are the body, or what another interface serves (interfaces/adopt.ts). Without a callable: `application`, `app`, then the
 * default export. `module.exports` of CommonJS counts as both the default export and a place of named ones. A promise,
 * exported or given by a factory, is awaited; a method keeps its `this`.
 *
 * @param target `module` or `module:callable`, where module is a path, a folder, a package or a `file:` URL.
 * @throws TsgiError `usage`, `no-module`, `syntax-error`, `import-throws`, `no-export`, `not-callable`, `factory-fails`.
 */
export async function loadApplication(target: string, options: LoadOptions): Promise<LoadedApplication> {
  const { module, callable } = parseTarget(target);
  const file = findFile(module, target, options.cwd);
  const namespace = await importUserModule(file, { asked: target });
  const where: Where = { target, file };
  const found: FoundListening =
    callable === null
      ? await findUsual(namespace, where, options.listening)
      : await findNamed(namespace, callable, where);
  const { exportName } = found;
  // A Fastify application is a thenable, and no promise of one.
  const value = isFastify(found.value) ? found.value : await settled(found.value, exportName, where);
  const declared = namedExport(namespace, "interface");
  const nativeResponse = options.fetchObjects === "native";
  const adopted = await adopt(value, { asked: options.interface, declared, owner: found.owner, nativeResponse });
  if ("misfit" in adopted) {
    const gaveNothing = value === undefined && found.value !== undefined;
    const hints = gaveNothing
      ? ["Does the function behind the promise return what it made?"]
      : hintMember(value, target);
    const why = [...hints, adopted.misfit].join("\n");
    throw notCallable(value, exportName, { ...where, why });
  }
  if ("step" in adopted) {
    const what = `cannot load ${target}: ${adopted.step} of ${exportName} of ${file} failed`;
    throw new TsgiError("startup-fails", `${what}\n\n${showThrown(adopted.thrown)}`, { cause: adopted.thrown });
  }
  return {
    ...adopted,
    ...(found.listened === undefined ? null : servedListening(adopted, found.listened)),
    ...(adopted.served === null
      ? toApplication(value, found, where)
      : { application: value as Application, kind: "function" }),
    ...besideOf({ ...found, value }, namespace, where),
    ...{ file, exportName, subject: value },
  };
}

/** A server that the module told to listen. */
interface FoundListening extends Found {
  readonly listened?: Listened;
}

/** Its program has heard that it listens, and closes it itself: the interface says neither. */
function servedListening(adopted: Adopted, { place, served, end }: Listened): Pick<Adopted, "served" | "why"> {
  served();
  const gateway = (adopted.served as Served).gateway;
  return { served: { gateway, shutdown: end }, why: `${adopted.why}, told to listen at ${place}` };
}

function findFile(module: string, target: string, cwd: string): string {
  let name = module;
  if (module.startsWith("file:")) {
    try {
      name = fileURLToPath(module);
    } catch (error) {
      throw new TsgiError("usage", `"${module}" is no URL of a local file: ${read(error, "message")}`, {
        cause: error,
      });
    }
  }
  const { file, tried, denied } = resolveModule(name, cwd);
  if (file !== null) return file;
  const lines = [`no module "${module}"${module === target ? "" : ` (from "${target}")`}; looked for`];
  lines.push(...tried.map((place) => `  ${place}`));
  if (denied !== null) lines.push(`${denied} may not be looked into by the user with id ${process.geteuid?.()}`);
  const near = nearFile(resolve(cwd, name));
  if (near !== null) lines.push(`did you mean "${near}"?`);
  throw new TsgiError("no-module", lines.join("\n"));
}

async function findUsual(
  namespace: Readonly<Record<string, unknown>>,
  where: Where,
  listening: Listening | undefined,
): Promise<FoundListening> {
  const guard = listening?.guard;
  const usual = usualOf(namespace);
  if (guard?.adopt !== true) {
    if (usual !== null) return usual;
    throw new TsgiError("no-export", nothingUsual(namespace, where, guard));
  }
  // A program has other exports than applications.
  if (usual !== null && (recognise(usual.value) !== null || typeof read(usual.value, "then") === "function")) {
    guard.serves(usual.exportName);
    return usual;
  }
  const listened = await guard.first(listening!.limitMs());
  if (listened !== null) return { value: listened.server, exportName: "the server that listens", listened };
  if (usual !== null) return usual;
  throw new TsgiError("no-export", nothingUsual(namespace, where, guard));
}

function usualOf(namespace: Readonly<Record<string, unknown>>): Found | null {
  for (const holder of holders(namespace)) {
    for (const name of USUAL_NAMES) {
      const value = read(holder, name);
      if (value !== undefined) return { value, exportName: name };
    }
  }
  const value = namespace["default"];
  // A CommonJS module that exports nothing has an empty object for a default.
  return value === undefined || isEmptyObject(value) ? null : { value, exportName: "default" };
}

function nothingUsual(
  namespace: Readonly<Record<string, unknown>>,
  { file, target }: Where,
  guard: Listening["guard"] | undefined,
): string {
  const lines = [`${file} exports neither application nor app, and has no default export`];
  lines.push(...listExports(namespace, "application"), ...hintApplication(namespace, target));
  if (guard === undefined) return lines.join("\n");
  const [place] = guard.places;
  if (guard.adopt)
    lines.push("and no http.Server was told to listen() while there was time (--adopt-listen, --boot-timeout)");
  else if (place !== undefined || LISTENS.test(readText(file) ?? "")) {
    const called = place === undefined ? "it calls listen()" : `it calls listen() (${place})`;
    lines.push(`${called}: export the application instead, or start with --adopt-listen, which serves what listens`);
  }
  return lines.join("\n");
}

/** How programs start a server; one that does so later is imported before it has. */
const LISTENS = /\.listen\s*\(|\bserve\s*\(/;

async function findNamed(
  namespace: Readonly<Record<string, unknown>>,
  callable: Callable,
  where: Where,
): Promise<Found> {
  const [first, ...rest] = callable.path;
  let value = namedExport(namespace, first);
  if (value === undefined) {
    throw new TsgiError(
      "no-export",
      [`${where.file} has no export "${first}"`, ...listExports(namespace, first), ...hintDefault(namespace)].join(
        "\n",
      ),
    );
  }
  let owner: unknown;
  let walked = first;
  for (const name of rest) {
    owner = await settled(value, walked, where);
    value = read(owner, name);
    if (value === undefined) throw new TsgiError("no-export", missingMember(owner, name, walked, where));
    walked = `${walked}.${name}`;
  }
  if (!callable.isFactory) return { value, exportName: walked, owner };
  const factory = await settled(value, walked, where);
  if (typeof factory !== "function") throw notCallable(factory, walked, where);
  const exportName = `${walked}()`;
  try {
    const made: unknown = await Reflect.apply(factory, owner, []);
    return { value: made, exportName, maker: owner };
  } catch (thrown) {
    throw factoryFails(`${exportName} of ${where.file} failed`, thrown, where);
  }
}

/** A promise's value, or the value itself. */
async function settled(value: unknown, exportName: string, where: Where): Promise<unknown> {
  if (typeof read(value, "then") !== "function") return value;
  try {
    return await value;
  } catch (thrown) {
    throw factoryFails(`the promise ${exportName} of ${where.file} was rejected`, thrown, where);
  }
}

function factoryFails(what: string, thrown: unknown, { target }: Where): TsgiError {
  return new TsgiError("factory-fails", `cannot load ${target}: ${what}\n\n${showThrown(thrown)}`, { cause: thrown });
}

function toApplication(value: unknown, found: Found, where: Where): Pick<LoadedApplication, "application" | "kind"> {
  if (typeof value !== "function") throw notCallable(value, found.exportName, where);
  const kind = kindOf(value);
  if (kind !== "class") {
    const application = (found.owner === undefined ? value : value.bind(found.owner)) as Application;
    return { application, kind };
  }
  const Class = value as new (...call: Parameters<Application>) => Iterable<Chunk>;
  if (!(Symbol.iterator in Class.prototype) && !(Symbol.asyncIterator in Class.prototype)) {
    const why = `${found.exportName} of ${where.file} is a class whose instances cannot be iterated`;
    const advice =
      "fetch" in Class.prototype ? "Its instances have fetch(): export one of them" : `TSGI wants ${WANTS.tsgi}`;
    throw new TsgiError("not-callable", `cannot load ${where.target}: ${why}\n${advice}.`);
  }
  return { application: (environ, startResponse) => new Class(environ, startResponse), kind };
}

function kindOf(callable: object): ApplicationKind {
  if (/^class\b/.test(Function.prototype.toString.call(callable))) return "class";
  const tag = Object.prototype.toString.call(callable);
  if (tag === "[object AsyncGeneratorFunction]") return "async-generator";
  if (tag === "[object GeneratorFunction]") return "generator";
  return tag === "[object AsyncFunction]" ? "async" : "function";
}

const KINDS: Readonly<Record<ApplicationKind, string>> = {
  function: "a function",
  async: "an async function",
  generator: "a generator function",
  "async-generator": "an async generator function",
  class: "a class",
};

type Described = Pick<LoadedApplication, "exportName" | "file" | "kind" | "interface" | "what" | "why">;

/** `server:app is app of /srv/server.js, an Express application, served by the node interface (a function with handle() and ...)`. */
export function describeLoaded(target: string, loaded: Described): string {
  const { exportName, file, kind, what, why } = loaded;
  const form = loaded.interface === "tsgi" ? KINDS[kind] : what;
  return `${target} is ${exportName} of ${file}, ${form}, served by the ${loaded.interface} interface (${why})`;
}
