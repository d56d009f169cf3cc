// Reloads that must fail: code that does not load, that does not last, that does not work, and settings that do not fit. The server
// does not notice: the same workers serve on, and whoever asked is told why.

import { setTimeout as pause } from "node:timers/promises";
import { type Arena, type Trial, until } from "../arena.ts";
import { type Check, exactly, noted } from "../check.ts";
import { type Reload, Stage, version } from "../stage.ts";
import { lossless } from "../verdict.ts";
import { READY } from "../words.ts";

interface Broken {
  readonly args?: readonly string[];
  /** The application, or where `config` is true, the configuration. */
  readonly text: string;
  readonly config?: boolean;
  /** What that is, as words. */
  readonly tells: string;
  /** What the log must say, in the line of the failed reload or in one of a new worker before it. */
  readonly says: RegExp;
  /** What whoever asked must be told; default the same. */
  readonly told?: RegExp;
  /** It gets far enough to serve for a moment. */
  readonly serves?: boolean;
}

const HEALTHY = 'if (environ.PATH_INFO === "/healthz") ';

/** The echo with a line of its own at the start of the function; it stands in line 5. */
const withLine = (line: string): string =>
  version("broken").replace("startResponse) {\n", `startResponse) {\n  ${line}\n`);

const KINDS = {
  syntax: { text: "export function application() {\n  return [;\n}\n", tells: "app.js:2", says: /app\.js:2:\d+/ },
  throws: {
    text: '\nthrow new Error("not today");\n',
    tells: "the error and app.js:2",
    says: /Error: not today[\s\S]*app\.js:2:\d+/,
  },
  hangs: {
    args: ["--boot-timeout", "3"],
    text: "\nfor (;;);\n",
    tells: "--boot-timeout and app.js:2",
    says: /--boot-timeout[\s\S]*app\.js:2:\d+/,
  },
  waits: {
    args: ["--boot-timeout", "3"],
    text: "\nawait new Promise((done) => setTimeout(done, 1e6));\n",
    tells: "--boot-timeout",
    says: /not loaded within 3 s \(--boot-timeout\)/,
  },
  crashes: {
    args: ["--settle", "3"],
    text: `${version("broken")}\nsetTimeout(() => {\n  throw new RangeError("a second later");\n}, 1_000);\n`,
    tells: "the error and its line",
    says: /RangeError: a second later[\s\S]*app\.js:\d+:\d+/,
    serves: true,
  },
  unready: {
    args: ["--boot-timeout", "3", "--ready-path", "/healthz"],
    text: withLine(`${HEALTHY}throw new Error("not healthy");`),
    tells: "the error and app.js:5",
    says: /not healthy[\s\S]*app\.js:5:\d+/,
    told: /\/healthz/,
  },
  config: {
    config: true,
    text: '{\n  "workers": 4,,\n}',
    tells: "tsgi.config.json:2",
    says: /tsgi\.config\.json:2:\d+: not JSON/,
  },
} satisfies Readonly<Record<string, Broken>>;

const asSet = (pids: readonly number[]): string => [...pids].sort((a, b) => a - b).join(" ");

/** What was said about the reload, by the master and by workers that came with it. */
function saidOf(stage: Stage, from: number): string {
  return stage.server.records
    .slice(from)
    .map((record) => `${record.msg}\n${JSON.stringify(record["err"] ?? "").replaceAll("\\n", "\n")}`)
    .join("\n");
}

const firstLine = (text: string): string => (text.split("\n")[0] ?? "").slice(0, 160);

async function change(arena: Arena, broken: Broken, perSecond: number): Promise<Check[]> {
  const healthy = withLine(`${HEALTHY}{ startResponse("204 No Content", []); return []; }`).replace(
    '"broken"',
    '"one"',
  );
  const stage = Stage.spawn(arena, ["--control", "tsgi.ctl", ...(broken.args ?? [])], {
    app: healthy,
    files: { "tsgi.config.json": "{}" },
  });
  await stage.server.says(READY, 0, 60_000);
  const before = asSet(await stage.server.untilServing(4));
  const load = await stage.load({ perSecond });
  const name = broken.config === true ? "tsgi.config.json" : "app.js";
  const good = broken.config === true ? "{}" : version("two");

  const seen = stage.server.records.length;
  stage.deploy(broken.text, name);
  const byHup = await stage.reload();
  const said = saidOf(stage, seen);
  // A worker that came with it, and had a client, may be leaving.
  await until(() => asSet(stage.server.serving()) === before, 35_000);
  const afterHup = asSet(stage.server.serving());
  const { code, said: told } = await stage.ctl("reload", "--wait");
  await until(() => asSet(stage.server.workers()) === before, 35_000);
  const quietFrom = new Set(stage.server.records.map(({ pid }) => pid));
  await pause(3_000);
  const late = stage.server.workers().filter((pid) => !quietFrom.has(pid));
  const afterCtl = asSet(stage.server.workers());
  // The application of the mended one needs no healthy path where none is asked for.
  stage.deploy(broken.config === true ? good : healthy.replace('"one"', '"two"'), name);
  const mended = await stage.reload();
  await load.more(100);
  const result = await load.stop();
  const versions = result.answers.map((one) => one.version);
  const ofBroken = versions.filter((one) => one === "broken").length;
  return [
    exactly("HUP", byHup.ok ? "done" : "failed", "failed"),
    exactly("its line in the log", byHup.said.level, "error"),
    exactly(`the log has ${broken.tells}`, broken.says.test(said) ? "yes" : `no: ${firstLine(byHup.said.msg)}`, "yes"),
    exactly("the workers after it", afterHup === before ? "the same" : `${before} became ${afterHup}`, "the same"),
    exactly("tsgi ctl reload --wait", code === 0 || Number.isNaN(code) ? String(code) : "not 0", "not 0"),
    exactly("it is told why", (broken.told ?? broken.says).test(told) ? "yes" : `no: ${firstLine(told)}`, "yes"),
    exactly("the workers after that", afterCtl === before ? "the same" : `${before} became ${afterCtl}`, "the same"),
    exactly("boots in the 3 s after that", late.length, 0),
    exactly("the next reload, with code that works", outcome(mended), "done"),
    exactly(
      "answers by it",
      versions.slice(-100).includes(broken.config === true ? "one" : "two") ? "yes" : "no",
      "yes",
    ),
    broken.serves === true
      ? noted("answers of the broken code", ofBroken)
      : exactly("answers of the broken code", ofBroken, 0),
    ...lossless(result),
  ];
}

const outcome = ({ ok, said }: Reload): string => (ok ? "done" : firstLine(said.msg));

const onto =
  (broken: Broken, perSecond = 200) =>
  (arena: Arena): Promise<Check[]> =>
    change(arena, broken, perSecond);

/** Also covered by A2; here at its own rate, with a configuration that is broken, one after the other on the same server. */
async function either(arena: Arena): Promise<Check[]> {
  const code = await change(arena, KINDS.syntax, 100);
  const config = await change(arena, KINDS.config, 100);
  return [
    noted("with", "a syntax error in the application"),
    ...code,
    noted("with", "a configuration that is no JSON"),
    ...config,
  ];
}

export const BROKEN: readonly Trial[] = [
  { id: "A2a", title: "HUP onto a syntax error", run: onto(KINDS.syntax) },
  { id: "A2b", title: "HUP onto a throw at import", run: onto(KINDS.throws) },
  { id: "A2c", title: "HUP onto an import that never ends, busy", run: onto(KINDS.hangs) },
  { id: "A2d", title: "HUP onto an import that never ends, idle", run: onto(KINDS.waits) },
  { id: "A2e", title: "HUP onto code that crashes one second after it is ready", run: onto(KINDS.crashes) },
  { id: "A2f", title: "HUP onto code whose ready path fails", run: onto(KINDS.unready) },
  { id: "F3", title: "HUP onto broken code and onto a broken configuration", run: either },
];
