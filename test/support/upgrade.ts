// A server that is upgraded under load, and the steps of an upgrade. Everything that came of it is awaited, and no request may fail.

import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { TestContext } from "node:test";
import type { LoadResult } from "./load/record.ts";
import { Load } from "./load.ts";
import { commandLine } from "./master-process.ts";
import { APPS, type LogRecord, Server, type ServerOptions } from "./server.ts";
import { tempFolder } from "./temp-folder.ts";

const ECHO = fs.readFileSync(join(APPS, "echo.js"), "utf8");

/** The application that loads are for, as another version of itself. */
export const application = (version: string, first = ""): string =>
  `${first}\n${ECHO.replace('"one"', JSON.stringify(version))}`;

export interface Site {
  readonly folder: string;
  readonly server: Server;
  /** Writes the file that the next worker loads. */
  deploy(version: string, first?: string): void;
  /** What the folder holds besides the application and control sockets. */
  files(): readonly string[];
  /** The control sockets in it. */
  controls(): readonly string[];
  pidIn(name: string): number;
}

export async function serve(t: TestContext, args: readonly string[] = [], options: ServerOptions = {}): Promise<Site> {
  const folder = tempFolder(t, { "app.mjs": application("one") });
  const places = [
    "--bind",
    "127.0.0.1:0",
    "--bind",
    `unix:${join(folder, "app.sock")}`,
    "--pid",
    join(folder, "app.pid"),
  ];
  const server = await Server.start(t, ["app:application", "--workers", "2", ...places, ...args], {
    cwd: folder,
    ...options,
  });
  const names = () => fs.readdirSync(folder).sort();
  return {
    folder,
    server,
    deploy: (version, first = "") => fs.writeFileSync(join(folder, "app.mjs"), application(version, first)),
    files: () => names().filter((name) => name !== "app.mjs" && !name.includes(".ctl")),
    controls: () => names().filter((name) => name.includes(".ctl")),
    pidIn: (name) => Number(fs.readFileSync(join(folder, name), "utf8")),
  };
}

/** Clients on both sockets. */
export async function clients(t: TestContext, { server, folder }: Site): Promise<readonly Load[]> {
  const some = { keepAlive: 4, closing: 4, perSecond: 100 };
  return Promise.all([server.port, join(folder, "app.sock")].map((where) => Load.start(t, { where, ...some })));
}

export const more = (loads: readonly Load[], count = 60) => Promise.all(loads.map((load) => load.more(count)));

/** Ends the load, and shows that nobody was turned away. */
export async function none(loads: readonly Load[]): Promise<readonly LoadResult[]> {
  const results = await Promise.all(loads.map((load) => load.stop()));
  assert.deepEqual(
    results.flatMap(({ failures }) => failures),
    [],
  );
  return results;
}

/** A whole server starts, perhaps on a machine that has much else to do. */
export const STARTS_MS = 60_000;

const pidOf = (record: LogRecord): number => Number(/\(pid (\d+)\)/.exec(record.msg)?.[1]);

/** Waits until these processes are no more; nobody says so. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some((pid) => commandLine(pid) !== "")) await new Promise((next) => setTimeout(next, 10));
}

/** Sends USR2 to a master and waits until its new master serves: that one's process id. */
export async function upgrade(server: Server, master = server.pid): Promise<number> {
  const from = server.records.length;
  process.kill(master, "SIGUSR2");
  return pidOf(await server.says(/^the new master \(pid \d+\) serves beside this one/, from, STARTS_MS));
}

/** Ends the old master; the new one has its names when it says so. */
export async function complete(server: Server, master = server.pid, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  const from = server.records.length;
  process.kill(master, signal);
  await server.says(/^the old master \(pid \d+\) is gone: this one is the master now$/, from, STARTS_MS);
}

/** Ends the last master and everything else. */
export async function finish(site: Site, master: number): Promise<void> {
  process.kill(master, "SIGTERM");
  await site.server.ended;
  nothingIsLeft(site);
}

export function nothingIsLeft({ server, files, controls }: Site): void {
  assert.deepEqual([server.processes(), files(), controls()], [[], [], []]);
}
