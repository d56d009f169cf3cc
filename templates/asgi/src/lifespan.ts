// What a worker begins and ends with: the place for a connection to a database and its like.

import type { Receive, Send } from "tsgi/asgi";

export async function lifespan(receive: Receive, send: Send): Promise<void> {
  await receive(); // lifespan.startup
  await send({ type: "lifespan.startup.complete" });
  await receive(); // lifespan.shutdown
  await send({ type: "lifespan.shutdown.complete" });
}
