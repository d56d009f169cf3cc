// What a serving process needs of the settings, and what a server has that is made by a program, where no table of options is read.
// test/worker/serving-settings.test.ts compares the values with the table's defaults.

import type { Settings } from "../config/options.ts";

/** Those that decide about clients; the rest is the master's. */
export type ServingSettings = Pick<
  Settings,
  | "workers"
  | "forwardedAllow"
  | "forwardedHeader"
  | "underscores"
  | "forwarderFields"
  | "readyPath"
  | "requestTimeout"
  | "keepAlive"
  | "headTimeout"
  | "bodyTimeout"
  | "bodyRate"
  | "writeTimeout"
  | "limitRequestLine"
  | "limitFields"
  | "limitFieldSize"
  | "limitFieldsSize"
  | "limitBody"
  | "limitConnectionRequests"
  | "limitPipelined"
  | "workerConnections"
  | "limitInFlight"
  | "overload"
  | "accessLogFormat"
>;

/** Times in seconds, sizes in bytes, as in docs/reference/settings.md. */
export const SERVING_DEFAULTS: ServingSettings = Object.freeze({
  workers: Object.freeze({ min: 1, max: 1 }),
  forwardedAllow: Object.freeze(["127.0.0.1", "::1", "unix"]),
  forwardedHeader: "x-forwarded",
  underscores: "drop",
  forwarderFields: Object.freeze(["SCRIPT_NAME", "PATH_INFO"]),
  readyPath: null,
  requestTimeout: 0,
  keepAlive: 75,
  headTimeout: 30,
  bodyTimeout: 60,
  bodyRate: 240,
  writeTimeout: 60,
  limitRequestLine: 8_190,
  limitFields: 100,
  limitFieldSize: 8_190,
  limitFieldsSize: 65_536,
  limitBody: 1_073_741_824,
  limitConnectionRequests: 1_000,
  limitPipelined: 1_000,
  workerConnections: 0,
  limitInFlight: 0,
  overload: "queue",
  accessLogFormat: "combined",
});
