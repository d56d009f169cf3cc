// The routes of an application as one flat list: includes put in their place, each with the expression that its whole path must match.
// Refuses what can never match. Does not know how a path finds its route.

import { ImproperlyConfigured } from "./exceptions.ts";
import { Included, type Piece, type Urls } from "./paths.ts";
import type { Params, View } from "./types.ts";

type Parameter = Exclude<Piece, string>;

export interface FlatRoute {
  /** As it was written, with what it was included under: `"blog/<int:year>/"`. */
  readonly text: string;
  readonly pieces: readonly Piece[];
  readonly parameters: readonly Parameter[];
  readonly view: View;
  readonly name: string | undefined;
  /** Outermost first. */
  readonly namespaces: readonly string[];
  /** `"outer:inner"`; `""` when there is none. */
  readonly namespace: string;
  /** `"namespace:name"`, or the name of the view's function. */
  readonly viewName: string;
  readonly extra: Params | undefined;
  /** Matches the whole path, slash in front; one group for each parameter. */
  readonly expression: RegExp;
  /** Paths above this length are not tried: see SAFE_LENGTH. */
  readonly maxLength: number;
  /** The same for all routes that a tree cannot tell apart: fixed segments, `:p` for one that is not, `*` for any number of them. */
  readonly shape: string;
}

/**
 * Where two parameters meet within a segment, or follow one that goes over slashes, there are many ways to part a text between
 * them, and a text that fits none costs their number: the length squared, and once more for each further one. That is bounded here.
 */
const SAFE_LENGTH = 512;
/** About ten milliseconds. */
const SAFE_WAYS = 2 ** 21;

interface Outer {
  readonly text: string;
  readonly pieces: readonly Piece[];
  readonly namespaces: readonly string[];
  readonly extra: Params | undefined;
}

const TOP: Outer = { text: "", pieces: [], namespaces: [], extra: undefined };

/** @throws ImproperlyConfigured that names the route, or both where one hides the other. */
export function flatten(urls: Urls): readonly FlatRoute[] {
  const flat: FlatRoute[] = [];
  collect(urls, TOP, flat);
  const seen = new Map<string, FlatRoute>();
  for (const route of flat) {
    const earlier = seen.get(route.expression.source);
    if (earlier !== undefined) {
      throw new ImproperlyConfigured(
        `${titleOf(route)} can never match: ${titleOf(earlier)} matches the same paths and comes first`,
      );
    }
    seen.set(route.expression.source, route);
  }
  return Object.freeze(flat);
}

/** For messages: `route "blog/<int:year>/" (blog:year)`. */
export function titleOf({ text, name, namespaces }: FlatRoute): string {
  return `route "${text}"${name === undefined ? "" : ` (${[...namespaces, name].join(":")})`}`;
}

function collect(urls: Urls, outer: Outer, flat: FlatRoute[]): void {
  for (const { route, pieces, target, name, extra, under } of urls) {
    checkUnder(under, outer, route);
    const inner: Outer = {
      text: outer.text + route,
      pieces: joined(outer.pieces, pieces),
      namespaces: outer.namespaces,
      // As in Django, what is nearer to the view wins.
      extra: extra === undefined ? outer.extra : Object.freeze({ ...outer.extra, ...extra }),
    };
    if (target instanceof Included) {
      const { namespace } = target;
      const namespaces = namespace === undefined ? inner.namespaces : [...inner.namespaces, namespace];
      collect(target.urls, { ...inner, namespaces }, flat);
    } else flat.push(made(inner, target, name));
  }
}

function checkUnder(under: readonly Piece[], outer: Outer, route: string): void {
  const isThere = (wanted: Parameter): boolean =>
    outer.pieces.some((piece) => typeof piece !== "string" && piece.name === wanted.name && piece.kind === wanted.kind);
  for (const piece of under) {
    if (typeof piece === "string" || isThere(piece)) continue;
    const where = outer.text === "" ? "is included nowhere" : `is included under "${outer.text}"`;
    throw new ImproperlyConfigured(
      `route "${route}" wants <${piece.kind}:${piece.name}> of what it is under, and ${where}`,
    );
  }
}

/** Neighbouring texts become one, so that the same path has the same pieces however it was divided. */
function joined(before: readonly Piece[], after: readonly Piece[]): readonly Piece[] {
  const last = before.at(-1);
  const [first, ...rest] = after;
  if (typeof last !== "string" || typeof first !== "string") return [...before, ...after];
  return [...before.slice(0, -1), last + first, ...rest];
}

function made(outer: Outer, view: View, name: string | undefined): FlatRoute {
  const { text, pieces, namespaces, extra } = outer;
  const parameters = pieces.filter((piece) => typeof piece !== "string");
  checkParameters(text, pieces, parameters);
  const source = pieces
    .map((piece) => (typeof piece === "string" ? escaped(piece) : `(${piece.converter.pattern})`))
    .join("");
  const shape = shapeOf(pieces);
  return Object.freeze({
    text,
    pieces,
    parameters,
    view,
    name,
    namespaces,
    namespace: namespaces.join(":"),
    viewName: name === undefined ? view.name : [...namespaces, name].join(":"),
    extra,
    expression: new RegExp(`^/${source}$`),
    maxLength: safeLength(meetingsIn(pieces)),
    shape,
  });
}

function checkParameters(text: string, pieces: readonly Piece[], parameters: readonly Parameter[]): void {
  const names = new Set<string>();
  for (const { name } of parameters) {
    if (names.has(name)) throw new ImproperlyConfigured(`route "${text}" has two parameters named "${name}"`);
    names.add(name);
  }
  for (const [at, piece] of pieces.entries()) {
    const next = pieces[at + 1];
    if (typeof piece === "string" || next === undefined || typeof next === "string") continue;
    throw new ImproperlyConfigured(`route "${text}": nothing parts <${piece.name}> from <${next.name}>`);
  }
}

/** Ways to part `length` characters among parameters that meet n times: length to the n+1st, through (n+1) factorial. */
function safeLength(meetings: number): number {
  if (meetings === 0) return Number.POSITIVE_INFINITY;
  let orders = 1;
  for (let i = 2; i <= meetings + 1; i += 1) orders *= i;
  return Math.min(SAFE_LENGTH, Math.floor((SAFE_WAYS * orders) ** (1 / (meetings + 1))));
}

/** How often one parameter meets another: the ways of each place are multiplied by those of the next. */
function meetingsIn(pieces: readonly Piece[]): number {
  let meetings = 0;
  let open = false;
  let across = false;
  for (const piece of pieces) {
    if (typeof piece === "string") {
      if (piece.includes("/")) open = across;
    } else {
      if (open) meetings += 1;
      open = true;
      across ||= piece.converter.acrossSegments === true;
    }
  }
  return meetings;
}

/** What the tree is told of a route. It may let through too much, never too little: the expression has the last word. */
function shapeOf(pieces: readonly Piece[]): string {
  const segments: string[] = [""];
  const fixed: boolean[] = [true];
  // A few characters mean something to the router, or would have to be quoted in a path.
  const asPlaced = (segment: string, at: number): string =>
    fixed[at] === true && !/[*?#%:()]/.test(segment) ? segment : ":p";
  for (const piece of pieces) {
    if (typeof piece !== "string") {
      fixed[fixed.length - 1] = false;
      if (piece.converter.acrossSegments === true) {
        segments.pop();
        return ["", ...segments.map(asPlaced), "*"].join("/");
      }
      continue;
    }
    const [first = "", ...others] = piece.split("/");
    segments[segments.length - 1] += first;
    for (const other of others) {
      segments.push(other);
      fixed.push(true);
    }
  }
  return `/${segments.map(asPlaced).join("/")}`;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
