// What may stand in tsgi.config.ts, and what the types refuse there. Compiled by types.test.ts, never run.

import { type ConfigInput, defineConfig, type Settings, VERSION } from "tsgi";

// ---- what fits

export const empty = defineConfig({});

export const all = defineConfig({
  app: "app:application",
  workers: "auto",
  bind: [":8000", "unix:/run/app.sock"],
  backlog: 512,
  forwardedAllow: ["10.0.0.0/8", "unix"],
  forwardedHeader: "forwarded",
  underscores: "refuse",
  forwarderFields: "REMOTE_USER, SCRIPT_NAME",
  env: { NODE_ENV: "production", CACHE_MB: 64 },
  envFile: ".env",
  timeout: "30s",
  keepAlive: 75,
  limitBody: "10M",
  logLevel: "warn",
  logFormat: "json",
  accessLog: "-",
  accessLogFormat: "combined",
  pid: null,
  umask: "027",
  user: "www-data",
  maxRequests: 1_000,
});

export const computed = defineConfig(() => ({ workers: 2, name: VERSION }));
export const later = defineConfig(async () => ({ workers: 2 }));
export const conditional = defineConfig({ workers: process.env["CI"] ? 1 : "auto", accessLog: undefined });

const shared: ConfigInput = { workers: 2, logLevel: "info" };
export const composed = defineConfig({ ...shared, bind: ":8000" });

export function describe(settings: Settings): string {
  const workers: number = settings.workers.max;
  const timeout: number = settings.timeout;
  const accessLog: string | null = settings.accessLog;
  const first = settings.bind[0];
  const where =
    first?.kind === "tcp"
      ? first.port
      : first?.kind === "unix"
        ? first.path
        : first?.kind === "named"
          ? first.name
          : first?.fd;
  return [workers, timeout, accessLog, where].join(" ");
}

// ---- what does not

// @ts-expect-error: an unknown key
export const unknownKey = defineConfig({ wokers: 2 });
// @ts-expect-error: neither a number nor "auto"
export const manyWorkers = defineConfig({ workers: "many" });
// @ts-expect-error: no level of the log
export const loud = defineConfig({ logLevel: "loud" });
// @ts-expect-error: no family of fields
export const both = defineConfig({ forwardedHeader: "both" });
// @ts-expect-error: octal numbers are text, for 027 and 27 are the same number to JavaScript
export const mask = defineConfig({ umask: 27 });
// @ts-expect-error: the value of a variable is one
export const listInEnv = defineConfig({ env: { HOSTS: ["a", "b"] } });
// @ts-expect-error: a function gives settings
export const givesText = defineConfig(() => "workers: 2");
// @ts-expect-error: a list of settings is none
export const list = defineConfig([{ workers: 2 }]);

export function mutate(settings: Settings): void {
  // @ts-expect-error: what is in force is not to be changed
  settings.workers = 3;
  // @ts-expect-error: durations have become seconds
  settings.timeout.trim();
}
