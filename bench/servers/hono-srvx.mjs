// The same application on srvx.

import { serve } from "srvx/node";
import app from "./hono.mjs";

const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1", silent: true });
await server.ready();
server.node.server.keepAliveTimeout = 75_000;
console.log(server.url);
