// A plugin with the routes of greetings.

import type { FastifyPluginAsync } from "fastify";

interface Greeting {
  readonly name: string;
}

const body = {
  type: "object",
  required: ["name"],
  properties: { name: { type: "string", minLength: 1 } },
};

export const greetings: FastifyPluginAsync = async (app) => {
  app.get("/", async () => ({ hello: "world" }));
  app.post<{ Body: Greeting }>("/greetings", { schema: { body } }, async ({ body }) => ({ hello: body.name }));
};
