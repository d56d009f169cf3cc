// What the server's log says of what the trials wait for. The one file to change when its words do.

/** Once, when the server serves. */
export const READY = /\bready in \d+ ms$/;
/** HUP was taken; the new workers boot. */
export const RELOADING = /^reloading: generation \d+/;
/** A reload is over: the new workers serve alone. */
export const RELOADED = /^generation \d+ serves with \d+ workers?, ready in/;
/** A reload is over: nothing has changed. The rest of it says why. */
export const RELOAD_FAILED = /^reload failed\b/;
export const RELOAD_OVER = new RegExp(`${RELOADED.source}|${RELOAD_FAILED.source}`);

/** TERM, INT or QUIT was taken. */
export const STOPPING = /^stopping on /;

/** A worker is gone that was to stay: one line for each, which says how it ended. */
export const died = (pid: number): RegExp =>
  new RegExp(`^worker \\d+ \\(pid ${pid}\\) (?:was |exited|crashed|ran out)`);
/** When its successor comes, in that line. */
export const SUCCESSOR = /; a successor starts (at once|in ([\d.]+) s)/;
/** Whose death it was. */
export const SLOT = /^worker (\d+) \(pid/;
/** A worker whose event loop stood still, in the line of its death. */
export const BLOCKED = /blocked|no sign of life/;
/** A worker that used up its heap. */
export const OUT_OF_MEMORY = /out of memory|SIGABRT|code 134/;

/** The new master of an upgrade serves. */
export const UPGRADED = /serves beside this one/;
/** It did not get ready, and is gone. */
export const UPGRADE_FAILED = /^the upgrade failed\b/;
/** Of the new master: the old one is gone. */
export const PROMOTED = /^the old master \(pid \d+\) is gone/;

/** Of workers whose master is gone. */
export const ORPHANED = /^the master is gone/;
/** The wanted number of workers has changed. */
export const SCALED = /\bwanted now\b/;
/** The access log cannot be written. */
export const LOG_TROUBLE = /access log cannot be written/;

/** A deadline of a client has passed, or a worker was given up for its silence: none of it may be said when only the clock jumped. */
export const TIMED_OUT =
  /--timeout|--head-timeout|--body-timeout|--keep-alive|--graceful-timeout|too slow|did not leave in time/;
