// What is measured and who takes part. A new row or peer is one entry here.

import { fileURLToPath } from "node:url";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface Peer {
  readonly name: string;
  /** Arguments for node. The server listens on a free port and prints its URL on standard output or standard error. */
  readonly args: readonly string[];
}

export interface Row {
  readonly name: string;
  /** What is sent, for a person. */
  readonly title: string;
  readonly path: string;
  /** What a right answer says; asked once before each server is measured. */
  readonly body: string;
  /** Arguments of wrk beyond threads and duration: connections, `-s` with a script for another method. */
  readonly load: readonly string[];
  readonly peers: readonly Peer[];
}

/** The peer that the ratios are taken to; it has part in every row. */
export const BASE = "node:http";

const tsgi = (application: string, ...flags: readonly string[]): Peer => ({
  name: "tsgi",
  args: [
    here("../bin/tsgi.js"),
    "serve",
    application,
    "--chdir",
    here("servers"),
    "--workers",
    "1",
    "--bind",
    "127.0.0.1:0",
    ...flags,
  ],
});

export const ROWS: readonly Row[] = [
  {
    name: "hello",
    title: "GET / with keep-alive, 64 connections, 13 bytes back",
    path: "/",
    body: "Hello, world!",
    load: ["-c64"],
    peers: [
      { name: "net (floor)", args: [here("servers/net.mjs")] },
      { name: BASE, args: [here("servers/http.mjs")] },
      { name: "fastify", args: [here("servers/fastify.mjs")] },
      tsgi("app.mjs:application"),
    ],
  },
];
