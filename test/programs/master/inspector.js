// The master's hands without its head: one real worker of the built tsgi, which is asked where it stands whenever a line on standard
// input says so. Each answer, and each fact, is a line of JSON on standard output.
import process from "node:process";
import { createInterface } from "node:readline";
import { resolveSettings } from "../../../dist/config/resolve.js";
import { Actuator } from "../../../dist/master/actuator.js";
import { MasterHooks } from "../../../dist/master/hooks.js";
import { Listeners } from "../../../dist/master/listeners.js";

const [app, cwd, ...flags] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const { settings } = await resolveSettings({
  flags: { bind: ["127.0.0.1:0"], ...Object.fromEntries(flags.map((flag) => flag.split("="))) },
  ...{ app, configFile: undefined, cmdArgs: undefined, variables: {}, cwd, isTerminal: false },
});
const listeners = new Listeners();
const infos = await listeners.open(settings);
const log = Object.fromEntries(["trace", "debug", "info", "warn", "error", "fatal", "reopen", "flush"].map((name) => [name, () => {}]));
const hooks = new MasterHooks(null, (line) => say({ is: "hooks", line }));
const actuator = new Actuator({
  entry: new URL("../../../dist/worker/main.js", import.meta.url).pathname,
  ...{ listeners, hooks, pidfile: null, parent: null, heirlooms: [], notifier: null, settings, openLog: () => log, configure: () => Promise.reject(new Error("no")), leave() {} },
  enqueue(fact) {
    const word = fact.report?.tsgi;
    if (word === "hello") actuator.perform({ do: "boot", id: 1, slot: 1, generation: 1, settings, failure: null });
    if (word === "loaded") {
      const indexes = infos.map(({ index }) => index);
      actuator.perform({ do: "listen", id: 1, listeners: indexes, backlog: settings.backlog });
    }
    if (word === "hello" || word === "ready") say({ is: word, url: infos[0].url });
    if (word === "beat") say({ is: word, ...fact.report });
    if (fact.fact === "exit") {
      say({ is: "exit", code: fact.code, signal: fact.signal });
      process.exit();
    }
  },
});
actuator.perform({ do: "fork", id: 1, slot: 1, generation: 1, settings });
createInterface({ input: process.stdin }).on("line", async (order) => {
  if (order === "kill") actuator.perform({ do: "kill", id: 1 });
  else if (order === "quit") actuator.perform({ do: "quit", id: 1, style: "quick", graceMs: 0, why: "over", succeeded: false, handBack: false });
  else say({ is: "answer", at: await actuator.inspect(1, order) });
});
