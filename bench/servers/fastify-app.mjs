// Fastify with its own defaults and no logger.

import Fastify from "fastify";

const app = Fastify();
app.get("/", (_request, reply) => {
  reply.type("text/plain").send("Hello, world!");
});

export default app;
