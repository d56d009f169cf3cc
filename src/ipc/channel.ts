// Carries the words of messages.ts over Node's IPC channel, from either end.
// Knows that the other end may be gone at any moment; does not know what any word means.

import process from "node:process";
import { type Command, type HandingReport, isCommand, isReport, type Report } from "./messages.ts";

/** The sending half of a child process, a cluster worker's process, or of `process` itself. */
export interface ChannelEnd {
  readonly connected: boolean;
  send?(message: unknown, handle: unknown, options: undefined, sent: (error: Error | null) => void): boolean;
}

/** What a worker hears from its master. */
export interface CommandEvents {
  /** `handle` is the native listening handle that came with `listen`, and undefined otherwise. */
  onCommand(command: Command, handle: unknown): void;
  /** The master is gone, or the channel to it. Called once. */
  onMasterGone(): void;
}

/** A worker's end of the channel. */
export interface WorkerChannel {
  /**
   * Sends a report. The promise is fulfilled when the operating system has it, or when nobody is left to read it; it
   * never rejects. Await it before `process.exit()`: a report that is still queued dies with the process.
   *
   * @param handle Travels with it: the native handle of a connection, which may be closed afterwards.
   */
  report(report: Report | HandingReport, handle?: unknown): Promise<void>;
}

/** Sends a command, and the listening handle that belongs to it. Quiet when the worker is already gone: its exit tells. */
export function sendCommand(worker: ChannelEnd, command: Command, handle?: unknown): Promise<void> {
  return send(worker, command, handle);
}

/** Listens for a worker's reports, and the handle that may come with one. An application's own messages over the same channel are not ours and are left alone. */
export function onReport(
  worker: NodeJS.EventEmitter,
  heard: (report: Report | HandingReport, handle: unknown) => void,
): void {
  worker.on("message", (message: unknown, handle: unknown) => {
    if (isReport(message)) heard(message, handle);
  });
}

/** Opens the worker's end, on the channel this process was started with. */
export function openWorkerChannel(events: CommandEvents): WorkerChannel {
  process.on("message", (message: unknown, handle: unknown) => {
    if (isCommand(message)) events.onCommand(message, handle);
  });
  process.once("disconnect", () => events.onMasterGone());
  return { report: (report, handle) => send(process as ChannelEnd, report, handle) };
}

function send(end: ChannelEnd, message: Command | Report | HandingReport, handle: unknown): Promise<void> {
  return new Promise((done) => {
    // Without a callback Node emits "error" on the process object when the other end has gone in between.
    if (end.connected && end.send !== undefined) end.send(message, handle, undefined, () => done());
    else done();
  });
}
