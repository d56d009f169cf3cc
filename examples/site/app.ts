// Field notes: what `tsgi serve examples/site/app.ts:application` loads. The settings of the whole site are these lines.

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
import { serverTiming } from "./server-timing.ts";
import { allowedHosts, debug, secretKey, staticFolder } from "./settings.ts";
import { urls } from "./urls.ts";
import { broken, forbidden, notFound, tooLarge } from "./views/errors.ts";

export const application = getApplication({
  debug,
  secretKey,
  allowedHosts,
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
    serverTiming,
  ],
  fileUploadMaxSize: 5 * 1024 * 1024,
  static: { dirs: [staticFolder] },
  security: {
    // No script at all, nothing from other sites, and no other site may send our forms or frame our pages.
    contentSecurityPolicy:
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  },
  handlers: { 403: forbidden, 404: notFound, 413: tooLarge, 500: broken },
});
