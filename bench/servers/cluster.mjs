// node:http in the workers of node:cluster as its documentation shows it: node cluster.mjs 2. Each answer names its worker.

import cluster from "node:cluster";
import { createServer } from "node:http";
import process from "node:process";

if (cluster.isPrimary) {
  const wanted = Number(process.argv[2]);
  let listening = 0;
  for (let n = 0; n < wanted; n += 1) {
    cluster.fork().on("listening", ({ port }) => {
      listening += 1;
      if (listening === wanted) console.log(`http://127.0.0.1:${port}`);
    });
  }
} else {
  const worker = String(process.pid);
  const server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": 13, "X-Worker": worker });
    response.end("Hello, world!");
  });
  server.keepAliveTimeout = 75_000;
  server.listen(0, "127.0.0.1");
}
