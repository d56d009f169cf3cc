// Serves the files of settings.static.dirs under settings.static.url: for development, where there is no web server in front. It is right in
// production too, but each file costs a turn of the event loop there: that is a web server's work.

import { statSync } from "node:fs";
import { ImproperlyConfigured, NotFound } from "../exceptions.ts";
import { Middleware } from "../middleware.ts";
import type { Request } from "../request.ts";
import { FileResponse, NotAllowed, type Response } from "../response.ts";
import { safeJoin } from "../safe-join.ts";
import type { Settings, StaticSettings } from "../settings.ts";
import type { GetResponse } from "../types.ts";

export class StaticFilesMiddleware extends Middleware {
  readonly #static: StaticSettings;

  /** @throws ImproperlyConfigured without folders, for one that is none, and for a url that is the whole site. */
  constructor(getResponse: GetResponse, settings: Settings) {
    super(getResponse, settings);
    this.#static = settings.static;
    check(settings.static);
  }

  /** @throws NotFound; SuspiciousFileOperation for a path that would lead out of its folder. */
  override processRequest(request: Request): Response | undefined {
    const path = request.environ.PATH_INFO;
    if (!path.startsWith(this.#static.url)) return undefined;
    const { method } = request;
    if (method !== "GET" && method !== "HEAD") return new NotAllowed(["GET", "HEAD"]);
    return this.#find(path.slice(this.#static.url.length), request);
  }

  #find(path: string, request: Request): Response {
    for (const dir of this.#static.dirs) {
      const file = safeJoin(dir, path);
      // Editors, version control and keys leave files that begin with a dot, and nobody means to publish them.
      if (path.split("/").some((part) => part.startsWith("."))) break;
      try {
        // To be asked for again each time: a file that was changed must show at once, and 304 is cheap.
        return new FileResponse(file, { request, headers: { "Cache-Control": "no-cache" } });
      } catch (error) {
        if (!(error instanceof NotFound)) throw error;
      }
    }
    throw new NotFound(`there is no static file ${JSON.stringify(path)}`);
  }
}

function check({ url, dirs }: StaticSettings): void {
  const who = "StaticFilesMiddleware";
  if (url === "/")
    throw new ImproperlyConfigured(`${who}: settings.static.url is "/", which leaves nothing to the views`);
  if (dirs.length === 0)
    throw new ImproperlyConfigured(`${who}: settings.static.dirs is empty: expected the folders to serve`);
  for (const dir of dirs) {
    if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new ImproperlyConfigured(`${who}: settings.static.dirs has ${JSON.stringify(dir)}, which is no folder`);
    }
  }
}
