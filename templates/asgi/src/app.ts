// The application as the server calls it over ASGI 3.0: once for each request, and once for the life of a worker. An error that nobody
// catches is answered with 500 and logged by the server.

import type { AsgiApplication, Receive } from "tsgi/asgi";
import { answer } from "./greetings.ts";
import { lifespan } from "./lifespan.ts";

export const application: AsgiApplication = async (scope, receive, send) => {
  if (scope.type === "lifespan") return lifespan(receive, send);
  // Before it is accepted: the handshake is refused.
  if (scope.type === "websocket") return send({ type: "websocket.close" });
  const text = await bodyOf(receive);
  // The client has left, or its body was too large: the server knows what to say.
  if (text === undefined) return;
  const { status, body, headers } = answer(scope.method, scope.path, text);
  await send({ type: "http.response.start", status, headers: [["content-type", "application/json"], ...headers] });
  await send({ type: "http.response.body", body: `${JSON.stringify(body)}\n` });
};

/** The whole body; undefined if it did not come. */
async function bodyOf(receive: Receive): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const event = await receive();
    if (event.type !== "http.request") return undefined;
    parts.push(event.body);
    if (!event.more_body) return Buffer.concat(parts).toString();
  }
}
