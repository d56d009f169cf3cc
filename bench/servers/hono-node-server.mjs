// The same application on Hono's own adapter for Node.

import { serve } from "@hono/node-server";
import app from "./hono.mjs";

const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
  console.log(`http://127.0.0.1:${port}`),
);
server.keepAliveTimeout = 75_000;
