// The process of a forked load: told once what to ask whom, says what it sees many times a second, and ends when it is told to, or
// when nobody is left to tell.

import process from "node:process";
import { Load } from "../load.ts";
import { MIXTURES } from "./asks.ts";
import type { ForkedOptions, News } from "./forked.ts";

const SAY_EVERY_MS = 25;

let load: Load | undefined;
let said = 0;

function news({ answered, reopened, failures, pids, versions }: Load): News {
  const fresh = failures.slice(said);
  said = failures.length;
  return { answered, reopened, failures: fresh, pids: [...pids], versions: [...versions] };
}

async function stop(): Promise<void> {
  if (load === undefined) process.exit();
  const { answers } = await load.stop();
  process.send!({ ...news(load), answers } satisfies News, () => process.exit());
}

process.on("message", (order: "stop" | { readonly start: ForkedOptions }) => {
  if (order === "stop") {
    void stop();
    return;
  }
  const { mixture = "plain", ...options } = order.start;
  const started = new Load({ ...options, mixture: MIXTURES[mixture] });
  load = started;
  setInterval(() => process.send!(news(started)), SAY_EVERY_MS);
});
process.on("disconnect", () => process.exit());
