// Shows the environ that it is given, filled up with the defaults for tests where nothing was: the example of wsgiref.util.

import type { Application } from "../../../src/gateway/types.ts";
import { setupTestingDefaults } from "../../../src/gateway/util.ts";

export const application: Application = (environ, startResponse) => {
  setupTestingDefaults(environ);
  startResponse("200 OK", [["Content-type", "text/plain; charset=utf-8"]]);
  return Object.keys(environ).map((key) => `${key}: ${typeof environ[key] === "string" ? environ[key] : "..."}\n`);
};
