// The application as the gateway calls it, and the routes. An error that nobody catches is answered with 500 and logged by the server.

import type { Application, Environ } from "tsgi";
import { type Answer, greet, greetSomebody, healthy } from "./greetings.ts";

type Handler = (environ: Environ) => Answer | Promise<Answer>;

const ROUTES = new Map<string, ReadonlyMap<string, Handler>>([
  ["/", new Map([["GET", greet]])],
  ["/greetings", new Map([["POST", greetSomebody]])],
  ["/healthz", new Map([["GET", healthy]])],
]);

export const application: Application = async (environ, startResponse) => {
  const { status, body, headers = [] } = await answer(environ);
  startResponse(status, [["Content-Type", "application/json"], ...headers]);
  return [`${JSON.stringify(body)}\n`];
};

function answer(environ: Environ): Answer | Promise<Answer> {
  const handlers = ROUTES.get(environ.PATH_INFO);
  if (handlers === undefined) return { status: "404 Not Found", body: { error: "not found" } };
  // The server sends the head alone when it was asked for that.
  const handler = handlers.get(environ.REQUEST_METHOD === "HEAD" ? "GET" : environ.REQUEST_METHOD);
  if (handler !== undefined) return handler(environ);
  const allow = [...handlers.keys()].join(", ");
  return { status: "405 Method Not Allowed", body: { error: `expected ${allow}` }, headers: [["Allow", allow]] };
}
