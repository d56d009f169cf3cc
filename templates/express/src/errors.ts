// What a client hears when something went wrong: nothing of the inside.

import type { ErrorRequestHandler, RequestHandler } from "express";

export const notFound: RequestHandler = (_request, response) => {
  response.status(404).json({ error: "not found" });
};

/** Express knows it by its four parameters. */
export const failed: ErrorRequestHandler = (error, _request, response, next) => {
  // The head is out: only Express can still end the connection.
  if (response.headersSent) return next(error);
  const { status, message } = Object(error) as { readonly status?: unknown; readonly message?: unknown };
  // Parsers say so when the client is to blame, such as for a body that is no JSON.
  if (typeof status === "number" && status >= 400 && status < 500) {
    response.status(status).json({ error: message });
    return;
  }
  // While you develop, tsgi shows what is said here.
  console.error(error);
  response.status(500).json({ error: "internal server error" });
};
