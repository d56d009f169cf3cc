// Says which process answers; holds a request until its body has come, an event stream until it is told to end, and a websocket.

import process from "node:process";

async function* events(signal) {
  yield "data: hello\n\n";
  await new Promise((done) => (signal.aborted ? done() : signal.addEventListener("abort", done)));
  yield "data: bye\n\n";
}

export async function application(environ, startResponse) {
  if (environ["tsgi.upgrade"] !== undefined) {
    return environ["tsgi.upgrade"](async (socket) => {
      for await (const message of socket) await socket.send(`${process.pid} ${message}`);
    });
  }
  const body = (await environ["tsgi.input"].read()).toString();
  const isStream = environ.PATH_INFO === "/events";
  startResponse("200 OK", [["Content-Type", isStream ? "text/event-stream" : "text/plain"]]);
  if (isStream) return events(environ["tsgi.signal"]);
  return [`${process.pid} ${environ.PATH_INFO} ${body}`];
}
