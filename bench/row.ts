// What a row of the bench is: what is done, who does it, and the bars between them.

import type { ProgramName } from "./programs.ts";

/** What a figure of a row is, what is printed beside it, and with how many digits. Less is better in all but `rate`. */
export const MEASURES = {
  cpu: { figure: "CPU us/request", digits: 1, beside: "requests/s", besideDigits: 0 },
  memory: { figure: "KB/connection", digits: 2, beside: "MB before", besideDigits: 2 },
  latency: { figure: "p99 ms", digits: 2, beside: "p50 ms", besideDigits: 2 },
  rate: { figure: "connections/s", digits: 0, beside: "CPU us/connection", besideDigits: 1 },
  spread: { figure: "busiest / mean", digits: 2, beside: "ms for all", besideDigits: 0 },
} as const;

export interface Peer {
  readonly name: string;
  readonly program: ProgramName;
  /**
   * The server listens on a free port of 127.0.0.1 and prints it as a URL (or as uWSGI does). It is started in the folder of
   * the servers. `{tmp}` in an argument is a folder that is removed at the end.
   */
  readonly args: readonly string[];
  /** Arguments of wrk in place of the row's. */
  readonly load?: readonly string[];
  /** What a reader must know of this choice. */
  readonly note?: string;
}

export interface Bar {
  /** The name of a peer of the row, or `ITSELF` for a figure that is a ratio already. */
  readonly against: string;
  /** The figure of `SUBJECT` is at most this many times that of the other. */
  readonly most?: number;
  /** Or at least. */
  readonly least?: number;
}

export interface Row {
  readonly name: string;
  /** What is done, for a person. */
  readonly title: string;
  readonly measure: keyof typeof MEASURES;
  readonly path: string;
  /** A request with a body, where it is not a GET. */
  readonly post?: string;
  /** What a right answer says; asked once before each server is measured. */
  readonly body: string;
  /** The load is websockets instead: each sends a message of so many bytes, waits for its echo, and sends the next one. */
  readonly message?: number;
  /** Arguments of wrk beyond threads and duration: connections, `-s` with a script. */
  readonly load: readonly string[];
  readonly peers: readonly Peer[];
  readonly bars: readonly Bar[];
}
