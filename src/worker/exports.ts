// What a module exports, for whoever looks for something in it: by name, and in words when it is not there. Knows the forms of ES modules
// and CommonJS. Does not know what is looked for.

import { isFastify, recognise } from "../interfaces/detect.ts";
import { nearest } from "../modules/nearest.ts";
import { describe, read } from "../modules/stack.ts";

type Namespace = Readonly<Record<string, unknown>>;

/** What the person asked for, and the file that it was. */
export interface Where {
  readonly target: string;
  readonly file: string;
}

/** A module of constants may export hundreds. */
const NAMES_SHOWN = 20;

/** The module's namespace, and for CommonJS `module.exports`, in which Node does not see every name. */
export function holders(namespace: Namespace): readonly unknown[] {
  const exported = namespace["default"];
  // An application holds what is its own: a getter there may start it.
  return typeof exported === "object" && exported !== null && !isApplication(exported)
    ? [namespace, exported]
    : [namespace];
}

/** A default export that is an application, not a place of names. */
const isWhole = (exported: unknown): boolean =>
  typeof exported === "object" && exported !== null && isApplication(exported);

/** An object that `module.exports` may be may have a member called fetch, and still be a place of names. */
const isApplication = (exported: object): boolean =>
  isFastify(exported) || (Object.getPrototypeOf(exported) !== Object.prototype && recognise(exported) !== null);

export function namedExport(namespace: Namespace, name: string): unknown {
  for (const holder of holders(namespace)) {
    const value = read(holder, name);
    if (value !== undefined) return value;
  }
  // A CommonJS function may carry others: `module.exports = create; create.application = ...`. Its length and name are no exports.
  const member = read(namespace["default"], name);
  return typeof member === "function" || typeof member === "object" ? member : undefined;
}

export function missingMember(owner: unknown, name: string, walked: string, { target, file }: Where): string {
  if ((typeof owner !== "object" && typeof owner !== "function") || owner === null) {
    return `cannot load ${target}: ${walked} of ${file} is ${describe(owner)}, which has no members`;
  }
  const names = Object.keys(owner);
  return [
    `cannot load ${target}: ${walked} of ${file} has no member "${name}"`,
    ...listNames("it has", names, name),
  ].join("\n");
}

export function listExports(namespace: Namespace, wanted: string): readonly string[] {
  const names = new Set(holders(namespace).flatMap((holder) => Object.keys(holder as object)));
  // Node's name for the whole of a CommonJS module, and a mark that compilers leave in it.
  for (const internal of ["module.exports", "__esModule"]) names.delete(internal);
  if (isEmptyObject(namespace["default"])) names.delete("default");
  return listNames("it exports", [...names], wanted);
}

/** `export default` is an export too, and has no other name. */
export const hintDefault = (namespace: Namespace): readonly string[] =>
  typeof namespace["default"] === "function" || isWhole(namespace["default"])
    ? ["its default export is named :default, or not at all"]
    : [];

/** An export that can be nothing but an application, under a name that nobody looked for. */
export function hintApplication(namespace: Namespace, target: string): readonly string[] {
  for (const [name, value] of Object.entries(namespace)) {
    const kind = recognise(value);
    if (kind === null || kind.interface === null || kind.kind === "tsgi" || kind.kind === "asgi") continue;
    if (name !== "default" && name !== "module.exports")
      return [`${name} is ${kind.what}: name it, as in ${target}:${name}`];
  }
  return [];
}

/** The same in an object that was exported as a whole: `module.exports = { server }`. */
export const hintMember = (exported: unknown, target: string): readonly string[] =>
  typeof exported === "object" && exported !== null && Object.getPrototypeOf(exported) === Object.prototype
    ? hintApplication(exported as Namespace, target)
    : [];

function listNames(verb: string, names: readonly string[], wanted: string): readonly string[] {
  const shown = names.slice(0, NAMES_SHOWN).join(", ");
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : "";
  const near = nearest(wanted, names);
  return [
    `${verb} ${shown === "" ? "nothing" : `${shown}${more}`}`,
    ...(near === null ? [] : [`did you mean "${near}"?`]),
  ];
}

export const isEmptyObject = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).length === 0 &&
  Object.getPrototypeOf(value) === Object.prototype;
