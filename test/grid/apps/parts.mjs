// What the applications of the grid have in common and no framework decides: bytes, sums, words for the log. Plain JavaScript, so that
// an application of either language imports it.

import { createHash } from "node:crypto";
import process from "node:process";
import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Busboy } from "@fastify/busboy";
import { WebSocketServer } from "ws";

const BLOCK = Buffer.alloc(65_536, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));

/** The file that every application sends: 1,000 bytes. */
export const FILE = fileURLToPath(new URL("letters.txt", import.meta.url));

/** So many bytes, always the same ones. */
export function* pieces(size) {
  for (let left = size; left > 0; left -= BLOCK.length) yield left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK;
}

export const bytes = (size) => Buffer.concat([...pieces(size)]);

/** Heard by who watches the process. */
export const say = (what) => void process.stderr.write(`grid: ${what}\n`);

/** What was uploaded. One that is cut is said, and fails. */
export async function digestOf(chunks, id) {
  const hash = createHash("sha256");
  let size = 0;
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch (error) {
    say(`cut ${id}`);
    throw error;
  }
  return { size, sha256: hash.digest("hex") };
}

/** Two pieces with the end of the request between them. */
export async function* duplex(chunks) {
  yield Buffer.from("first");
  for await (const _ of chunks);
  yield Buffer.from("last");
}

/** One piece, and then no more. */
export async function* breaking() {
  yield Buffer.from("part");
  await after(20);
  throw new Error("late, on purpose");
}

/** An event, and then nothing until somebody is gone. */
export async function* events(signal) {
  yield "data: one\n\n";
  await gone(signal);
}

export const gone = (signal) =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** A form as Node's programs read one. */
export function formOf(headers, stream) {
  return new Promise((resolve, reject) => {
    const found = {};
    const form = new Busboy({ headers });
    form.on("field", (name, value) => {
      found[name] = value;
    });
    form.on("file", (_name, file, filename) => {
      found.file = filename;
      found.size = 0;
      file.on("data", (chunk) => {
        found.size += chunk.length;
      });
    });
    form.on("finish", () => resolve(found));
    form.on("error", reject);
    stream.pipe(form);
  });
}

/** A websocket at /ws of anything that looks like a server of Node. */
export function echoOn(server) {
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (request.url !== "/ws") {
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, echo);
  });
}

export const echo = (socket) => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
};

/** Response headers that are worth a look. The value is latin-1. */
export const FIELDS = [
  ["X-Plain", "plain"],
  ["X-Latin", "caf\u00e9"],
  ["X-Empty", ""],
  ["X-CaSe", "kept"],
];

export const COOKIES = ["one=1; Path=/; HttpOnly", "two=a%20b; Path=/"];

export const HINTS = "</style.css>; rel=preload; as=style";

/** `a=1; b=2` as a record, where a framework has nothing for it. */
export const cookiesOf = (header = "") =>
  Object.fromEntries(
    header
      .split(";")
      .filter(Boolean)
      .map((pair) => pair.trim().split("="))
      .map(([name, value]) => [name, decodeURIComponent(value)]),
  );

/** Parameters as a record of lists. */
export const listsOf = (params) =>
  Object.fromEntries([...new Set(params.keys())].map((key) => [key, params.getAll(key)]));

/** What comes goes back, for whatever iterates messages. */
export async function echoing(socket) {
  for await (const message of socket) await socket.send(message);
}
