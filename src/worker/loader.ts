// From `module:callable` to the function that answers requests.
// Knows the shapes of a module and of an application. Does not know requests, sockets or the pool.

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { TsgiError } from "../errors.ts";
import type { Application, Chunk, Shutdown, Startup } from "../gateway/types.ts";
import { type Adopted, adopt } from "../interfaces/adopt.ts";
import type { InterfaceName } from "../interfaces/interface.ts";
import { importUserModule } from "../modules/import.ts";
import { nearFile } from "../modules/missing.ts";
import { nearest } from "../modules/nearest.ts";
import { resolveModule } from "../modules/resolve.ts";
import { describe, read, showThrown } from "../modules/stack.ts";
import { type Callable, parseTarget } from "../modules/target.ts";

/** How the application was written. A class is called with `new` (PEP 3333, The Application/Framework Side). */
export type ApplicationKind = "function" | "async" | "generator" | "async-generator" | "class";

export interface LoadedApplication extends Adopted {
  /** The function itself where it is a TSGI application; for others, what stands for it in messages. */
  readonly application: Application;
  /** The absolute path of the module. */
  readonly file: string;
  /** Where in the module it was found: `application`, `default`, `obj.app`, `create()`. */
  readonly exportName: string;
  readonly kind: ApplicationKind;
  /** What runs in the worker before its first and after its last request. */
  readonly startup: Beside<Startup> | null;
  readonly shutdown: Beside<Shutdown> | null;
}

/** A function that stands beside the application. */
export interface Beside<F> {
  readonly run: F;
  /** As a person calls it: `startup`, `site.startup`. */
  readonly name: string;
}

export interface LoadOptions {
  /** The folder that paths and packages are looked up from; absolute. */
  readonly cwd: string;
  /** What the application is, by `--interface`; "auto" when left out. */
  readonly interface?: InterfaceName | "auto" | undefined;
}

/** What is looked for when the target names no callable, in this order; the first that exists is taken. */
const USUAL_NAMES = ["application", "app"] as const;

/**
 * Imports the module and takes the application out of it: a function (sync, async, a generator), or a class whose
 * instances are the body. An object with a method is not one. Without a callable: `application`, `app`, then the
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
  const found = callable === null ? findUsual(namespace, where) : await findNamed(namespace, callable, where);
  const value = await settled(found.value, found.exportName, where);
  const adopted = await adopt(value, options.interface ?? "auto");
  return {
    ...adopted,
    ...(adopted.served === null
      ? toApplication(value, found, where)
      : { application: value as Application, kind: "function" }),
    ...besideOf(value, found, namespace, where),
    file,
    exportName: found.exportName,
  };
}

const CONTRACT = "A TSGI application is a function (environ, startResponse) that returns the body.";
/** A module of constants may export hundreds. */
const NAMES_SHOWN = 20;

interface Where {
  readonly target: string;
  readonly file: string;
}

interface Found {
  readonly value: unknown;
  readonly exportName: string;
  /** The object that the value is a member of; undefined for an export itself. */
  readonly owner?: unknown;
  /** The same of the factory that made the value. */
  readonly maker?: unknown;
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

/** The module's namespace, and for CommonJS `module.exports`, in which Node does not see every name. */
function holders(namespace: Readonly<Record<string, unknown>>): readonly unknown[] {
  const exported = namespace["default"];
  return typeof exported === "object" && exported !== null ? [namespace, exported] : [namespace];
}

function namedExport(namespace: Readonly<Record<string, unknown>>, name: string): unknown {
  for (const holder of holders(namespace)) {
    const value = read(holder, name);
    if (value !== undefined) return value;
  }
  // A CommonJS function may carry others: `module.exports = create; create.application = ...`. Its length and name are no exports.
  const member = read(namespace["default"], name);
  return typeof member === "function" || typeof member === "object" ? member : undefined;
}

function findUsual(namespace: Readonly<Record<string, unknown>>, where: Where): Found {
  for (const holder of holders(namespace)) {
    for (const name of USUAL_NAMES) {
      const value = read(holder, name);
      if (value !== undefined) return { value, exportName: name };
    }
  }
  const value = namespace["default"];
  // A CommonJS module that exports nothing has an empty object for a default.
  if (value !== undefined && !isEmptyObject(value)) return { value, exportName: "default" };
  const expected = "exports neither application nor app, and has no default export";
  throw new TsgiError("no-export", [`${where.file} ${expected}`, ...listExports(namespace, "application")].join("\n"));
}

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
    throw new TsgiError("not-callable", `cannot load ${where.target}: ${why}\n${CONTRACT}`);
  }
  return { application: (environ, startResponse) => new Class(environ, startResponse), kind };
}

const BESIDE = ["startup", "shutdown"] as const;

/**
 * `startup` and `shutdown` are looked for on the application itself, which is where a factory can put them; on the object that it, or
 * its factory, is a member of; then among the exports. The first place that has one of them has both.
 */
function besideOf(
  application: unknown,
  { exportName, owner, maker }: Found,
  namespace: Readonly<Record<string, unknown>>,
  where: Where,
): Pick<LoadedApplication, (typeof BESIDE)[number]> {
  const holder = owner ?? maker;
  const holderName = exportName.slice(0, exportName.lastIndexOf("."));
  const places = [
    { prefix: `${exportName}.`, self: application, find: (name: string) => read(application, name) },
    { prefix: `${holderName}.`, self: holder, find: (name: string) => read(holder, name) },
    { prefix: "", self: undefined, find: (name: string) => namedExport(namespace, name) },
  ];
  const place = places.find(({ find }) => BESIDE.some((name) => find(name) !== undefined));
  const take = (key: (typeof BESIDE)[number]) => {
    const value = place?.find(key);
    if (place === undefined || value === undefined) return null;
    const name = `${place.prefix}${key}`;
    if (typeof value === "function") return { name, run: value.bind(place.self) };
    const why = `${name} of ${where.file} is not a function but ${inWords(value)}`;
    const meant = `What stands beside an application as ${key} runs when a worker ${key === "startup" ? "starts" : "ends"}.`;
    throw new TsgiError("not-callable", `cannot load ${where.target}: ${why}\n${meant}`);
  };
  return { startup: take("startup"), shutdown: take("shutdown") };
}

function kindOf(callable: object): ApplicationKind {
  if (/^class\b/.test(Function.prototype.toString.call(callable))) return "class";
  const tag = Object.prototype.toString.call(callable);
  if (tag === "[object AsyncGeneratorFunction]") return "async-generator";
  if (tag === "[object GeneratorFunction]") return "generator";
  return tag === "[object AsyncFunction]" ? "async" : "function";
}

function notCallable(value: unknown, exportName: string, { target, file }: Where): TsgiError {
  const lines = [`cannot load ${target}: ${exportName} of ${file} is not a function but ${inWords(value)}`];
  if (typeof read(value, "fetch") === "function") {
    lines.push(
      "An object with fetch() is an application of another interface; this version serves TSGI applications only.",
    );
  }
  if (value === undefined && exportName.endsWith("()")) lines.push("Does the factory return what it made?");
  return new TsgiError("not-callable", [...lines, CONTRACT].join("\n"));
}

function inWords(value: unknown): string {
  if (typeof value !== "object" || value === null) return describe(value);
  const methods = ["fetch", "handle", "callback", "listen"].filter((name) => typeof read(value, name) === "function");
  const name = read(read(value, "constructor"), "name");
  const what =
    typeof name === "string" && name !== "" && name !== "Object" ? `an object of class ${name}` : "an object";
  return methods.length === 0 ? what : `${what} with ${methods.map((method) => `${method}()`).join(", ")}`;
}

function missingMember(owner: unknown, name: string, walked: string, { target, file }: Where): string {
  if ((typeof owner !== "object" && typeof owner !== "function") || owner === null) {
    return `cannot load ${target}: ${walked} of ${file} is ${describe(owner)}, which has no members`;
  }
  const names = Object.keys(owner);
  return [
    `cannot load ${target}: ${walked} of ${file} has no member "${name}"`,
    ...listNames("it has", names, name),
  ].join("\n");
}

function listExports(namespace: Readonly<Record<string, unknown>>, wanted: string): readonly string[] {
  const names = new Set(holders(namespace).flatMap((holder) => Object.keys(holder as object)));
  // Node's name for the whole of a CommonJS module, and a mark that compilers leave in it.
  for (const internal of ["module.exports", "__esModule"]) names.delete(internal);
  if (isEmptyObject(namespace["default"])) names.delete("default");
  return listNames("it exports", [...names], wanted);
}

/** `export default` is an export too, and has no other name. */
const hintDefault = (namespace: Readonly<Record<string, unknown>>): readonly string[] =>
  typeof namespace["default"] === "function" ? ["its default export is named :default, or not at all"] : [];

function listNames(verb: string, names: readonly string[], wanted: string): readonly string[] {
  const shown = names.slice(0, NAMES_SHOWN).join(", ");
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : "";
  const near = nearest(wanted, names);
  return [
    `${verb} ${shown === "" ? "nothing" : `${shown}${more}`}`,
    ...(near === null ? [] : [`did you mean "${near}"?`]),
  ];
}

const isEmptyObject = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).length === 0 &&
  Object.getPrototypeOf(value) === Object.prototype;
