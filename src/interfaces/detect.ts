// What kind of application a value is, by its shape. Pure: no framework is imported, no method is called, and no getter is read, since
// some compile an application or start it. Does not know modules, nor how anything is served.

import type { Server } from "node:http";
import { Server as NetServer } from "node:net";
import process from "node:process";
import type { InterfaceName } from "./interface.ts";

/** What a value was recognised as. */
export type Kind =
  | "nest"
  | "fastify"
  | "koa"
  | "express"
  | "connect"
  | "router"
  | "http-server"
  | "tls-server"
  | "net-server"
  | "fetch"
  | "asgi"
  | "tsgi";

export interface Recognised {
  readonly kind: Kind;
  /** For a person, with its article: `an Express application`. */
  readonly what: string;
  /** What it was recognised by. */
  readonly why: string;
  /** Null where no interface serves it as it is. */
  readonly interface: InterfaceName | null;
}

interface Row extends Recognised {
  readonly fits: (value: object) => boolean;
}

const INTERFACES: readonly string[] = ["tsgi", "asgi", "node", "fetch"] satisfies readonly InterfaceName[];

export const isInterfaceName = (name: unknown): name is InterfaceName =>
  typeof name === "string" && INTERFACES.includes(name);

/** Node's HTTP is loaded where there is a server that may be one: most applications bring none, and it takes 5 ms of each worker's start. */
export function isHttpServer(value: unknown): value is Server {
  return value instanceof NetServer && value instanceof process.getBuiltinModule("node:http").Server;
}

/** Names of the parameters of a handler of node:http, as people write them. */
const REQUEST = /^_*(?:req|request|incoming|incomingMessage)$/i;
const RESPONSE = /^_*(?:res|resp|response|reply|serverResponse|outgoing)$/i;

/**
 * The rules, in their order: the first that fits decides. Frameworks come before the shapes that they share with others. A Nest
 * application lets the methods of its adapter shine through, so it comes before Fastify; a Fastify application may be decorated with
 * anything, `fetch` too, so it comes before fetch; an Express application is itself a function of three parameters, so it comes before ASGI.
 */
export const RULES: readonly Row[] = [
  {
    kind: "nest",
    what: "a Nest application",
    why: "an object with init(), getHttpAdapter() and getHttpServer()",
    interface: "node",
    fits: (value) => !isFunction(value) && hasAll(value, ["init", "getHttpAdapter", "getHttpServer"]),
  },
  {
    kind: "fastify",
    what: "a Fastify application",
    why: "an object with ready(), inject(), routing() and a server",
    interface: "node",
    fits: isFastify,
  },
  {
    kind: "koa",
    what: "a Koa application",
    why: "an object with callback(), use() and a list of middleware",
    interface: "node",
    fits: (value) => !isFunction(value) && hasAll(value, ["callback", "use", "middleware"]),
  },
  {
    kind: "express",
    what: "an Express application",
    why: "a function with handle(), use(), set() and listen()",
    interface: "node",
    fits: (value) => isFunction(value) && hasAll(value, ["handle", "use", "set", "listen"]),
  },
  {
    kind: "connect",
    what: "a Connect application",
    why: "a function with handle(), use() and listen()",
    interface: "node",
    fits: (value) => isFunction(value) && hasAll(value, ["handle", "use", "listen"]),
  },
  {
    kind: "router",
    what: "an Express router",
    why: "a function with handle(), use() and route(), which needs an application around it",
    interface: null,
    fits: (value) => isFunction(value) && hasAll(value, ["handle", "use", "route"]),
  },
  {
    kind: "http-server",
    what: "an http.Server",
    why: "an http.Server with listeners",
    interface: "node",
    fits: isHttpServer,
  },
  {
    kind: "tls-server",
    what: "a server of https or http2",
    why: "a server that does its own TLS or HTTP/2",
    interface: null,
    fits: (value) => value instanceof NetServer && hasAll(value, ["setTimeout"]),
  },
  {
    kind: "net-server",
    what: "a net.Server",
    why: "a net.Server, which speaks no HTTP",
    interface: null,
    fits: (value) => value instanceof NetServer,
  },
  {
    kind: "fetch",
    what: "an application with fetch()",
    why: "it has fetch()",
    interface: "fetch",
    fits: (value) => has(value, "fetch"),
  },
  {
    kind: "asgi",
    what: "an ASGI application",
    why: "a function of three parameters",
    interface: "asgi",
    fits: (value) => isFunction(value) && !isClass(value) && isAsgi(value),
  },
  {
    kind: "tsgi",
    what: "a TSGI application",
    why: "any other function",
    interface: "tsgi",
    fits: isFunction,
  },
];

/** The first rule that fits; null for what is no application of any kind. */
export function recognise(value: unknown): Recognised | null {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return null;
  try {
    return RULES.find(({ fits }) => fits(value)) ?? null;
  } catch {
    // A proxy that refuses to be looked at is nothing that could be served.
    return null;
  }
}

/**
 * A Fastify application is a thenable: whoever awaits it starts it.
 *
 * @param value Anything.
 */
export function isFastify(value: unknown): boolean {
  return typeof value === "object" && value !== null && hasAll(value, ["ready", "inject", "routing", "server"]);
}

/** A class is called with `new`: one whose instances are bodies is TSGI, and no other interface knows them. */
export const isClass = (value: unknown): boolean =>
  typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));

/**
 * The names of the parameters as they are written, defaults and rest taken off; `[]` where the engine does not show them (a bound or a
 * native function), `""` for one that is taken apart.
 */
export function parametersOf(subject: unknown): readonly string[] {
  if (typeof subject !== "function" || isClass(subject)) return [];
  const text = Function.prototype.toString.call(subject).replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "");
  const alone = /^(?:async\s+)?([A-Za-z_$][\w$]*)\s*=>/.exec(text);
  if (alone !== null) return [alone[1]!];
  const from = text.indexOf("(");
  if (from < 0 || text.includes("[native code]")) return [];
  const names: string[] = [];
  let depth = 0;
  let name = "";
  for (let at = from + 1; at < text.length; at += 1) {
    const letter = text[at]!;
    if (depth === 0 && (letter === "," || letter === ")")) {
      if (name.trim() !== "" || letter === ",") names.push(plain(name));
      if (letter === ")") return names;
      name = "";
      continue;
    }
    if ("([{".includes(letter)) depth += 1;
    if (")]}".includes(letter)) depth -= 1;
    name += letter;
  }
  return [];
}

const plain = (text: string): string => /^\s*(?:\.\.\.)?\s*([A-Za-z_$][\w$]*)/.exec(text)?.[1] ?? "";

/** Whether the parameters are called like those of a handler of node:http. */
export function takesRequestAndResponse(subject: unknown): boolean {
  const [first = "", second = ""] = parametersOf(subject);
  return REQUEST.test(first) && RESPONSE.test(second);
}

/** Whether it is written without any parameter: such a function makes an application, if it is anything. */
export function takesNothing(subject: unknown): boolean {
  if (typeof subject !== "function" || subject.length > 0 || isClass(subject)) return false;
  const text = Function.prototype.toString.call(subject);
  return (
    /^(?:async\s+)?(?:function\b\s*)?\*?\s*[\w$]*\s*\(\s*\)/.test(text) && !/\barguments\b|\[native code\]/.test(text)
  );
}

/** `(request, response, next)` is a middleware of Connect's kind, and has three parameters too. */
function isAsgi(value: object): boolean {
  if (takesRequestAndResponse(value)) return false;
  if ((value as { readonly length: number }).length === 3) return true;
  const [scope, receive, send] = parametersOf(value);
  return scope === "scope" && receive === "receive" && send === "send";
}

function isFunction(value: object): boolean {
  return typeof value === "function";
}

const hasAll = (value: object, names: readonly string[]): boolean => names.every((name) => has(value, name));

/** Whether there is such a member: no getter is read, so one that is not looked at yet counts, and so does an object. */
function has(value: object, name: string): boolean {
  for (let holder: object | null = value; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const found = Object.getOwnPropertyDescriptor(holder, name);
    if (found === undefined) continue;
    if (found.get !== undefined) return true;
    return typeof found.value === "function" || (typeof found.value === "object" && found.value !== null);
  }
  return false;
}
