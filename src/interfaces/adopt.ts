// What a value that a module exports is taken for, and what serves it: a framework is opened here and closed with the worker.
// Does not know modules, workers or requests.

import type { Server } from "node:http";
import { read } from "../modules/stack.ts";
import type { AsgiTarget } from "./asgi.ts";
import {
  isClass,
  isFastify,
  isHttpServer,
  isInterfaceName,
  parametersOf,
  type Recognised,
  recognise,
  takesNothing,
  takesRequestAndResponse,
} from "./detect.ts";
import type { FetchTarget } from "./fetch.ts";
import type { InterfaceName, Served } from "./interface.ts";
import type { NodeTarget } from "./node.ts";

/** What a value was taken for. */
export interface Adopted {
  readonly interface: InterfaceName;
  /** For a person, with its article: `an Express application`. */
  readonly what: string;
  /** For a person: what it was recognised by, or that it was asked for. */
  readonly why: string;
  /** A reason to think that it is something else, with what to do then; null where there is none. */
  readonly doubt: string | null;
  /** What serves it; null for a TSGI application, which the reference loop serves. */
  readonly served: Served | null;
  /** It was opened already: its shutdown is due even where its startup never was. */
  readonly opened?: boolean;
}

/** The value is nothing that the interface serves; the text says what would be, and completes "... of ... is not what ...". */
export interface Misfit {
  readonly misfit: string;
}

/** A framework's own beginning went wrong. */
export interface Unopened {
  /** `ready()`. */
  readonly step: string;
  readonly thrown: unknown;
}

export interface AdoptOptions {
  /** `--interface`; "auto" when left out. */
  readonly asked?: InterfaceName | "auto" | undefined;
  /** What the module exports as `interface`. */
  readonly declared?: unknown;
  /** The object that the value is a member of, which is `this` of a function. */
  readonly owner?: unknown;
  /** `--fetch-objects native`: as FetchOptions has it. */
  readonly nativeResponse?: boolean | undefined;
}

/** What each interface calls, for messages. */
export const WANTS: Readonly<Record<InterfaceName, string>> = {
  tsgi: "a function (environ, startResponse) that returns the body, or a class whose instances are the body",
  asgi: "a function (scope, receive, send)",
  node: "a function (request, response), an http.Server with listeners, or an application of Express, Fastify, Koa or Nest",
  fetch: "a function (request) that returns a Response, or an object with fetch(), such as one of Hono, h3 or Elysia",
};

/**
 * Decides, and opens a framework that has to be: Fastify's ready(), Nest's init(). What `--interface` says outweighs what the value says
 * of itself in a property `interface`, and that outweighs what the module exports under this name.
 */
export async function adopt(value: unknown, options: AdoptOptions = {}): Promise<Adopted | Misfit | Unopened> {
  const found = recognise(value);
  const chosen = choose(value, found, options);
  if ("misfit" in chosen) return chosen;
  const { name, why } = chosen;
  const misfit = objection(value, found, name);
  if (misfit !== null) return { misfit: `${misfit}\n${sentenceOn(name, why)}` };
  const what = found?.interface === name ? found.what : PLAIN[name];
  const isGuess = why === found?.why;
  const doubt = isGuess && name === "tsgi" ? doubtOf(value) : isGuess ? null : strangerOf(value, name);
  const about = { interface: name, what, why, doubt };
  if (name === "tsgi") return { ...about, served: null };
  const { owner, nativeResponse = false } = options;
  const opened = await open(value, found, { name, owner, nativeResponse });
  return "served" in opened ? { ...about, ...opened } : opened;
}

const PLAIN: Readonly<Record<InterfaceName, string>> = {
  tsgi: "a TSGI application",
  asgi: "an ASGI application",
  node: "a handler of node:http",
  fetch: "a handler of fetch's kind",
};

interface Choice {
  readonly name: InterfaceName;
  readonly why: string;
}

function choose(value: unknown, found: Recognised | null, options: AdoptOptions): Choice | Misfit {
  const { asked = "auto", declared } = options;
  if (asked !== "auto") return { name: asked, why: `--interface ${asked}` };
  // Data only: a getter of this name is the framework's business.
  const own = isObject(value) ? Object.getOwnPropertyDescriptor(value, "interface")?.value : undefined;
  if (isInterfaceName(own)) return { name: own, why: `its property interface is "${own}"` };
  if (isInterfaceName(declared)) return { name: declared, why: `the module exports interface = "${declared}"` };
  if (typeof declared === "string") {
    return { misfit: `the module exports interface = "${declared}": expected tsgi, asgi, node or fetch` };
  }
  if (found === null) return { misfit: wantsOf() };
  return { name: found.interface ?? "node", why: found.why };
}

/** Why the value cannot be served so, or null. */
function objection(value: unknown, found: Recognised | null, name: InterfaceName): string | null {
  const unserved = unservedKind(value, found);
  if (unserved !== null) return unserved;
  if (found === null) return "it is nothing that can be called";
  if (found.interface === name) return null;
  if (FRAMEWORKS.has(found.kind)) return `it is ${found.what} (${found.why}), which --interface node serves`;
  if (typeof value !== "function") return `it is ${found.what}, which --interface fetch serves`;
  return name !== "tsgi" && isClass(value) ? "it is a class, and only TSGI calls one" : null;
}

const FRAMEWORKS: ReadonlySet<string> = new Set(["nest", "fastify", "koa", "express", "connect", "http-server"]);

/** What no interface serves, however it is asked for. */
function unservedKind(value: unknown, found: Recognised | null): string | null {
  switch (found?.kind) {
    case "router":
      return "it is an Express router: put it into an application, express().use(router), and export that";
    case "tls-server":
      return "it is a server of https or http2, and the workers speak HTTP/1.1: export an http.Server, or the application that was given to it";
    case "net-server":
      return "it is a net.Server, which speaks no HTTP: export an http.Server";
    case "http-server":
      return heardBy(value as Server)
        ? null
        : "it is an http.Server that nobody listens to: it has no 'request' listener";
    default:
      return null;
  }
}

const heardBy = (server: Server): boolean => server.listenerCount("request") > 0 || server.listenerCount("upgrade") > 0;

interface Opening {
  readonly name: Exclude<InterfaceName, "tsgi">;
  readonly owner: unknown;
  readonly nativeResponse: boolean;
}

async function open(
  value: unknown,
  found: Recognised | null,
  { name, owner, nativeResponse }: Opening,
): Promise<Opened | Misfit | Unopened> {
  if (found?.kind === "fastify") return openFastify(value as FastifyLike);
  if (found?.kind === "nest") return openNest(value as NestLike);
  if (found?.kind === "koa") return { served: await asNode((value as KoaLike).callback()) };
  const isBare = typeof value === "function" && !FRAMEWORKS.has(found?.kind ?? "") && found?.kind !== "fetch";
  const target: unknown = isBare && owner !== undefined ? value.bind(owner) : value;
  if (name === "node") return { served: await asNode(target as NodeTarget) };
  if (name === "asgi") return { served: (await import("./asgi.ts")).asgiInterface(target as AsgiTarget) };
  const application = isBare ? { fetch: target as FetchTarget["fetch"] } : (target as FetchTarget);
  return { served: (await import("./fetch.ts")).fetchInterface(application, { nativeResponse }) };
}

/** An interface is loaded where something is served by it: together they would cost each worker 50 ms of its boot. */
const asNode = async (target: NodeTarget): Promise<Served> => (await import("./node.ts")).nodeInterface(target);

type Opened = Required<Pick<Adopted, "served">> & Pick<Adopted, "opened">;

interface KoaLike {
  callback(): Extract<NodeTarget, (...call: never[]) => unknown>;
}

interface FastifyLike {
  ready(): PromiseLike<unknown>;
  close(): PromiseLike<unknown>;
  readonly server: unknown;
}

interface NestLike {
  init(): Promise<unknown>;
  close(): Promise<unknown>;
  getHttpServer(): unknown;
  getHttpAdapter(): { getInstance?(): unknown };
}

const openFastify = (app: FastifyLike) =>
  opened({ step: "ready()", open: () => app.ready(), server: () => app.server, close: () => app.close() });

/** With the adapter for Fastify, init() leaves ready() to listen(). */
const openNest = (app: NestLike) =>
  opened({
    step: "init()",
    async open() {
      await app.init();
      const instance = app.getHttpAdapter().getInstance?.();
      if (isFastify(instance)) await (instance as FastifyLike).ready();
    },
    server: () => app.getHttpServer(),
    close: () => app.close(),
  });

interface Framework {
  readonly step: string;
  open(): PromiseLike<unknown>;
  /** Asked when it is open. Its listeners are the whole of it: hooks of requests, and those that plugins put on 'upgrade'. */
  server(): unknown;
  close(): PromiseLike<unknown>;
}

async function opened(framework: Framework): Promise<Opened | Misfit | Unopened> {
  try {
    await framework.open();
  } catch (thrown) {
    return { step: framework.step, thrown };
  }
  const server = framework.server();
  if (!isHttpServer(server)) {
    return { misfit: "its server is one of https or http2, and the workers speak HTTP/1.1: leave these options out" };
  }
  const served = await asNode(server);
  return {
    opened: true,
    served: {
      ...served,
      async shutdown(departure) {
        await served.shutdown?.(departure);
        await framework.close();
      },
    },
  };
}

/** A function that is served as what it was asked to be, and is written like something else. */
function strangerOf(value: unknown, name: InterfaceName): string | null {
  if (name === "node" || name === "tsgi" || !takesRequestAndResponse(value)) return null;
  return `its parameters are called (${parametersOf(value).join(", ")}), as those of a handler of node:http: start with --interface node if it is one`;
}

/** What to do about a function that makes an application, and was taken for one. */
export const MAKER = "it takes no parameters: if it makes the application, add parentheses, as in module:create()";

/** A function that is taken for TSGI, and is written like something else. */
function doubtOf(value: unknown): string | null {
  if (takesNothing(value)) return MAKER;
  if (takesRequestAndResponse(value)) {
    return `its parameters are called (${parametersOf(value).join(", ")}), as those of a handler of node:http: ${remedy("node")}`;
  }
  const names = parametersOf(value);
  if (/^_*(?:fastify|instance)$/.test(names[0] ?? "") && /^_*opt(?:s|ions)$/.test(names[1] ?? "")) {
    return `its parameters are called (${names.join(", ")}), as those of a Fastify plugin: export the application that registers it`;
  }
  if (names.length === 1 && /^_*(?:req|request|event)$/i.test(names[0]!)) {
    return `its only parameter is called ${names[0]}, as that of a handler that returns a Response: ${remedy("fetch")}`;
  }
  return null;
}

/** What to do about a function that was taken for TSGI. */
export const remedy = (name: Exclude<InterfaceName, "tsgi">): string =>
  `if it is one, start with --interface ${name}, or give it the property interface = "${name}"`;

const sentenceOn = (name: InterfaceName, why: string): string => `The interface ${name} (${why}) wants ${WANTS[name]}.`;

/** What would be an application, for a message. */
export const wantsOf = (): string =>
  ["it is no application of any kind. What each interface wants:"]
    .concat(Object.entries(WANTS).map(([name, wants]) => `  ${name.padEnd(5)}  ${wants}`))
    .join("\n");

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** Members of an object that can be called, for a message: those of its classes too, and no getter is read. */
export function methodsOf(value: unknown, most: number): readonly string[] {
  const names = new Set<string>();
  for (let holder = value; isObject(holder) && !isNative(holder); holder = Object.getPrototypeOf(holder)) {
    for (const name of Object.getOwnPropertyNames(holder)) {
      if (name === "constructor" || names.size >= most) continue;
      if (typeof Object.getOwnPropertyDescriptor(holder, name)?.value === "function") names.add(name);
    }
  }
  return [...names];
}

/** What Object, Array, Promise and the like bring is nothing that somebody wrote. */
const isNative = (holder: object): boolean => {
  const made = Object.hasOwn(holder, "constructor") ? read(holder, "constructor") : undefined;
  return typeof made === "function" && Function.prototype.toString.call(made).includes("[native code]");
};

/** The class of an object, or null where it has none of its own. */
export function classOf(value: unknown): string | null {
  const name = read(read(value, "constructor"), "name");
  return typeof name === "string" && name !== "" && name !== "Object" ? name : null;
}
