// The command line from its source, for processes of tests: `node --import tsx test/support/tsgi.ts serve ...`.

import process from "node:process";
import { start } from "../../src/cli/main.ts";

process.on("SIGUSR1", () => {});
await start(process.argv.slice(2));
