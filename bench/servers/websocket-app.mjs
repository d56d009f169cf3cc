// An echo of websockets by the ws library, on a server that does not listen.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

export const server = createServer((_request, response) => response.end("Hello, world!"));
const websockets = new WebSocketServer({ server });
websockets.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
