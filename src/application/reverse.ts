// The path of a route by its name and parameters (Django's reverse). Gives nothing that would not lead back to the same route.
// Knows the flat list of routes and the script prefix.

import { nearest } from "../modules/nearest.ts";
import { NoReverseMatch } from "./exceptions.ts";
import type { Piece } from "./paths.ts";
import { type FlatRoute, titleOf } from "./route-table.ts";
import { getScriptPrefix } from "./script-prefix.ts";
import type { Params } from "./types.ts";
import { quotePath } from "./uri.ts";

/** @param prefix Default: that of the request which is being answered. */
export type Reverse = (name: string, params?: Params, prefix?: string) => string;

export function reverser(routes: readonly FlatRoute[]): Reverse {
  const named = new Map<string, FlatRoute[]>();
  for (const route of routes) {
    if (route.name === undefined) continue;
    const key = [...route.namespaces, route.name].join(":");
    const same = named.get(key);
    if (same === undefined) named.set(key, [route]);
    else same.push(route);
  }
  return (name, params = {}, prefix = getScriptPrefix()) => {
    const candidates = named.get(name);
    if (candidates === undefined) throw unknown(name, [...named.keys()]);
    const failures: string[] = [];
    for (const route of candidates) {
      const made = fill(route, params);
      if (typeof made !== "string") failures.push(made.why);
      else return prefixed(made, prefix);
    }
    throw new NoReverseMatch(`reverse("${name}"): ${failures.join("; ")}`);
  };
}

function unknown(name: string, names: readonly string[]): NoReverseMatch {
  if (names.length === 0) return new NoReverseMatch(`reverse("${name}"): no route has a name`);
  // The name without its namespace, or with one, is what is most often meant.
  const near = names.find((each) => each.endsWith(`:${name}`)) ?? nearest(name, names);
  const hint = near === null ? `there are ${names.slice(0, 20).join(", ")}` : `did you mean "${near}"?`;
  return new NoReverseMatch(`reverse("${name}"): no route has that name; ${hint}`);
}

function prefixed(path: string, prefix: string): string {
  // The prefix is decoded, as the server's SCRIPT_NAME is.
  const whole = `${quotePath(prefix)}/${path}`;
  // Two slashes in front would be the address of another host.
  return whole.startsWith("//") ? `/%2F${whole.slice(2)}` : whole;
}

function fill(route: FlatRoute, params: Params): string | { readonly why: string } {
  const names = new Set(route.parameters.map(({ name }) => name));
  for (const key of Object.keys(params)) {
    if (names.has(key) || params[key] === undefined) continue;
    // Django: an extra parameter may be named if it says what the route says.
    if (route.extra !== undefined && Object.hasOwn(route.extra, key) && route.extra[key] === params[key]) continue;
    return { why: `${titleOf(route)} has no parameter "${key}"; it takes ${[...names].join(", ") || "none"}` };
  }
  let path = "";
  for (const piece of route.pieces) {
    const text = typeof piece === "string" ? piece : textFor(piece, params);
    if (typeof text !== "string") return { why: `${titleOf(route)}: ${text.why}` };
    path += quoted(text);
  }
  if (DOTS.test(path))
    return { why: `${titleOf(route)}: a part of the path would be "." or "..", which browsers take out` };
  return path;
}

/** WHATWG URL, path state: such a path leads elsewhere, also where the dots are quoted. */
const DOTS = /(?:^|\/)\.{1,2}(?:\/|$)/;

function textFor(piece: Exclude<Piece, string>, params: Params): string | { readonly why: string } {
  const { name, kind, converter } = piece;
  const value = Object.hasOwn(params, name) ? params[name] : undefined;
  if (value === undefined) return { why: `<${kind}:${name}> is missing` };
  let text: unknown;
  try {
    text = converter.toUrl === undefined ? String(value) : converter.toUrl(value);
  } catch (error) {
    return { why: `<${kind}:${name}> does not take ${show(value)}: ${(error as Error).message}` };
  }
  // Half a character has no UTF-8.
  if (typeof text === "string" && /\p{Surrogate}/u.test(text)) return { why: `<${kind}:${name}> is no whole text` };
  if (typeof text === "string" && new RegExp(`^(?:${converter.pattern})$`).test(text)) return text;
  return { why: `<${kind}:${name}> does not take ${show(value)}: it matches ${converter.pattern}` };
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Each character of a path segment that need not be quoted stays (RFC 3986 section 3.3). */
function quoted(text: string): string {
  return encodeURIComponent(text).replace(/%(?:2F|3A|40|24|26|2B|2C|3B|3D)/g, decodeURIComponent);
}
