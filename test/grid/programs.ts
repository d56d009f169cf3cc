// The applications of the grid, and what serves each of them beside tsgi.

/** What an application is served by when it is not tsgi. */
export type Reference = "own" | "@hono/node-server" | "srvx";

export interface Program {
  /** A column of the table. */
  readonly title: string;
  /** Within `apps`. */
  readonly file: string;
  /** The package whose version is said; undefined for what comes with Node or tsgi. */
  readonly package?: string;
  /** Undefined for applications that only tsgi serves. */
  readonly reference: Reference | undefined;
  /** What the reference is called in a cell. */
  readonly server: string;
  readonly kind: "node" | "fetch" | "asgi" | "tsgi";
}

const node = { reference: "own", server: "node:http", kind: "node" } as const;
const tsgi = { reference: undefined, server: "", kind: "tsgi" } as const;

/** The first one is a plain program: what it does otherwise than expected is Node's, and no framework's. */
export const PROGRAMS: readonly Program[] = [
  { title: "node:http", file: "node.mjs", ...node },
  { title: "Express", file: "express.mjs", package: "express", ...node },
  { title: "Fastify", file: "fastify.mjs", package: "fastify", ...node },
  { title: "Koa", file: "koa.mjs", package: "koa", ...node },
  { title: "Nest", file: "nest.mjs", package: "@nestjs/core", ...node },
  { title: "Hono", file: "hono.ts", package: "hono", kind: "fetch", ...same("@hono/node-server") },
  { title: "h3", file: "h3.ts", package: "h3", kind: "fetch", ...same("srvx") },
  { title: "Elysia", file: "elysia.ts", package: "elysia", kind: "fetch", ...same("srvx") },
  { title: "ASGI", file: "asgi.ts", reference: undefined, server: "", kind: "asgi" },
  { title: "TSGI", file: "tsgi.ts", ...tsgi },
  { title: "tsgi/application", file: "application.ts", ...tsgi },
];

function same<const T extends Reference>(name: T): { readonly reference: T; readonly server: T } {
  return { reference: name, server: name };
}
