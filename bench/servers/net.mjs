// The floor: answers a fixed string to whatever comes, and parses nothing. No HTTP server on node:net can cost less.

import { createServer } from "node:net";

const ANSWER = Buffer.from(
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\nHello, world!",
);

const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on("data", () => socket.write(ANSWER));
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
