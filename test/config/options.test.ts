import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { BindAddress } from "../../src/config/bind.ts";
import type { HooksSource } from "../../src/config/hooks.ts";
import {
  CONFIG_FILE,
  type ConfigInput,
  longFlag,
  OPTION_KEYS,
  OPTIONS,
  type OptionKey,
  rowOf,
  type Settings,
  variablesOf,
} from "../../src/config/options.ts";

// What the other parts of the server compile against: seconds, bytes, null for nothing.
interface Contract {
  readonly app: string;
  readonly chdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly envFile: readonly string[];
  readonly bind: readonly BindAddress[];
  readonly backlog: number;
  readonly umask: number | null;
  readonly socketMode: number | null;
  readonly forwardedAllow: readonly string[];
  readonly forwardedHeader: "x-forwarded" | "forwarded";
  readonly underscores: "drop" | "refuse" | "keep";
  readonly forwarderFields: readonly string[];
  readonly workers: { readonly min: number; readonly max: number };
  readonly timeout: number;
  readonly bootTimeout: number;
  readonly gracefulTimeout: number;
  readonly maxRequests: number;
  readonly maxRequestsJitter: number;
  readonly maxWorkerLifetime: number;
  readonly maxWorkerLifetimeJitter: number;
  readonly maxRss: number;
  readonly maxRssHard: number;
  readonly maxBootFailures: number;
  readonly reloadStyle: "one-by-one" | "all";
  readonly settle: number;
  readonly readyPath: string | null;
  readonly canary: number;
  readonly drainDelay: number;
  readonly slowLoop: number;
  readonly requestTimeout: number;
  readonly accept: "shared" | "round-robin" | "reuse-port";
  readonly control: string;
  readonly keepAlive: number;
  readonly headTimeout: number;
  readonly bodyTimeout: number;
  readonly limitRequestLine: number;
  readonly limitFields: number;
  readonly limitFieldSize: number;
  readonly limitFieldsSize: number;
  readonly limitBody: number;
  readonly bodyRate: number;
  readonly writeTimeout: number;
  readonly limitConnectionRequests: number;
  readonly limitPipelined: number;
  readonly workerConnections: number;
  readonly limitInFlight: number;
  readonly overload: "queue" | "503";
  readonly interface: "auto" | "tsgi" | "asgi" | "node" | "fetch";
  readonly adoptListen: "on" | "off";
  readonly fetchObjects: "light" | "native";
  readonly lint: "auto" | "on" | "off";
  readonly limitWebsockets: number;
  readonly wsMaxSize: number;
  readonly wsPingInterval: number;
  readonly wsPingTimeout: number;
  readonly wsDeflate: "on" | "off";
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  readonly logFormat: "pretty" | "json" | "dev";
  readonly reload: "on" | "off";
  readonly reloadExtra: readonly string[];
  readonly reloadIgnore: readonly string[];
  readonly reloadEngine: "auto" | "poll";
  readonly errorPages: "on" | "any-host" | "off";
  readonly liveReload: "on" | "off";
  readonly open: "on" | "off";
  readonly check: "on" | "off";
  readonly inspect: { readonly host: string; readonly port: number } | null;
  readonly accessLog: string | null;
  readonly accessLogFormat: string;
  readonly pid: string | null;
  readonly user: string | null;
  readonly group: string | null;
  readonly name: string | null;
  readonly hooks: HooksSource | null;
  readonly development: { readonly envFiles: readonly string[] } | null;
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Flat<T> = { [Key in keyof T]: T[Key] };

true satisfies Same<Flat<Settings>, Flat<Contract>>;

({
  workers: "auto",
  timeout: "1m",
  limitBody: 5,
  bind: ":80",
  umask: "027",
  accessLog: null,
  env: { A: 1 },
}) satisfies ConfigInput;
// @ts-expect-error: no such key
({ worker: 4 }) satisfies ConfigInput;
({ workers: "2..auto" }) satisfies ConfigInput;
// @ts-expect-error: a number of workers is a number, auto or a range
({ workers: "four" }) satisfies ConfigInput;
// @ts-expect-error: and so are the ends of a range
({ workers: "2..many" }) satisfies ConfigInput;
// @ts-expect-error: an octal number is text
({ umask: 27 }) satisfies ConfigInput;

const dashes = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

test("the long flag is the key in dashes, which is how commander names it back", () => {
  for (const key of OPTION_KEYS.filter((one) => one !== "app")) assert.equal(longFlag(key), `--${dashes(key)}`);
  assert.equal(longFlag("app"), undefined);
});

test("no flag and no variable is said twice in the table", () => {
  const flags = [CONFIG_FILE.flags, ...OPTION_KEYS.map((key) => OPTIONS[key].flags)].flatMap(
    (text) => text.match(/-{1,2}[a-z-]+/g) ?? [],
  );
  const names = [
    CONFIG_FILE.variable,
    ...OPTION_KEYS.flatMap(variablesOf).map((one) => (typeof one === "string" ? one : one.name)),
  ];
  for (const list of [flags, names]) assert.deepEqual([...new Set(list)], list);
});

test("variables are TSGI_ and the key, then the platform's; the application's own variables have none", () => {
  assert.deepEqual(variablesOf("maxRequestsJitter"), ["TSGI_MAX_REQUESTS_JITTER"]);
  assert.deepEqual(variablesOf("workers"), ["TSGI_WORKERS", "WEB_CONCURRENCY"]);
  assert.deepEqual(variablesOf("env"), []);
  const [own, passed, port] = variablesOf("bind");
  assert.equal(own, "TSGI_BIND");
  assert.ok(typeof passed === "object" && passed.name === "LISTEN_FDS");
  const sockets = [3, 4].map((fd) => ({ fd, name: "web" }));
  assert.deepEqual(passed.translate("2", sockets), ["fd://3", "fd://4"]);
  assert.equal(passed.translate("2", []), null);
  assert.ok(typeof port === "object" && port.name === "PORT");
  assert.equal(port.translate("80", []), "0.0.0.0:80");
  assert.equal(port.translate("x", []), undefined);
});

test("a default fits its own option, and a computed one says so in words", () => {
  const around = { absolute: (path: string) => `/x/${path}`, availableWorkers: () => 1, isTerminal: true };
  for (const key of OPTION_KEYS) {
    const row = rowOf(key);
    if (typeof row.default === "function") {
      assert.notEqual(row.defaultText, null, key);
      assert.equal(row.parse.read(row.default(around), around).ok, true, key);
    } else if (key !== "app" && key !== "bind") {
      const inWords = typeof row.default === "number" || key === "workers";
      const given = inWords ? row.parse.show(row.default) : row.default;
      assert.deepEqual(row.parse.read(given, around), { ok: true, value: row.default }, key);
    }
  }
});

test("each summary is short enough for a line of --help, and each detail is a sentence", () => {
  for (const key of OPTION_KEYS) {
    assert.ok(OPTIONS[key].summary.length <= 48, key);
    assert.match(OPTIONS[key].detail, /^[A-Z].*\.$/, key);
  }
});

const SRC = fileURLToPath(new URL("../../src", import.meta.url));

/** Read by config itself, into what it gives to the others. */
const CONSUMED: readonly OptionKey[] = ["envFile"];

test("each option is read by code outside config: a flag that nothing obeys is a lie", () => {
  const code = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !/^(?:config|cli)\b/.test(path))
    .map((path) => readFileSync(join(SRC, path), "utf8").replace(/^\s*(?:\/\/|\*).*$/gm, ""))
    .join("\n");
  const isRead = (key: string): boolean =>
    new RegExp(`\\bsettings\\??\\.${key}\\b`, "i").test(code) ||
    new RegExp(`\\{[^{}]*\\b${key}\\b[^{}]*\\}\\s*(?::\\s*(?:Pick<)?\\w*Settings\\b|=\\s*[\\w.#]*\\bsettings)`).test(
      code,
    );
  assert.equal(isRead("nothingOfThisName"), false);
  assert.deepEqual(
    OPTION_KEYS.filter((key) => !CONSUMED.includes(key) && !isRead(key)),
    [],
  );
});
