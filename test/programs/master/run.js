// What the command line does with runMaster, and nothing else: the first argument is the folder of tsgi.config.json, the second how
// long a reload may read the configuration.
import process from "node:process";
import { fileURLToPath } from "node:url";
import { TsgiError } from "../../../src/errors.ts";
import { runMaster } from "../../../src/master/main.ts";

const input = {
  flags: {},
  app: undefined,
  configFile: undefined,
  cmdArgs: undefined,
  variables: {},
  cwd: process.argv[2],
  isTerminal: false,
};
const options = process.argv[3] === undefined ? {} : { readLimitMs: Number(process.argv[3]) };
try {
  process.exit(await runMaster(input, { entry: fileURLToPath(new URL("./worker.js", import.meta.url)), heirStartMs: 500, ...options }));
} catch (error) {
  if (!(error instanceof TsgiError)) throw error;
  process.stderr.write(`tsgi: ${error.message}\n`);
  process.exit(error.exitCode);
}
