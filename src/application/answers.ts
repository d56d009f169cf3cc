// Whether what somebody gave back is a response, and what to say of it when it is none; and every response that a request had on its way, so
// that one which a middleware put another in the place of is closed as well.

import { blame } from "../modules/locate.ts";
import { ImproperlyConfigured } from "./exceptions.ts";
import type { Request } from "./request.ts";
import { Response } from "./response.ts";
import { isContent } from "./response-base.ts";

/** Who gave something back, for a message. */
export interface Giver {
  /** `the view list (route "articles/")`. */
  readonly who: string;
  /** The function that gave it: no stack leads back to a function that has returned. */
  readonly from?: unknown;
}

export function wrongAnswer({ who, from }: Giver, value: unknown): ImproperlyConfigured {
  const text = `${who} gave back ${described(value)}; it must give a Response${hint(value)}`;
  return blame(new ImproperlyConfigured(text), from);
}

/** What a value is, for a message. */
export function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") {
    const name: unknown = value.constructor?.name;
    if (name === "" && isGenerator(value)) return "a generator";
    return typeof name === "string" && name !== "" && name !== "Object" ? `an object of ${name}` : "an object";
  }
  return typeof value === "string" ? `the text ${JSON.stringify(value.slice(0, 60))}` : `a ${typeof value}`;
}

const isGenerator = (value: unknown): boolean =>
  typeof value === "object" && value !== null && typeof (value as { next?: unknown }).next === "function";

function hint(value: unknown): string {
  if (value === undefined) return " (is a return missing?)";
  if (value instanceof globalThis.Response) return ": this one is of fetch; import { Response } from tsgi/application";
  if (isContent(value)) return `: new Response(${typeof value === "string" ? "text" : "value"})`;
  if (isGenerator(value)) return ": new StreamingResponse(value)";
  if (typeof value === "object" && value !== null && !(value instanceof Response)) return ": new JsonResponse(value)";
  return "";
}

const SEEN = Symbol("responses of this request");

type Seeing = Request & { [SEEN]?: Response | Response[] };

/** Called with each response that a layer of the chain gives; nearly always it is the one that was there before. */
export function remember(request: Request, response: Response): void {
  const seeing = request as Seeing;
  const seen = seeing[SEEN];
  if (seen === response) return;
  if (seen === undefined) seeing[SEEN] = response;
  else if (!Array.isArray(seen)) seeing[SEEN] = [seen, response];
  else if (!seen.includes(response)) seen.push(response);
}

/** The responses that another took the place of. */
export function replaced(request: Request, last: Response | undefined): readonly Response[] {
  const seen = (request as Seeing)[SEEN];
  if (seen === last || seen === undefined) return NONE;
  return Array.isArray(seen) ? seen.filter((response) => response !== last) : [seen];
}

const NONE: readonly Response[] = Object.freeze([]);
