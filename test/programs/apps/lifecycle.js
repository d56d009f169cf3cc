// Says on standard output, a line of JSON each, when it is started and shut down, and does there what its environment asks for.

import { once } from "node:events";
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const say = (what, told) => writeSync(1, `${JSON.stringify({ what, pid: process.pid, ...told })}\n`);

const ways = {
  throws: (name) => {
    throw new Error(`${name} is broken`);
  },
  rejects: async (name) => {
    await null;
    throw new Error(`${name} is broken`);
  },
  hangs: () => new Promise(() => {}),
};

export async function startup(worker) {
  await ways[process.env.STARTUP]?.("startup");
  say("startup", worker);
}

export async function shutdown({ signal, ...departure }) {
  say("shutdown", departure);
  signal.addEventListener("abort", () => say("nearly over"));
  await ways[process.env.SHUTDOWN]?.("shutdown");
}

let probes = 0;

const routes = {
  "/healthz": () => {
    probes += 1;
    if (process.env.HEALTH === "throws") throw new Error("no database");
    return probes > Number(process.env.HEALTH ?? 0) ? "200 OK" : "503 Service Unavailable";
  },
  "/later": async ({ QUERY_STRING }) => {
    await sleep(Number(QUERY_STRING));
    return "200 OK";
  },
  "/never": () => new Promise(() => {}),
};

export function application(environ, startResponse) {
  if (environ.PATH_INFO === "/events") return events(environ, startResponse);
  return answer(environ, startResponse);
}

async function answer(environ, startResponse) {
  const status = (await routes[environ.PATH_INFO]?.(environ)) ?? "200 OK";
  startResponse(status, [["Content-Type", "text/plain"]]);
  return [String(process.pid)];
}

async function* events(environ, startResponse) {
  const signal = environ["tsgi.signal"];
  startResponse("200 OK", [["Content-Type", "text/event-stream"]]);
  yield "data: hello\n\n";
  if (!signal.aborted) await once(signal, "abort");
  yield `data: ${signal.reason.message}\n\n`;
}
