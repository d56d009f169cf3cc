// Applications that do not get ready: at the first start, and later when there is nobody to go on. The server says why and leaves, or
// tries on ever more rarely; it is never busy with it.

import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { ask, get } from "../../support/client.ts";
import { machineMs } from "../../support/load/record.ts";
import { childrenOf } from "../../support/server.ts";
import { type Arena, type Trial, until } from "../arena.ts";
import { atMost, type Check, exactly } from "../check.ts";
import { processorSeconds } from "../proc.ts";
import { Stage, version, WORKERS } from "../stage.ts";

interface Failing {
  readonly what: string;
  readonly app: string;
  readonly args?: readonly string[];
  readonly code: string;
  readonly says: RegExp;
}

const FAILING: readonly Failing[] = [
  { what: "a module that imports what is not there", app: 'import "./nowhere.js";\n', code: "40", says: /nowhere\.js/ },
  {
    what: "a module that throws",
    app: '\nthrow new Error("not today");\n',
    code: "42",
    says: /not today[\s\S]*app\.js:2/,
  },
  {
    what: "an export that is not there",
    app: "export const other = 1;\n",
    code: "43",
    says: /no export "application"/,
  },
  {
    what: "an import that never ends",
    app: "await new Promise((done) => setTimeout(done, 1e6));\n",
    args: ["--boot-timeout", "2"],
    code: "46",
    says: /--boot-timeout/,
  },
  {
    what: "a startup() that never ends",
    app: `${version("one")}\nexport const startup = () => new Promise((done) => setTimeout(done, 1e6));\n`,
    args: ["--boot-timeout", "2"],
    code: "46",
    says: /--boot-timeout/,
  },
  {
    what: "a startup() that throws",
    app: `${version("one")}\nexport async function startup() {\n  throw new Error("no database");\n}\n`,
    code: "48",
    says: /no database/,
  },
  { what: "a module that exits", app: "process.exit(3);\n", code: "47", says: /exited with code 3/ },
];

/** Every child of the master that was ever seen; looked at often enough to see each boot. */
function census(stage: Stage): { readonly seen: ReadonlySet<number>; stop(): void } {
  const seen = new Set<number>();
  const timer = setInterval(() => {
    for (const pid of childrenOf(stage.server.pid)) seen.add(pid);
  }, 20);
  return { seen, stop: () => clearInterval(timer) };
}

async function failing(arena: Arena): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { what, app, args = [], code, says } of FAILING) {
    const at = machineMs();
    const stage = Stage.spawn(arena, args, { app });
    const { seen, stop } = census(stage);
    const ended = await Promise.race([stage.server.ended, pause(20_000, null)]);
    const seconds = (machineMs() - at) / 1_000;
    stop();
    checks.push(
      exactly(`${what}: exit code`, String(ended?.code ?? "none in 20 s"), code),
      atMost(`${what}: after`, seconds, 5, "s"),
      exactly(`${what}: the reason`, ended !== null && says.test(ended.stderr) ? "told" : "not told", "told"),
      atMost(`${what}: boots`, seen.size, WORKERS),
    );
  }
  return checks;
}

const EXITS = "process.exit(3);\n";

/** A server whose code was replaced by code that ends at once, and whose workers are all dead. */
async function bereaved(arena: Arena, args: readonly string[]): Promise<Stage> {
  const stage = await Stage.open(arena, args);
  stage.deploy(EXITS);
  for (const pid of stage.server.workers()) process.kill(pid, "SIGKILL");
  return stage;
}

async function crashStorm(arena: Arena): Promise<Check[]> {
  const first = Stage.spawn(arena, [], { app: EXITS });
  const firstEnd = await Promise.race([first.server.exited, pause(30_000, "none in 30 s")]);

  const limited = await bereaved(arena, ["--max-boot-failures", "8"]);
  const at = machineMs();
  const limitedEnd = await Promise.race([limited.server.exited, pause(60_000, "none in 60 s")]);
  const gaveUpAfter = (machineMs() - at) / 1_000;

  const stubborn = await bereaved(arena, []);
  const seconds = Math.max(10, 30 * arena.scale);
  const { seen, stop } = census(stubborn);
  const before = processorSeconds(stubborn.server.pid);
  await pause(seconds * 1_000);
  stop();
  const busy = (100 * (processorSeconds(stubborn.server.pid) - before)) / seconds;
  stubborn.deploy(version("mended"));
  const waiting = ask(stubborn.port, get("/1"));
  const isBack = await until(() => stubborn.server.serving().length > 0, 40_000);
  return [
    exactly("at the first start: exit code", String(firstEnd), "47"),
    exactly("later, with --max-boot-failures 8: exit code", String(limitedEnd), "50"),
    atMost("with --max-boot-failures 8: gives up after", gaveUpAfter, 30, "s"),
    atMost(`without it: boots in ${seconds} s, for each of four places`, seen.size / WORKERS, 10),
    atMost("without it: processor time of the master", busy, 50, "%"),
    exactly("serves when the code is mended", isBack ? "yes" : "no", "yes"),
    exactly("a client that had waited since then", isBack ? (await waiting).status : "not answered", 200),
  ];
}

export const BOOT: readonly Trial[] = [
  { id: "F34", title: "applications that do not get ready at the first start", run: failing },
  { id: "F40", title: "an application that exits at boot in every worker", run: crashStorm },
];
