// Holds the two bars: the wire and the master's decisions are pure, so every line and branch of them can be shown, and by the tests
// that bear their names alone. Exits with 1 when a test fails or a bar is missed. Other tests may be given instead.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const raw = join(root, "coverage", "raw");
const c8 = join(root, "node_modules", "c8", "bin", "c8.js");

// The others are parts of plan in files of their own.
const PURE = [
  ...[
    "plan",
    "state",
    "moves",
    "settle",
    "announce",
    "development",
    "spare",
    "signals",
    "orders",
    "reports",
    "exits",
    "autopsy",
    "respawn",
    "ticks",
  ],
  ...["generation", "canary", "scaling", "stopping", "upgrade", "herald", "chance"],
];
const BARS = ["src/protocol/**", ...PURE.map((name) => `src/master/${name}.ts`)];
const given = process.argv.slice(2);
const answering = () => [
  ...readdirSync(join(root, "test/protocol"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => `test/protocol/${path}`),
  ...PURE.map((name) => `test/master/${name}.test.ts`),
];

function run(args, env = {}) {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return status ?? 1;
}

// A file of types is never loaded, and would count as not covered at all.
const RUNS = /^(?:export )?(?:async |abstract )?(?:const|let|var|function|class)\b|^export (?:\*|\{)/m;
const typesOnly = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !RUNS.test(readFileSync(join(root, "src", path), "utf8")))
  .map((path) => `src/${path}`);

function report(include, reporter, bars) {
  const list = (name, values) => values.flatMap((value) => [name, value]);
  return run([
    c8,
    "report",
    ...list("--include", include),
    ...list("--exclude", typesOnly),
    ...["--all", "--src", root, "--temp-directory", raw, "--reporter", reporter],
    ...bars,
  ]);
}

rmSync(join(root, "coverage"), { recursive: true, force: true });
const files = given.length > 0 ? given : answering();
const tests = run([join(root, "scripts", "test.js"), "--test-reporter=dot", ...files], { NODE_V8_COVERAGE: raw });
if (tests !== 0) console.error("\ncoverage: a test failed; the figures below are those of this run");

console.log(`\n100 % of lines and branches: ${BARS.join(", ")}`);
const bars = report(BARS, "text", [
  "--check-coverage",
  "--per-file",
  "--lines",
  "100",
  "--branches",
  "100",
  "--functions",
  "0",
  "--statements",
  "0",
]);
process.exitCode = tests !== 0 || bars !== 0 ? 1 : 0;
