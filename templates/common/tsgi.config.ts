import { defineConfig } from "tsgi";

export default defineConfig({
  app: "src/app.ts",
  // A new worker gets clients when this path answers 2xx. A load balancer may ask for it too.
  readyPath: "/healthz",
  // Bodies are gathered in memory here, so a larger one is refused with 413.
  limitBody: "1M",
});
