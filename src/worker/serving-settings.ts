// What a serving process needs of the settings, and what a server has that is made by a program, where no table of options is read.
// test/worker/serving-settings.test.ts compares the values with the table's defaults.

import type { Settings } from "../config/options.ts";
import type { Limits } from "../protocol/codec.ts";
import type { AllowanceLimits } from "./allowance.ts";
import type { Patiences } from "./patience.ts";

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
  | "limitWebsockets"
  | "wsMaxSize"
  | "wsPingInterval"
  | "wsPingTimeout"
  | "wsDeflate"
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
  limitWebsockets: 0,
  wsMaxSize: 16_777_216,
  wsPingInterval: 20,
  wsPingTimeout: 20,
  wsDeflate: "off",
  accessLogFormat: "combined",
});

/** Where the codec gives up. */
export const limitsOf = (settings: ServingSettings): Limits => ({
  requestLine: settings.limitRequestLine,
  fields: settings.limitFields,
  fieldSize: settings.limitFieldSize,
  allFields: settings.limitFieldsSize,
  body: settings.limitBody,
});

/** What a connection reads with every request, which is why it is not looked up among all settings. */
export class ConnectionSettings implements Patiences, AllowanceLimits {
  readonly headTimeout: number;
  readonly bodyTimeout: number;
  readonly bodyRate: number;
  readonly writeTimeout: number;
  readonly requestTimeout: number;
  readonly keepAlive: number;
  readonly limitConnectionRequests: number;
  readonly limitPipelined: number;

  constructor(settings: ServingSettings) {
    this.headTimeout = settings.headTimeout;
    this.bodyTimeout = settings.bodyTimeout;
    this.bodyRate = settings.bodyRate;
    this.writeTimeout = settings.writeTimeout;
    this.requestTimeout = settings.requestTimeout;
    this.keepAlive = settings.keepAlive;
    this.limitConnectionRequests = settings.limitConnectionRequests;
    this.limitPipelined = settings.limitPipelined;
  }
}
