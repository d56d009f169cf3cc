// Middlewares put around an application: what is between a server and an application is either to the other (PEP 3333, Middleware).
// Knows functions; what a middleware does with a request is its own business.

import { show } from "./said.ts";
import type { Application } from "./types.ts";

/** Takes the application that it is put around, and is one itself. Called once, when the stack is made, and never for a request. */
export type Middleware = (application: Application) => Application;

/**
 * One middleware of many. The first is the outermost: it sees a request first and its response last.
 *
 * ```ts
 * export const application = compose(timing, sessions)(site);   // timing(sessions(site))
 * ```
 *
 * @throws TypeError for what is no middleware, and, when it is used, for a middleware that gives no application.
 */
export function compose(...middlewares: readonly Middleware[]): Middleware {
  for (const [i, middleware] of middlewares.entries()) {
    if (typeof middleware !== "function") {
      throw new TypeError(
        `compose: middleware ${i + 1} is ${show(middleware)}: expected a function (application) => application`,
      );
    }
  }
  return (application) => {
    mustBeApplication("compose: the application", application);
    return middlewares.reduceRight((inner, middleware, i) => {
      const outer: unknown = middleware(inner);
      mustBeApplication(`compose: what middleware ${i + 1}${middleware.name && ` (${middleware.name})`} gave`, outer);
      return outer;
    }, application);
  };
}

function mustBeApplication(what: string, value: unknown): asserts value is Application {
  if (typeof value === "function") return;
  throw new TypeError(`${what} is ${show(value)}: expected a function (environ, startResponse)`);
}
