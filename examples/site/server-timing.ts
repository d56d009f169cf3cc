// A middleware of our own: tells the browser's developer tools how long the view took (https://www.w3.org/TR/server-timing/). It is made
// once, given the rest of the chain, and called for each request.

import { performance } from "node:perf_hooks";
import type { GetResponse, Request, Response } from "tsgi/application";

export function serverTiming(getResponse: GetResponse): GetResponse {
  return (request: Request) => {
    const start = performance.now();
    const done = (response: Response): Response => {
      response.headers.set("Server-Timing", `view;dur=${(performance.now() - start).toFixed(1)}`);
      return response;
    };
    const response = getResponse(request);
    // A view that did not wait for anything has given its response already; no promise is made for it here either.
    return response instanceof Promise ? response.then(done) : done(response);
  };
}
