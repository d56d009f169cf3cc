// Which view answers a path, and with which parameters. The tree of find-my-way narrows the routes down, and each that is left is asked
// with its own expression, on the path as it is: decoded by the server, and by nobody again. Routing knows no method, as in Django.

import findMyWay from "find-my-way";
import type { Urls } from "./paths.ts";
import { type Reverse, reverser } from "./reverse.ts";
import { type FlatRoute, flatten } from "./route-table.ts";
import type { Params, View } from "./types.ts";

/**
 * Params without inherited names. An object whose prototype is null is a hash table to V8, which costs a request a microsecond; one whose
 * prototype is empty has a shape.
 */
class Bare {
  [name: string]: unknown;
}
Reflect.deleteProperty(Bare.prototype, "constructor");
Object.setPrototypeOf(Bare.prototype, null);
Object.freeze(Bare.prototype);

const NO_PARAMS: Params = Object.freeze(new Bare());

/** A route that matched a path. */
export class ResolverMatch {
  readonly view: View;
  /** Converted, with the route's `extra`. No inherited names. Frozen. */
  readonly params: Params;
  /** The route as it was written, with what it was included under: `"blog/<int:year>/"`. */
  readonly route: string;
  readonly name: string | undefined;
  /** `"outer:inner"`; `""` when there is none. */
  readonly namespace: string;
  /** `"namespace:name"`, or the name of the view's function. */
  readonly viewName: string;

  constructor(route: FlatRoute, params: Params) {
    this.view = route.view;
    this.params = params;
    this.route = route.text;
    this.name = route.name;
    this.namespace = route.namespace;
    this.viewName = route.viewName;
  }
}

/** The answer of a route without parameters is the same every time. */
function readyMatch(route: FlatRoute): ResolverMatch {
  const { extra } = route;
  return Object.freeze(
    new ResolverMatch(route, extra === undefined ? NO_PARAMS : Object.freeze(Object.assign(new Bare(), extra))),
  );
}

/** Routes of one shape, in the order in which they were written. */
class Candidates {
  readonly #routes: FlatRoute[] = [];

  add(route: FlatRoute): void {
    this.#routes.push(route);
  }

  match(path: string): ResolverMatch | undefined {
    for (const route of this.#routes) {
      if (path.length > route.maxLength) continue;
      const found = route.expression.exec(path);
      const params = found === null ? undefined : convert(route, found);
      if (params !== undefined) return new ResolverMatch(route, params);
    }
    return undefined;
  }
}

/** Undefined where a converter does not take its text: then the route does not match. */
function convert({ parameters, extra }: FlatRoute, found: RegExpExecArray): Params | undefined {
  const params = new Bare();
  for (let i = 0; i < parameters.length; i += 1) {
    const { name, converter } = parameters[i]!;
    const text = found[i + 1]!;
    if (converter.toValue === undefined) params[name] = text;
    else {
      let value: unknown;
      try {
        value = converter.toValue(text);
      } catch {
        return undefined;
      }
      if (value === undefined) return undefined;
      params[name] = value;
    }
  }
  return Object.freeze(extra === undefined ? params : Object.assign(params, extra));
}

/** The method under which everything is registered and looked up. */
const ANY = "GET";
/** The router would take what follows these for a query, or decode them; which character stands there instead is all the same. */
const MEANS_SOMETHING = /[?#%]/;

export class Resolver {
  /** In the order in which they were written. */
  readonly routes: readonly FlatRoute[];
  readonly #tree: Tree;
  readonly #reverse: Reverse;
  /** Undefined: that of the request which is being answered. */
  readonly #prefix: string | undefined;
  /** An application is mounted in one place, nearly always. */
  #below: Resolver | undefined = undefined;

  /**
   * @param source The routes; or another resolver and where its routes are mounted.
   * @throws ImproperlyConfigured for routes that can never match.
   */
  constructor(source: Urls | { readonly resolver: Resolver; readonly prefix: string }) {
    if ("resolver" in source) {
      const { resolver, prefix } = source;
      this.routes = resolver.routes;
      this.#tree = resolver.#tree;
      this.#reverse = resolver.#reverse;
      this.#prefix = prefix;
    } else {
      this.routes = flatten(source);
      this.#tree = new Tree(this.routes);
      this.#reverse = reverser(this.routes);
      this.#prefix = undefined;
    }
  }

  /**
   * A route without parameters comes first. Else, segment by segment, a fixed one comes before a parameter, and that before one which goes
   * over slashes; among the rest the first written wins.
   *
   * @param path From its slash on, decoded: `request.pathInfo`.
   */
  resolve(path: string): ResolverMatch | undefined {
    return this.#tree.resolve(path);
  }

  /** Whether a path has a view. */
  matches(path: string): boolean {
    return this.#tree.resolve(path) !== undefined;
  }

  /** The path of a route by its name, with the script prefix. @throws NoReverseMatch */
  reverse(name: string, params?: Params): string {
    return this.#reverse(name, params, this.#prefix);
  }

  /** The same routes below a prefix, also where nobody knows any more which request it was for: while a body is made piece by piece. */
  below(prefix: string): Resolver {
    if (prefix === "") return this;
    const known = this.#below;
    if (known !== undefined && known.#prefix === prefix) return known;
    this.#below = new Resolver({ resolver: this, prefix });
    return this.#below;
  }
}

/** The routes as find-my-way keeps them. */
class Tree {
  /** By their whole path: fixed routes come before all others, so that nobody has to look for them. */
  readonly #fixed = new Map<string, ResolverMatch>();
  readonly #router: ReturnType<typeof findMyWay>;
  /** What the leaf that is being looked at is to be asked; and its answer. */
  readonly #asked: { leaf: string } = { leaf: "" };
  #found: ResolverMatch | undefined = undefined;

  constructor(routes: readonly FlatRoute[]) {
    this.#router = findMyWay({
      maxParamLength: Number.MAX_SAFE_INTEGER,
      querystringParser: () => NO_PARAMS as Record<string, unknown>,
      constraints: { leaf: { name: "leaf", storage: () => this.#leaf(), deriveConstraint: () => undefined } } as never,
    });
    const shapes = new Map<string, Candidates>();
    for (const route of routes) {
      if (route.parameters.length === 0) {
        this.#fixed.set(`/${route.text}`, readyMatch(route));
        continue;
      }
      let candidates = shapes.get(route.shape);
      if (candidates === undefined) {
        candidates = new Candidates();
        shapes.set(route.shape, candidates);
        this.#router.on(ANY, route.shape, { constraints: { leaf: candidates } }, () => {});
      }
      candidates.add(route);
    }
  }

  resolve(path: string): ResolverMatch | undefined {
    const fixed = this.#fixed.get(path);
    if (fixed !== undefined) return fixed;
    if (path.charCodeAt(0) !== 0x2f) return undefined;
    this.#asked.leaf = path;
    this.#found = undefined;
    const plain = MEANS_SOMETHING.test(path) ? path.replace(/[?#%]/g, "_") : path;
    // Its own answer is not needed: the leaf has kept the match.
    this.#router.find(ANY, plain, this.#asked as never);
    const found = this.#found;
    this.#found = undefined;
    return found;
  }

  /**
   * The routes of one place in the tree. The router asks a leaf whether it fits (it calls that a constraint), and goes on to the next
   * when it does not.
   */
  #leaf(): object {
    let candidates: Candidates | undefined;
    let mask = 0;
    return {
      get: (asked: unknown): number => {
        if (typeof asked !== "string" || candidates === undefined) return 0;
        this.#found = candidates.match(asked);
        return this.#found === undefined ? 0 : mask;
      },
      set: (value: Candidates, bits: number): void => {
        candidates = value;
        mask = bits;
      },
    };
  }
}
