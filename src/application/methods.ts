// Views by method: GET from one function, POST from another; what is not there is answered with 405 and Allow.
// Knows requests and responses. Does not know routes.

import { ImproperlyConfigured } from "./exceptions.ts";
import { isAsync } from "./promises.ts";
import { NotAllowed, Response } from "./response.ts";
import type { Params, View } from "./types.ts";

/** The methods that a view may have, in the order in which Allow lists them (RFC 9110 section 9, RFC 5789). */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

export type Methods<P = Params> = { readonly [Method in (typeof METHODS)[number]]?: View<P> };

/** What a view by methods was made of. */
const PARTS = new WeakMap<object, ReadonlyMap<string, View>>();

/** Whether a view, or one of its views by method, is written with `async`. */
export const isAsyncView = (view: View): boolean =>
  isAsync(view) || [...(PARTS.get(view)?.values() ?? [])].some(isAsync);

/** The function that answers a method: one of the views by method, or the view itself. */
export const viewFor = (view: View, method: string): View => PARTS.get(view)?.get(method) ?? view;

/** Whether views by method were given: a plain object. */
export function isMethods(value: unknown): value is Methods {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * One view of several. HEAD is answered by GET where it has no own, OPTIONS with Allow; any other method that is not there gets 405
 * with Allow (RFC 9110 section 15.5.6).
 *
 * @param where For messages.
 * @throws ImproperlyConfigured for no method, for one that there is not, and for a view that is no function.
 */
export function methods<P = Params>(views: Methods<P>, where = "methods()"): View<P> {
  const table = new Map<string, View<P>>();
  for (const [method, view] of Object.entries(views)) {
    if (!(METHODS as readonly string[]).includes(method)) {
      const hint = (METHODS as readonly string[]).includes(method.toUpperCase())
        ? `: write ${method.toUpperCase()}`
        : "";
      throw new ImproperlyConfigured(`${where}: there is no method "${method}", only ${METHODS.join(", ")}${hint}`);
    }
    if (typeof view !== "function") {
      throw new ImproperlyConfigured(`${where}: the view of ${method} must be a function, not ${typeof view}`);
    }
    table.set(method, view);
  }
  if (table.size === 0) throw new ImproperlyConfigured(`${where}: views by method need one method at least`);
  const given = [...table.keys()];
  const get = table.get("GET");
  if (get !== undefined && !table.has("HEAD")) table.set("HEAD", get);
  const allowed = METHODS.filter((method) => table.has(method) || method === "OPTIONS");
  if (!table.has("OPTIONS")) {
    table.set("OPTIONS", () => new Response("", { headers: { Allow: allowed.join(", ") } }));
  }
  const view: View<P> = (request, params) => {
    const own = table.get(request.method);
    return own === undefined ? new NotAllowed([...allowed]) : own(request, params);
  };
  PARTS.set(view, table as ReadonlyMap<string, View>);
  return Object.defineProperty(view, "name", { value: `methods(${given.join(", ")})` });
}
