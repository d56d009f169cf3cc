// The same view in Express, as it comes.

import express from "express";

const app = express();
app.get("/articles/:id/", (request, response) => {
  const id = Number(request.params.id);
  response.json({ id, title: `Article ${id}`, tags: ["news", "tsgi"], published: true });
});
const server = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
server.keepAliveTimeout = 75_000;
