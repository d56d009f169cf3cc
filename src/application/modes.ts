// How things that answer at once and things that answer later fit together. Decided when an application is loaded, never for a request
// (Django's adapt_method_mode). A JavaScript process cannot wait for a promise, so that what must have its answer at once is refused here
// around what may answer later.

import { ImproperlyConfigured } from "./exceptions.ts";
import { isPromise } from "./promises.ts";
import type { Request } from "./request.ts";
import type { Response } from "./response.ts";
import type { GetResponse, Mode } from "./types.ts";

/** What is to be fitted into a middleware. */
export interface Adapting {
  /** What the middleware needs. */
  readonly want: Mode;
  readonly method: GetResponse;
  readonly is: Mode;
  /** The middleware. */
  readonly name: string;
  /** What is inside, or what in there may answer later. */
  readonly inner: string;
}

/**
 * @returns The method itself where it fits. For `"async"`, one that always gives a promise. For `"sync"`, one that throws if what was taken
 *   to answer at once gives a promise after all.
 * @throws ImproperlyConfigured for `"sync"` around anything else.
 */
export function adaptMethodMode({ want, method, is, name, inner }: Adapting): GetResponse {
  if (want === "either") return method;
  // Also around what is async: its plain parts may throw, which is answered at once.
  if (want === "async") return (request) => promised(method, request);
  if (is !== "sync") {
    throw new ImproperlyConfigured(
      `${name} is of mode "sync" and stands around ${inner}, which may answer later: ` +
        'nothing can wait for that here. Make it of mode "either" or "async", or put it further in',
    );
  }
  return (request) => {
    const outcome = method(request);
    if (!isPromise(outcome)) return outcome;
    abandon(outcome);
    throw new ImproperlyConfigured(
      `${name} is of mode "sync", and ${culprit(request)} gave a promise: write that view as an async function, ` +
        "and this is found when the application is loaded",
    );
  };
}

function promised(method: GetResponse, request: Request): Promise<Response> {
  try {
    const outcome = method(request);
    return outcome instanceof Promise ? outcome : Promise.resolve(outcome);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Nobody will have it: what it holds is closed when it comes, and its failure must not end the process. */
function abandon(outcome: Promise<Response>): void {
  Promise.resolve(outcome)
    .then(
      (response) => response.close(),
      () => undefined,
    )
    .then(undefined, () => undefined);
}

function culprit({ resolverMatch }: Request): string {
  if (resolverMatch === undefined) return "something inside of it";
  const { viewName, route } = resolverMatch;
  return `the view ${viewName || "without a name"} (route "${route}"), or a middleware,`;
}
