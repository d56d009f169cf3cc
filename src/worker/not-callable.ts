// The message for an export that no interface can serve: what was found there, and what would have been served.

import { TsgiError } from "../errors.ts";
import { classOf, methodsOf, wantsOf } from "../interfaces/adopt.ts";
import { recognise } from "../interfaces/detect.ts";
import { describe } from "../modules/stack.ts";
import type { Where } from "./exports.ts";

const METHODS_SHOWN = 8;

/** @param why What the interfaces say of it. */
export function notCallable(
  value: unknown,
  exportName: string,
  { target, file, why }: Where & { readonly why?: string },
): TsgiError {
  const found = recognise(value) !== null ? "cannot be served" : `is not a function but ${inWords(value)}`;
  const lines = [`cannot load ${target}: ${exportName} of ${file} ${found}`];
  if (value === undefined && exportName.endsWith("()")) lines.push("Does the factory return what it made?");
  return new TsgiError("not-callable", [...lines, why ?? wantsOf()].join("\n"));
}

/** `an object of class Site with render(), close()`. */
export function inWords(value: unknown): string {
  if (typeof value !== "object" || value === null) return describe(value);
  const methods = methodsOf(value, METHODS_SHOWN + 1);
  const name = classOf(value);
  const what = name === null ? "an object" : `an object of class ${name}`;
  if (methods.length === 0) return what;
  const more = methods.length > METHODS_SHOWN ? ", ..." : "";
  return `${what} with ${methods
    .slice(0, METHODS_SHOWN)
    .map((method) => `${method}()`)
    .join(", ")}${more}`;
}
