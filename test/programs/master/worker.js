// A worker that speaks the words of ipc/messages.ts and serves nothing but its own name. FAKE says how it misbehaves.
import fs from "node:fs";
import net from "node:net";
import process from "node:process";

const fake = new Set((process.env.FAKE ?? "").split(","));
const say = (report, sent) => process.send(report, undefined, undefined, sent ?? (() => {}));
const held = [];
const open = new Set();
let who = {};

process.title = "tsgi: worker";
process.on("SIGINT", () => {});
// Whoever reads it may be gone.
process.stdout.on("error", () => {});
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => leave({ style: "graceful" }));
process.on("message", (message, handle) => {
  switch (message.tsgi) {
    case "boot":
      return boot(message);
    case "listen":
      return listen(message, handle);
    case "quit":
      return leave(message);
    case "reopen":
      return process.stdout.write(`reopened ${process.pid}\n`);
  }
});
if (fake.has("answers")) {
  const line = new net.Socket({ fd: 4, readable: true, writable: true }).setEncoding("utf8");
  line.on("data", (text) => {
    for (const ask of text.trim().split("\n").map(JSON.parse)) {
      line.write(`${JSON.stringify({ tsgi: "whereabouts", ticket: ask.ticket, at: { note: ask.tsgi } })}\n`);
    }
  });
}
say({ tsgi: "hello" });

function boot({ slot, generation, maxRequests, settings }) {
  who = { pid: process.pid, slot, generation, maxRequests, env: process.env.TSGI_WORKER, mark: process.env.MARK, app: settings.app };
  if (fake.has("boot-failed")) {
    say({ tsgi: "boot-failed", code: "import-throws", message: `app.js line 1: no ${process.env.MARK}` }, () => process.exit(42));
    return;
  }
  if (fake.has("exit")) process.exit(3);
  if (fake.has("last-words")) {
    fs.writeSync(4, "garbage\n");
    fs.writeSync(4, `${JSON.stringify({ tsgi: "crashed", message: "Error: x", stack: "s".repeat(40_000), place: null })}\n`);
    process.exit(1);
  }
  if (fake.has("fatal")) {
    const javascriptHeap = { usedMemory: 5, memoryLimit: 4 };
    fs.writeSync(6, JSON.stringify({ header: { trigger: "OOMError", event: "out of memory" }, javascriptHeap }));
    process.exit(134);
  }
  if (fake.has("exit-slot-2") && slot === 2) process.exit(3);
  if (fake.has("hang")) for (;;);
  say({ tsgi: "loaded", tookMs: 1 });
  if (!fake.has("silent")) setInterval(() => say({ tsgi: "beat", served: 0, inFlight: open.size, connections: open.size }), 300);
}

function listen({ backlog, last, listener }, handle) {
  held.push(handle);
  handle.onconnection = (_error, client) => {
    const socket = new net.Socket({ handle: client });
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      open.delete(socket);
      if (held.length === 0) rest();
    });
    // One line in, one line out; after "wait" the connection stays.
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      if (text.startsWith("recycle")) say({ tsgi: "recycle", why: "it was asked to" });
      if (text.startsWith("crash")) process.exit(9);
      if (text.startsWith("wait")) socket.write("waiting\n");
      else socket.end(`${JSON.stringify({ ...who, url: listener.url })}\n`);
    });
  };
  handle.listen(backlog);
  if (last) say({ tsgi: "ready" });
}

function leave({ style }) {
  if (style === "quick" && !fake.has("deaf")) process.exit(0);
  for (const handle of held.splice(0)) {
    handle.onconnection = null;
    handle.close();
  }
  say({ tsgi: "draining", inFlight: open.size });
  rest();
}

function rest() {
  if (open.size === 0 && !fake.has("stubborn") && !fake.has("deaf")) setImmediate(() => process.exit(0));
}
