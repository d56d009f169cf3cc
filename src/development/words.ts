// What all parts of this room share: where the browser finds the room's own paths, and which start of the application it talks to.

import process from "node:process";

/**
 * Reserved. As the end of a path, so that a page finds it relative to its own: a proxy that serves the application under a prefix then
 * passes it on, whether it strips the prefix or not.
 */
export const EVENTS_PATH = ".tsgi/events";
export const SCRIPT_PATH = ".tsgi/reload.js";

// The master is the parent. Read once: it changes when the master is gone.
const MASTER = process.ppid;

/** The same for all workers of a generation, which serve the same code; another one after every restart. */
export const bootId = (generation: number): string => `${MASTER}.${generation}`;

/** Whether a request's target has this as its path's end. */
export function isFor(target: string, path: string): boolean {
  const query = target.indexOf("?");
  return (query < 0 ? target : target.slice(0, query)).endsWith(`/${path}`);
}

/** Responses that have the script already, because they are pages of ours. */
export const OWN_PAGES = new WeakSet<object>();
