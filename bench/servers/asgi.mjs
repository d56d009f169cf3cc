// ASGI's hello world, and an echo of websockets.

const HEADERS = [["content-type", "text/plain"]];

export async function application(scope, receive, send) {
  if (scope.type === "lifespan") return;
  if (scope.type === "websocket") {
    await send({ type: "websocket.accept" });
    for (;;) {
      const event = await receive();
      if (event.type === "websocket.disconnect") return;
      if (event.type === "websocket.receive") await send({ type: "websocket.send", text: event.text });
    }
  }
  await send({ type: "http.response.start", status: 200, headers: HEADERS });
  await send({ type: "http.response.body", body: "Hello, world!" });
}
