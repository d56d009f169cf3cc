// Express's hello world, as it comes.

import express from "express";

const app = express();
app.get("/", (_request, response) => {
  response.type("text/plain").send("Hello, world!");
});

export default app;
