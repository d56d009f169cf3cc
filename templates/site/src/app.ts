// The whole site in one call: its settings, its routes, its middlewares and its error pages.

import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  CommonMiddleware,
  CompressMiddleware,
  ConditionalGetMiddleware,
  CsrfMiddleware,
  getApplication,
  MessagesMiddleware,
  SecurityMiddleware,
  SessionMiddleware,
  StaticFilesMiddleware,
} from "tsgi/application";
import { broken, forbidden, notFound } from "./errors.ts";
import { urls } from "./urls.ts";

// Signs cookies: whoever knows it can write any session. The same for all workers, and for all machines.
const { SECRET_KEY, NODE_ENV } = process.env;
if (NODE_ENV === "production" && !SECRET_KEY) throw new Error("SECRET_KEY is not set: expected a long random text");

export const application = getApplication({
  secretKey: SECRET_KEY || "only while it is developed",
  urls,
  // Outermost first: a request goes down this list, its response comes back up.
  middleware: [
    SecurityMiddleware,
    StaticFilesMiddleware,
    CompressMiddleware,
    ConditionalGetMiddleware,
    CommonMiddleware,
    SessionMiddleware,
    MessagesMiddleware,
    CsrfMiddleware,
  ],
  static: { dirs: [fileURLToPath(new URL("../static", import.meta.url))] },
  security: {
    // Nothing from other sites, and no other site may send our forms or frame our pages.
    contentSecurityPolicy: "default-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  },
  handlers: { 403: forbidden, 404: notFound, 500: broken },
});
