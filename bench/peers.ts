// Who takes part in the bench, and how each is started: the servers of the rows.

import { fileURLToPath } from "node:url";
import type { Peer } from "./row.ts";

/** Whom the bars judge. */
export const SUBJECT = "tsgi";
/** Whose saturation sets the rate of a row of latency. */
export const BASE = "node:http";
export const FLOOR = "net (floor)";

export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const net: Peer = { name: FLOOR, program: "node", args: ["net.mjs"] };
export const http = (handler: string): Peer => ({ name: BASE, program: "node", args: ["http.mjs", handler] });
export const served = (target: string, workers: number, ...flags: readonly string[]): Peer => ({
  name: SUBJECT,
  program: "node",
  args: [
    ...[here("../bin/tsgi.js"), "serve", target, "--workers", String(workers)],
    ...["--bind", "127.0.0.1:0", ...flags],
  ],
});
export const pool = (workers: number, application: string): Peer => served(`app.mjs:${application}`, workers);
export const tsgi = (application: string, ...flags: readonly string[]): Peer =>
  served(`app.mjs:${application}`, 1, ...flags);
export const inTurn = (peer: Peer): Peer => ({
  ...peer,
  name: "tsgi, round-robin",
  args: [...peer.args, "--accept", "round-robin"],
});

export const CLUSTER = "node:cluster";
export const cluster = (workers: number): Peer => ({
  name: CLUSTER,
  program: "node",
  args: ["cluster.mjs", String(workers)],
  note: "node:http in workers, as its documentation shows it: the primary accepts and hands over in turn",
});

export const uwsgi = (name: string, note: string, ...args: readonly string[]): Peer => ({
  name,
  program: "uwsgi",
  note,
  args: [
    ...["--plugin", "python3", "--wsgi-file", "app.py", "--master", "--processes", "1"],
    ...["--disable-logging", "--die-on-term", ...args],
  ],
});

export const uvicorn = (name: string, note: string, loop: string, http: string): Peer => ({
  name,
  program: "uvicorn",
  note,
  args: ["--host", "127.0.0.1", "--port", "0", "--no-access-log", "--loop", loop, "--http", http, "app:asgi"],
});

export const gunicorn: Peer = {
  name: "gunicorn",
  program: "gunicorn",
  note: "gthread with 64 threads: its cheapest with keep-alive. With one or two threads it costs twice as much; the sync worker closes each connection and costs the same",
  args: [
    ...["--bind", "127.0.0.1:0", "--workers", "1", "--worker-class", "gthread", "--threads", "64"],
    ...["--keep-alive", "75", "app:application"],
  ],
};
