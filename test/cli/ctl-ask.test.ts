import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { ask, askAndWait } from "../../src/cli/ctl-ask.ts";
import { TsgiError } from "../../src/errors.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** A server that does with each line what it is told. */
async function server(t: TestContext, act: (line: string, socket: net.Socket) => void): Promise<string> {
  const path = join(tempFolder(t), "ctl");
  const sockets: net.Socket[] = [];
  const listener = net.createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.setEncoding("utf8").on("data", (text) => act(String(text).trimEnd(), socket));
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  await once(listener.listen(path), "listening");
  return path;
}

const nobody = (message: RegExp) => (error: unknown) =>
  error instanceof TsgiError && error.code === "no-server" && error.exitCode === 3 && message.test(error.message);

const QUICK = { answerMs: 100, pulseMs: 20 };

test("one line is said, and the line that comes back is the answer, in however many pieces", async (t) => {
  const lines: string[] = [];
  const path = await server(t, (line, socket) => {
    lines.push(line);
    socket.write('{"id":1,"ok":true,');
    setImmediate(() => socket.write('"data":{"message":"done"}}\n{"not":"read"}'));
  });
  assert.deepEqual(await ask(path, { command: "scale", count: 4 }), { id: 1, ok: true, data: { message: "done" } });
  assert.deepEqual(lines, ['{"id":1,"command":"scale","count":4}']);
});

test("where nobody is, nothing is a socket, or another kind of server answers, the message says which", async (t) => {
  const folder = tempFolder(t, { file: "" });
  await assert.rejects(
    ask(join(folder, "no"), { command: "status" }),
    nobody(/^no server has its control socket at .*\/no; is it running, and with this --control or --pid\?$/),
  );
  await assert.rejects(
    ask(join(folder, "file"), { command: "status" }),
    nobody(/\/file is no socket; --control names the control socket of a server$/),
  );
  const long = join(folder, "x".repeat(200));
  await assert.rejects(
    ask(long, { command: "status" }),
    nobody(/^the path .* is longer than that of a socket may be$/),
  );
  const http = await server(t, (_line, socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await assert.rejects(ask(http, { command: "status" }), nobody(/ctl is no control socket of tsgi$/));
  const mute = await server(t, (_line, socket) => socket.end());
  await assert.rejects(ask(mute, { command: "status" }), nobody(/ended the conversation without an answer/));
  const rude = await server(t, (_line, socket) => socket.destroy());
  await assert.rejects(ask(rude, { command: "status" }), nobody(/ended the conversation without an answer/));
});

test("a socket that a killed server left behind is told as such", async (t) => {
  const path = join(tempFolder(t), "ctl");
  const listener = net.createServer().listen(path);
  await once(listener, "listening");
  // Another name for the same socket outlives it.
  fs.linkSync(path, `${path}.left`);
  listener.close();
  await assert.rejects(
    ask(`${path}.left`, { command: "status" }),
    nobody(/^nobody serves the control socket .*\.left any more: the server was killed$/),
  );
});

test("whoever may not use the socket is told so", { skip: process.getuid?.() !== 0 && "needs root" }, async (t) => {
  const path = await server(t, () => {});
  fs.chmodSync(path, 0o600);
  fs.chmodSync(dirname(path), 0o755);
  process.seteuid?.(65_534);
  try {
    const message =
      /^not permitted to use the control socket .*: it is for the user who started the server, and for root$/;
    await assert.rejects(ask(path, { command: "status" }), nobody(message));
  } finally {
    process.seteuid?.(0);
  }
});

test("a server that hangs is given up after a time, which the message names", async (t) => {
  const path = await server(t, () => {});
  await assert.rejects(
    ask(path, { command: "status" }, QUICK),
    nobody(/^the server at .* did not answer within 0\.1 s: it is stopped, or its machine is overloaded$/),
  );
});

test("the end of something is waited for longer than an answer may take, while the server answers other questions", async (t) => {
  const limits = { answerMs: 3_000, pulseMs: 20 };
  let since: number | undefined;
  let waiting: net.Socket | undefined;
  const path = await server(t, (line, socket) => {
    if (JSON.parse(line).command === "reload") {
      waiting = socket;
      since = performance.now();
      return;
    }
    socket.write('{"id":1,"ok":true,"data":{}}\n');
    if (since !== undefined && performance.now() - since > limits.answerMs) {
      waiting?.write('{"id":1,"ok":false,"error":"no"}\n');
    }
  });
  const answer = await askAndWait(path, { command: "reload", wait: true }, limits);
  assert.deepEqual(answer, { id: 1, ok: false, error: "no" });
});

test("a server that stops answering while one waits is given up too, and so is one that is gone", async (t) => {
  const hangs = await server(t, () => {});
  const request = { command: "reload", wait: true } as const;
  await assert.rejects(askAndWait(hangs, request, QUICK), nobody(/did not answer within 0\.1 s/));
  const leaves = await server(t, (_line, socket) => socket.end());
  await assert.rejects(askAndWait(leaves, request), nobody(/ended the conversation without an answer/));
});
