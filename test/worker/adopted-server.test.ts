import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import process from "node:process";
import { test } from "node:test";
import { AdoptedServer } from "../../src/worker/adopted-server.ts";

const ADDRESS = { address: "127.0.0.1", port: 8000, family: "IPv4" } as const;

function adopted() {
  const server = http.createServer();
  return { server, held: new AdoptedServer({ server, address: ADDRESS, ownListeners: process.listeners("SIGTERM") }) };
}

test("to its program it listens: the event, the flag, the address", async () => {
  const { server, held } = adopted();
  assert.equal(server.listening, true);
  await once(server, "listening");
  assert.deepEqual(server.address(), ADDRESS);
  await held.end();
  assert.deepEqual([server.listening, server.address()], [false, null]);
});

test("it closes when the last request is answered, and not before", async () => {
  const { server, held } = adopted();
  const said: string[] = [];
  server.on("close", () => said.push("close"));
  server.close(() => said.push("done"));
  await new Promise(setImmediate);
  assert.deepEqual([said, server.listening], [[], true]);
  // What a server says that is closed twice.
  const closed = once(server, "close");
  await held.end();
  await closed;
  assert.deepEqual(said, ["close", "done"]);
  const [error] = await new Promise<unknown[]>((resolve) => server.close((...given) => resolve(given)));
  assert.equal((error as NodeJS.ErrnoException).code, "ERR_SERVER_NOT_RUNNING");
});

test("its program hears SIGTERM at its end, once, what it returns is awaited, and it can close the server then", async () => {
  const { server, held } = adopted();
  const said: unknown[] = [];
  const onTerm = async (name: string) => {
    said.push(name);
    await new Promise((closed) => server.close(closed));
    said.push("closed");
  };
  process.on("SIGTERM", onTerm);
  await held.end();
  process.off("SIGTERM", onTerm);
  assert.deepEqual(said, ["SIGTERM", "closed"]);
});

test("a program that heard the signal itself is not told a second time", async () => {
  const { held } = adopted();
  const said: unknown[] = [];
  const onTerm = () => said.push("SIGTERM");
  process.on("SIGTERM", onTerm);
  process.emit("SIGTERM");
  await held.end();
  process.off("SIGTERM", onTerm);
  assert.deepEqual(said, ["SIGTERM"]);
});
