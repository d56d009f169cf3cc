// The same application as Fastify listens itself, with its own defaults.

import app from "./fastify-app.mjs";

console.log(await app.listen({ port: 0, host: "127.0.0.1" }));
