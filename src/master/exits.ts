// What a worker's death brings about: a line in the log that says what it died of, and a successor, or the end. Pure.

import type { BootFailure } from "../ipc/messages.ts";
import { autopsy, type Exit, type Finding } from "./autopsy.ts";
import { isStillborn, showInstead } from "./development.ts";
import { failBoot, withdraw } from "./generation.ts";
import { callHook, inSeconds, log, nameOf, type Step, step, then } from "./moves.ts";
import { countDeath, isHopeless } from "./respawn.ts";
import { onSpareExit } from "./spare.ts";
import { isSpare, removeWorker, type State, type WorkerHandle } from "./state.ts";
import { halt } from "./stopping.ts";

export function onExit(state: State, worker: WorkerHandle, exit: Exit): Step {
  const finding = autopsy(worker, exit);
  if (isSpare(worker)) return onSpareExit(state, worker, finding);
  const { slot, generation, pid } = worker;
  const { code, signal } = exit;
  const event = { slot, generation, pid, code, signal, cause: finding.cause, reason: finding.how };
  return then(step(state, callHook({ name: "childExit", event })), (before) => succeed(before, worker, exit, finding));
}

function succeed(before: State, worker: WorkerHandle, exit: Exit, { cause, how, fields }: Finding): Step {
  const age = inSeconds(before.now - (worker.readyAt ?? worker.forkedAt));
  const ended = `${nameOf(worker)} ${how}`;
  const lived = cause === "not-started" ? "" : `; it had been there for ${age}`;
  const others = before.lastExits.filter(({ slot }) => slot !== worker.slot);
  const rest: State = {
    ...removeWorker(before, worker.id),
    lastExits: [...others, { slot: worker.slot, at: before.now, how }],
  };
  // One that does not load while it is told to go was not the first of them: that one is in the log.
  const expected = cause === "asked" || cause === "recycled" || (cause === "boot-failed" && worker.leaving);
  // While the server only waits in --drain-delay, it is as good as serving.
  const ends = rest.stop !== null && rest.stop.serveUntil === null;
  if (worker.leaving || ends) {
    return step(rest, log(expected ? "debug" : "warn", `${ended}${lived}`, fields));
  }
  const stack = worker.lastWords === null ? "" : `\n\n${worker.lastWords.stack}`;
  if (isStillborn(rest, worker, cause)) {
    const when = worker.phase === "ready" ? "; it had only begun to serve" : `${lived} and was not ready yet`;
    const details = worker.lastWords?.details ?? null;
    const failure: BootFailure = { code: "boot-exit", message: `${ended}${when}${stack}`, details };
    // The stack is in the fields.
    return showInstead(rest, failure, { message: `${ended}${when}`, fields });
  }
  if (!rest.everReady && rest.development === null) {
    const message = `${ended}${lived} and was not ready yet${stack}`;
    return failBoot(rest, worker, worker.blame ?? { code: "boot-exit", cause: "boot-failed", message });
  }
  if (worker.generation === rest.next?.number) return withdraw(rest, worker.blame?.message ?? `${ended}${lived}`);
  const { state, delay } = countDeath(rest, worker, cause);
  if (state.development === null && isHopeless(state)) {
    const count = `${state.youngDeaths} workers in a row died young (--max-boot-failures), and none is left to serve`;
    return halt(state, { code: "crash-loop", cause: "boot-failed", message: `${count}; the last one: ${ended}` });
  }
  const successor = `a successor starts ${delay === 0 ? "at once" : `in ${inSeconds(delay)}`}`;
  const level = exit.code === 0 && worker.blame === null ? "warn" : "error";
  return step(state, log(level, `${ended}${lived}; ${successor}`, fields));
}
