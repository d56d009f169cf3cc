// A view that answers in JSON, in Fastify with its own defaults and no logger.

import Fastify from "fastify";

const app = Fastify();
app.get("/articles/:id/", (request) => {
  const id = Number(request.params.id);
  return { id, title: `Article ${id}`, tags: ["news", "tsgi"], published: true };
});
console.log(await app.listen({ port: 0, host: "127.0.0.1" }));
