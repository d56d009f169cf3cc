// The application, its plugins and its error pages. It is exported, and nothing here listens: the server awaits ready() in each worker, and
// calls close() when the worker leaves.

import Fastify, { type FastifyError } from "fastify";
import { greetings } from "./greetings.ts";

export const app = Fastify();

app.register(greetings);

app.get("/healthz", async () => ({ ok: true }));

app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: "not found" }));

app.setErrorHandler<FastifyError>((error, _request, reply) => {
  // The client is to blame, such as for a body that does not fit its schema.
  const { statusCode = 500 } = error;
  if (statusCode >= 400 && statusCode < 500) return reply.code(statusCode).send({ error: error.message });
  // The client hears nothing of the inside; while you develop, tsgi shows what is said here.
  console.error(error);
  return reply.code(500).send({ error: "internal server error" });
});
