// Echoes each message with the worker that did it. Without an upgrade it says which worker answers.

import process from "node:process";

async function echo(socket) {
  for await (const message of socket) await socket.send(`${process.pid} ${message}`);
}

export function application(environ, startResponse) {
  if (environ["tsgi.upgrade"] !== undefined) {
    return environ["tsgi.upgrade"](echo, { headers: [["X-Worker", String(process.pid)]] });
  }
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [String(process.pid)];
}
