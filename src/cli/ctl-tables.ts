// The answers of a server as a person reads them. Pure: data in, text out. Numbers stand under each other on the right.

import type { CommandName } from "../ipc/control.ts";
import type {
  DoneData,
  EmptyPlace,
  RequestsData,
  StackData,
  StatusData,
  WorkerRow,
  WorkersData,
} from "../ipc/control-data.ts";

/** @param data What the server answered to this command. */
export function renderData(command: CommandName, data: unknown): string {
  switch (command) {
    case "status":
      return statusText(data as StatusData);
    case "workers":
      return workersText(data as WorkersData);
    case "requests":
      return requestsText(data as RequestsData);
    case "stack":
      return stackText(data as StackData);
    default:
      return `${(data as DoneData).message}\n`;
  }
}

function statusText(data: StatusData): string {
  const { version, pid, app, ready, workers, load } = data;
  const range = workers.min === workers.max ? "" : ` of ${workers.min}..${workers.max}`;
  const rows: readonly (readonly [string, string | null])[] = [
    ["state", data.state],
    ["uptime", duration(data.uptime)],
    ["generation", String(data.generation)],
    [
      "workers",
      `${workers.wanted} wanted${range}, ${workers.ready} ready, ${workers.booting} booting, ${workers.leaving} leaving`,
    ],
    ["requests", `${load.served} served, ${load.errors} errors, ${load.inFlight} in flight`],
    ["connections", `${load.connections}${load.websockets ? `, ${load.websockets} of them websockets` : ""}`],
    ["memory", `${bytes(load.rss)} in the workers`],
    ["listening", data.listeners.join("\n")],
    ["reload", reloadText(data)],
    ["last reload", lastReloadText(data)],
    ["upgrade", upgradeText(data)],
    ["stop", data.stop === null ? null : `${data.stop.style}${by(data.stop.by)}, since ${duration(data.stop.age)}`],
  ];
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== null && row[1] !== "");
  const width = Math.max(...shown.map(([name]) => name.length));
  const lines = shown.map(
    ([name, text]) => `${name.padEnd(width)}  ${text.replaceAll("\n", `\n${" ".repeat(width + 2)}`)}`,
  );
  return `${[`tsgi ${version} (pid ${pid}), ${app}: ${ready ? "ready" : "not ready"}`, ...lines].join("\n")}\n`;
}

const by = (who: string | null): string => (who === null ? "" : ` on ${who}`);

const STAGES = {
  reading: "the configuration is being read",
  booting: "boots",
  canary: "is tried with one worker",
  quiet: "is loaded, and must last for a while",
  settling: "serves, and must last for a while",
} as const;

function reloadText({ reload }: StatusData): string | null {
  if (reload === null) return null;
  const { stage, generation, ready, wanted, age, queued } = reload;
  const next = queued ? "; another one follows" : "";
  if (generation === null) return `${STAGES[stage]}${next}`;
  return `generation ${generation} ${STAGES[stage]}: ${ready} of ${wanted} ready, after ${duration(age)}${next}`;
}

function lastReloadText({ lastReload }: StatusData): string | null {
  if (lastReload === null) return null;
  return `${lastReload.ok ? "done" : "failed"} ${duration(lastReload.age)} ago: ${lastReload.message.trimEnd()}`;
}

function upgradeText({ upgrade }: StatusData): string | null {
  if (upgrade === null) return null;
  const { role, pid, ready } = upgrade;
  const other = pid === null ? "" : ` (pid ${pid})`;
  if (role === "new") return `this is the new master, and the old one${other} is still there`;
  return `this is the old master, and the new one${other} ${ready ? "serves" : "starts"}`;
}

function workersText({ workers, empty }: WorkersData): string {
  const columns: readonly Column<WorkerRow>[] = [
    ["SLOT", (row) => String(row.slot)],
    ["PID", (row) => orDash(row.pid)],
    ["GEN", (row) => String(row.generation)],
    ["STATE", (row) => row.phase, "left"],
    ["AGE", (row) => duration(row.age)],
    ["SERVED", (row) => orDash(row.served)],
    ["ERRORS", (row) => orDash(row.errors)],
    ["IN FLIGHT", (row) => orDash(row.inFlight)],
    ["CONNS", (row) => orDash(row.connections)],
    ["WS", (row) => orDash(row.websockets ?? null)],
    ["RSS", (row) => orDash(row.rss, bytes)],
    ["BUSY", (row) => orDash(row.utilization, (share) => `${Math.round(share * 100)} %`)],
    ["DELAY", (row) => orDash(row.loopDelayMs, (ms) => duration(ms / 1000))],
    ["SILENT", (row) => orDash(row.silent, duration)],
  ];
  const notes = [
    ...workers.flatMap(({ slot, pid, leaves }) => (leaves === null ? [] : [`${nameOf(slot, pid)}: ${leaves}`])),
    ...empty.map(emptyText),
    ...lastExits(workers),
  ];
  return `${table(workers, columns)}${notes.map((note) => `${note.trimEnd()}\n`).join("")}`;
}

function emptyText({ slot, failures, startsIn, lastExit }: EmptyPlace): string {
  const young = failures === 0 ? "" : `, after ${failures} in a row that died young`;
  const how = lastExit === null ? "" : `; the last one ${lastExit.how}`;
  return `place ${slot} is empty: a worker starts in ${duration(startsIn)}${young}${how}`;
}

/** Once for each place, however many workers are in it. */
function lastExits(workers: readonly WorkerRow[]): readonly string[] {
  const bySlot = new Map(workers.map(({ slot, lastExit }) => [slot, lastExit]));
  return [...bySlot].flatMap(([slot, exit]) =>
    exit === null ? [] : [`place ${slot} before, ${duration(exit.age)} ago: the worker ${exit.how}`],
  );
}

function requestsText({ requests, silent }: RequestsData): string {
  const rows = table(requests, [
    ["AGE", (row) => duration(row.age)],
    ["SLOT", (row) => String(row.slot)],
    ["PID", (row) => orDash(row.pid)],
    ["ID", (row) => row.id, "left"],
    ["METHOD", (row) => row.method, "left"],
    ["TARGET", (row) => row.target, "left"],
  ]);
  const missing = silent.map(({ slot, pid, why }) => `${nameOf(slot, pid)} could not be asked: ${why}\n`);
  const none = missing.length === 0 ? "no request is in flight\n" : "no request is known to be in flight\n";
  return `${requests.length === 0 ? none : rows}${missing.join("")}`;
}

function stackText({ slot, pid, frames, place, note, requests }: StackData): string {
  const calls = frames?.map((frame) => {
    const where = `${frame.file}:${frame.line}:${frame.column}`;
    return `    at ${frame.function === "" ? where : `${frame.function} (${where})`}`;
  });
  const held = (requests ?? []).map(({ method, target, age }) => `    ${method} ${target} (${duration(age)})`);
  return `${[
    `${nameOf(slot, pid)}${place === null ? "" : ` is at ${place}`}`,
    ...(calls ?? (note === null ? ["    its stack cannot be had"] : [])),
    ...(note === null ? [] : [`    ${note}`]),
    ...(held.length === 0 ? [] : ["in flight:", ...held]),
  ].join("\n")}\n`;
}

const nameOf = (slot: number, pid: number | null): string => `worker ${slot}${pid === null ? "" : ` (pid ${pid})`}`;

const orDash = (value: number | null, show: (value: number) => string = String): string =>
  value === null ? "-" : show(value);

type Column<Row> = readonly [title: string, show: (row: Row) => string, align?: "left"];

function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, show]) => show(row)))];
  const widths = columns.map((_column, at) => Math.max(...lines.map((line) => line[at]!.length)));
  return lines
    .map((line) => {
      const cells = line.map((cell, at) =>
        columns[at]![2] === "left" ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!),
      );
      return `${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}

/** `12 ms`, `3.4 s`, `2 min 5 s`, `3 h 12 min`, `5 d 3 h`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (whole < 60) return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`;
  if (whole < 3_600) return parts(whole, 60, "min", 1, "s");
  return whole < 86_400 ? parts(whole, 3_600, "h", 60, "min") : parts(whole, 86_400, "d", 3_600, "h");
}

function parts(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${largeName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`;
}

/** `512 B`, `1.5 KiB`, `78 MiB`. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;
  let value = count;
  let at = 0;
  while (value >= 1_024 && at < units.length - 1) {
    value /= 1_024;
    at += 1;
  }
  return `${Number(value.toFixed(value < 10 && at > 0 ? 1 : 0))} ${units[at]}`;
}
