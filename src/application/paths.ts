// How an application says its routes: path(), include(), and the parameters that a route's text promises to its view.
// Knows the text of routes and nothing of how they are matched. Django's names.

import { described } from "./answers.ts";
import { type Converter, type ConverterTypes, converterNamed } from "./converters.ts";
import { ImproperlyConfigured } from "./exceptions.ts";
import { isMethods, type Methods, methods } from "./methods.ts";
import type { Params, View } from "./types.ts";

type Parameter<Inside extends string> = Inside extends `${infer Kind}:${infer Name}`
  ? { readonly [K in Name]: Kind extends keyof ConverterTypes ? ConverterTypes[Kind] : unknown }
  : { readonly [K in Inside]: string };

type Collected<Route extends string> = Route extends `${string}<${infer Inside}>${infer Rest}`
  ? Parameter<Inside> & Collected<Rest>
  : unknown;

/** What `"articles/<int:year>/<slug:title>/"` gives its view: `{ year: number; title: string }`. */
export type ParamsOf<Route extends string> = string extends Route
  ? // A text that is only known when it runs.
    // biome-ignore lint/suspicious/noExplicitAny: whatever the view says that it takes
    any
  : { readonly [K in keyof Collected<Route>]: Collected<Route>[K] };

export interface PathOptions<Extra extends Params = Params, Under extends string = string> {
  /** For `reverse`; must not have a colon. */
  readonly name?: string;
  /** Further parameters for the view; they win over those of the path. */
  readonly extra?: Extra;
  /**
   * The route that this one is included under, or its part with parameters that the view wants: `"<int:id>/"`. It is held to that when
   * the application is loaded.
   */
  readonly under?: Under;
}

/** A part of a route: text as it stands, or a parameter. */
export type Piece = string | { readonly name: string; readonly kind: string; readonly converter: Converter };

/** One line of `urls`. Made by `path`. */
export class Route {
  readonly route: string;
  readonly pieces: readonly Piece[];
  readonly target: View | Included;
  readonly name: string | undefined;
  readonly extra: Params | undefined;
  /** The parameters that must come from what it is included under. */
  readonly under: readonly Piece[];

  constructor(route: string, target: View | Included, options: PathOptions) {
    this.route = route;
    this.pieces = Object.freeze(piecesOf(route));
    this.target = target;
    this.name = options.name;
    this.extra = options.extra === undefined ? undefined : Object.freeze({ ...options.extra });
    this.under = options.under === undefined ? [] : piecesOf(options.under);
    Object.freeze(this);
  }
}

export type Urls = readonly Route[];

/** Routes to be put under a prefix. Made by `include`. */
export class Included {
  readonly urls: Urls;
  readonly namespace: string | undefined;

  constructor(urls: Urls, namespace: string | undefined) {
    this.urls = urls;
    this.namespace = namespace;
    Object.freeze(this);
  }
}

/**
 * One route. Its text begins without a slash; `<kind:name>` stands for a parameter, `<name>` for one of kind `str`.
 *
 * @param view A function, views by method (see `methods`), or `include(...)`.
 * @throws ImproperlyConfigured for a text or a view that does not fit.
 */
export function path<
  const Text extends string,
  const Extra extends Params = Record<never, never>,
  const Under extends string = "",
>(
  route: Text,
  view:
    | View<ParamsOf<Text> & ParamsOf<NoInfer<Under>> & NoInfer<Extra>>
    | Methods<ParamsOf<Text> & ParamsOf<NoInfer<Under>> & NoInfer<Extra>>
    | Included,
  options: PathOptions<Extra, Under> = {},
): Route {
  checkText(route);
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ImproperlyConfigured(
      `route "${route}": after its view comes an object, { name: "home" }, not ${shown(options)}`,
    );
  }
  const { name } = options;
  if (name !== undefined && (typeof name !== "string" || name === "" || name.includes(":"))) {
    throw new ImproperlyConfigured(
      `route "${route}": its name is a text without a colon, which parts namespaces, not ${JSON.stringify(name)}`,
    );
  }
  for (const key of Object.keys(options)) {
    if (key !== "name" && key !== "extra" && key !== "under") {
      throw new ImproperlyConfigured(`route "${route}": there is no option "${key}", only name, extra and under`);
    }
  }
  if (view instanceof Included) {
    if (name !== undefined) {
      throw new ImproperlyConfigured(`route "${route}" includes others and has no name: include(urls, { namespace })`);
    }
    return new Route(route, view, options);
  }
  return new Route(route, callable(route, view), options);
}

/**
 * Routes of another part of the application, for `path("prefix/", include(urls))`.
 *
 * @param options `namespace`: their names are reversed as `"namespace:name"`.
 * @throws ImproperlyConfigured for what is no list of routes.
 */
export function include(urls: Urls, options: { readonly namespace?: string } = {}): Included {
  const { namespace } = options;
  if (namespace !== undefined && (typeof namespace !== "string" || !/^[^:]+$/.test(namespace))) {
    throw new ImproperlyConfigured(`a namespace is a text without a colon, not ${JSON.stringify(namespace)}`);
  }
  return new Included(checkUrls(urls, "include()"), namespace);
}

/** @throws ImproperlyConfigured that names the entry which was not made by `path`. */
export function checkUrls(urls: unknown, where: string): Urls {
  if (!Array.isArray(urls)) {
    throw new ImproperlyConfigured(`${where} takes a list of routes, [path(...), ...], not ${kindOf(urls)}`);
  }
  for (const [at, entry] of urls.entries()) {
    if (entry instanceof Route) continue;
    const hint = entry instanceof Included ? ': write path("prefix/", include(...))' : "";
    throw new ImproperlyConfigured(`${where}: entry ${at} must be made by path(), and is ${kindOf(entry)}${hint}`);
  }
  return Object.freeze([...(urls as Route[])]);
}

function callable(route: string, view: unknown): View {
  if (typeof view === "function") {
    if (/^class\b/.test(Function.prototype.toString.call(view))) {
      throw new ImproperlyConfigured(
        `route "${route}": its view ${view.name} is a class; a view is a function, or views by method: { GET: ... }`,
      );
    }
    return view as View;
  }
  if (isMethods(view)) return methods(view, `route "${route}"`);
  throw new ImproperlyConfigured(
    `route "${route}": its view is ${kindOf(view)}; it takes a function, views by method ({ GET: ... }), or include(...)`,
  );
}

function checkText(route: unknown): void {
  if (typeof route !== "string") {
    throw new ImproperlyConfigured(`path() takes the text of a route first, not ${kindOf(route)}`);
  }
  if (route.startsWith("/")) {
    throw new ImproperlyConfigured(`route "${route}" begins with a slash: leave it out, it is always there`);
  }
  const colon = /(?:^|\/):([A-Za-z_]\w*)(?=\/|$)/.exec(route);
  if (colon !== null) {
    // Other routers write parameters so. Taken word for word it would match nothing, and nobody would be told why.
    throw new ImproperlyConfigured(`route "${route}": a parameter is written <${colon[1]}>, not :${colon[1]}`);
  }
}

const PARAMETER = /<([^<>]*)>/g;

function piecesOf(route: string): Piece[] {
  const pieces: Piece[] = [];
  const names = new Set<string>();
  let last = 0;
  const text = (end: number): void => {
    const between = route.slice(last, end);
    if (/[<>]/.test(between)) throw new ImproperlyConfigured(`route "${route}": a < or > stands alone`);
    if (between !== "") pieces.push(between);
  };
  for (const found of route.matchAll(PARAMETER)) {
    text(found.index);
    last = found.index + found[0].length;
    const parts = /^(?:([A-Za-z_]\w*):)?([A-Za-z_]\w*)$/.exec(found[1]!);
    if (parts === null) {
      throw new ImproperlyConfigured(
        `route "${route}": ${found[0]} is no parameter; write <name> or <kind:name>, in letters, digits and underscores`,
      );
    }
    const kind = parts[1] ?? "str";
    const name = parts[2]!;
    if (names.has(name)) throw new ImproperlyConfigured(`route "${route}" has two parameters named "${name}"`);
    names.add(name);
    pieces.push(Object.freeze({ name, kind, converter: converterNamed(kind, route) }));
  }
  text(route.length);
  return pieces;
}

const shown = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : kindOf(value));

/** What a value is, for a message. */
const kindOf = (value: unknown): string => (typeof value === "string" ? "a string" : described(value));
