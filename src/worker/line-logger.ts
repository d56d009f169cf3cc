// A server log for a program that has its own idea of where lines go: one text a record, as a person reads them.
// Keeps what an operator should know; what is for developers of the server is dropped.

import process from "node:process";
import type { LogFields, Logger } from "../observe/log.ts";
import { formatPretty } from "../observe/pretty.ts";

/** @param write Takes a record, which may be several lines, without its last line end. */
export function lineLogger(write: (text: string) => void, fixed: LogFields = {}): Logger {
  const at = (level: string) => (msg: string, fields?: LogFields) => {
    const record = { time: new Date().toISOString(), level, pid: process.pid, role: "server", msg };
    write(formatPretty({ ...record, ...fixed, ...fields }, false));
  };
  const drop = (): void => {};
  return {
    trace: drop,
    debug: drop,
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    reopen: drop,
    flush: drop,
    child: (fields) => lineLogger(write, { ...fixed, ...fields }),
  };
}
