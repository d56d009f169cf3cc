// The application and its routes. The server takes the default export for what it is: an object with fetch().

import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { nameIn } from "./greetings.ts";

const app = new Hono();

app.get("/", (c) => c.json({ hello: "world" }));

app.post("/greetings", async (c) => c.json({ hello: nameIn(await c.req.text()) }));

app.get("/healthz", (c) => c.json({ ok: true }));

app.notFound((c) => c.json({ error: "not found" }, 404));

app.onError((error, c) => {
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
  // To the server, which logs it, answers with 500, and shows it while you develop.
  throw error;
});

export default app;
