// The application and its routes. It is exported, and nothing here listens: that is the server's.

import express from "express";
import { failed, notFound } from "./errors.ts";

export const app = express();

// The address and the scheme of a client behind a trusted proxy are right already: tsgi reads the proxy's fields.
app.disable("x-powered-by");
app.use(express.json());

app.get("/", (_request, response) => {
  response.json({ hello: "world" });
});

app.post("/greetings", (request, response) => {
  const { name } = Object(request.body) as { readonly name?: unknown };
  if (typeof name === "string" && name !== "") response.json({ hello: name });
  else response.status(400).json({ error: 'expected {"name": "..."}' });
});

app.get("/healthz", (_request, response) => {
  response.json({ ok: true });
});

// Last: what no route has answered, and what one has thrown.
app.use(notFound, failed);
