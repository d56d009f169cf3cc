// What stands beside an application: the startup() and shutdown() of its module, and where they are looked for.
// Does not know when they run.

import { TsgiError } from "../errors.ts";
import type { Shutdown, Startup } from "../gateway/types.ts";
import { read } from "../modules/stack.ts";
import { namedExport, type Where } from "./exports.ts";
import { inWords } from "./not-callable.ts";

/** A function that stands beside the application. */
export interface Beside<F> {
  readonly run: F;
  /** As a person calls it: `startup`, `site.startup`. */
  readonly name: string;
}

/** What runs in the worker before its first and after its last request. */
export interface BesideApplication {
  readonly startup: Beside<Startup> | null;
  readonly shutdown: Beside<Shutdown> | null;
}

/** An application, where it was found. */
export interface Found {
  readonly value: unknown;
  readonly exportName: string;
  /** The object that the value is a member of; undefined for an export itself. */
  readonly owner?: unknown;
  /** The same of the factory that made the value. */
  readonly maker?: unknown;
}

const BESIDE = ["startup", "shutdown"] as const;

/**
 * `startup` and `shutdown` are looked for on the application itself, which is where a factory can put them; on the object that it, or
 * its factory, is a member of; then among the exports. The first place that has one of them has both.
 */
export function besideOf(
  { value: application, exportName, owner, maker }: Found,
  namespace: Readonly<Record<string, unknown>>,
  where: Where,
): BesideApplication {
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
