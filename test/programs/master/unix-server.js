// A server of somebody else's at a Unix socket. With "die" it ends as soon as it listens, and leaves the socket behind.
import net from "node:net";
import process from "node:process";

// Whoever only looks whether somebody is there leaves without reading.
net.createServer((socket) => socket.on("error", () => {}).end("other\n")).listen(process.argv[2], () => {
  if (process.argv[3] === "die") process.kill(process.pid, "SIGKILL");
  console.log("listening");
});
