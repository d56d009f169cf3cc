// The introductory program of the notes on WSGI: a status, headers, and a list of one text.

import type { Application } from "../../../src/gateway/types.ts";

export const application: Application = (_environ, startResponse) => {
  const status = "200 OK";
  const headers: [string, string][] = [["Content-type", "text/plain"]];
  startResponse(status, headers);
  return ["Hello world!"];
};
