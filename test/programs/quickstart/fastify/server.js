import Fastify from "fastify";

export const app = Fastify({ logger: false });

app.get("/", async () => ({ hello: "world" }));
