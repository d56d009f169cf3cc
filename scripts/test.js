// Runs the test files given, or all of them. Node 20 takes neither a glob nor a folder of .ts files, so they are listed here.
// Options of node's test runner may come first: `node scripts/test.js --test-name-pattern=reload`.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const given = process.argv.slice(2);
const options = given.filter((argument) => argument.startsWith("-"));
const paths = given.filter((argument) => !argument.startsWith("-"));

// Applications that tests load are no tests, whatever they are called.
const all = () =>
  readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts") && !path.startsWith(join("programs", "")))
    .map((path) => join("test", path))
    .sort();

const isReporter = (option) => option.startsWith("--test-reporter");

const files = paths.length > 0 ? paths : all();
/** No test takes a tenth of this; one that waits for what never comes is a failure, not a silence. */
const HANGS_MS = 120_000;

// Most tests wait for processes that boot: two files more than there are processors keep those busy.
const concurrency = `--test-concurrency=${availableParallelism() + 2}`;
const { status, signal } = spawnSync(
  process.execPath,
  [
    "--import",
    "tsx",
    "--test",
    concurrency,
    `--test-timeout=${HANGS_MS}`,
    ...(options.some(isReporter) ? [] : ["--test-reporter=spec"]),
    ...options,
    ...files,
  ],
  { cwd: root, stdio: "inherit" },
);
if (signal !== null) console.error(`the test runner was ended by ${signal}`);
process.exitCode = status ?? 1;
