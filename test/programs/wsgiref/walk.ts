// Walks down the path name by name: each application knows its own name and what is below it, and can say its own address.

import type { Application } from "../../../src/gateway/types.ts";
import { applicationUri, requestUri, shiftPathInfo } from "../../../src/gateway/util.ts";

const leaf =
  (title: string): Application =>
  (environ, startResponse) => {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return [`${title} at ${applicationUri(environ)} was asked for ${requestUri(environ)}\n`];
  };

const branch =
  (below: Readonly<Record<string, Application>>, itself: Application): Application =>
  (environ, startResponse) => {
    const name = shiftPathInfo(environ);
    if (name === null || name === "") return itself(environ, startResponse);
    const next = Object.hasOwn(below, name) ? below[name] : undefined;
    if (next !== undefined) return next(environ, startResponse);
    startResponse("404 Not Found", [["Content-Type", "text/plain"]]);
    return [`there is no ${name} here\n`];
  };

export const application = branch(
  { blog: branch({ archive: leaf("the archive") }, leaf("the blog")) },
  leaf("the front page"),
);
