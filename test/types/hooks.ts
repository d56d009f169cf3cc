// The hooks of tsgi.config.ts, and what the types refuse of them. Compiled by types.test.ts, never run.

import {
  type ChildExitEvent,
  type DeathCause,
  defineConfig,
  type ForkAdditions,
  type Hooks,
  type OnExitEvent,
  type PreForkEvent,
  type Settings,
  type WorkerAbortEvent,
} from "tsgi";

// ---- what fits

export const none = defineConfig({ hooks: {} });

export const all = defineConfig({
  hooks: {
    onStarting: async ({ version, pid, settings }) => note(version, pid.toFixed(), settings.app),
    whenReady: ({ urls }) => note(...urls),
    nworkersChanged: ({ count, previous }) => note(`${count - (previous ?? 0)}`),
    preFork: ({ slot, settings }) => ({
      env: { SHARD: `${slot}/${settings.workers.max}` },
      execArgv: ["--no-warnings"],
    }),
    postFork: async ({ pid, generation }) => note(`${pid} ${generation.toFixed()}`),
    postWorkerInit: ({ file, exportName }) => note(file.trim(), exportName.trim()),
    onServing: ({ urls, workers, tookMs }) => note(urls.join(), `${workers + tookMs}`),
    preRequest: async ({ requestId, method, target, remoteAddress, headers }) => {
      for (const [name, value] of headers) note(requestId, method, target, remoteAddress, name.trim(), value.trim());
    },
    postRequest: ({ status, bytes, durationMs, aborted }) =>
      note(aborted ? "aborted" : `${status + bytes + durationMs}`),
    onReload: ({ generation, settings }) => note(`${generation}`, settings.app),
    preExec: ({ pid }) => note(pid.toFixed()),
    workerAbort: ({ blockedMs, frames, place, requests }) => {
      note(`${blockedMs}`, place ?? "", ...(frames ?? []).map(({ file, line }) => `${file}:${line.toFixed()}`));
      for (const { method, target, ageMs } of requests ?? []) note(method, target, ageMs.toFixed());
    },
    workerInt: ({ why }) => note(why.trim()),
    workerExit: ({ slot, code }) => note(`${slot} ${code.toFixed()}`),
    childExit: ({ pid, code, signal, cause, reason }) =>
      note(`${pid?.toFixed()} ${code?.toFixed()}`, signal ?? "", cause, reason),
    onExit: async ({ code }) => note(code.toFixed()),
  },
});

// A hook that decides nothing need not say so.
export const silent = defineConfig({
  hooks: {
    preFork(event) {
      note(String(event.slot));
    },
    onExit: undefined,
  },
});
export const sometimes = defineConfig({
  hooks: { preFork: ({ slot }) => (slot === 1 ? { execArgv: ["--inspect=0"] } : undefined) },
});
export const later = defineConfig(async () => ({
  workers: 2,
  hooks: { onExit: ({ code }: OnExitEvent) => note(String(code)) },
}));

export class Held implements Hooks {
  readonly additions: ForkAdditions = { env: { A: "1" } };
  preFork(_event: PreForkEvent): ForkAdditions {
    return this.additions;
  }
}
export const held = defineConfig({ hooks: new Held() });

export function cause(event: ChildExitEvent): DeathCause {
  return event.cause;
}
export const abort = (event: WorkerAbortEvent): number => event.slot;
export const where = ({ hooks }: Settings): string => (hooks === null ? "" : `${hooks.file}: ${hooks.names.join()}`);

// ---- what does not

// @ts-expect-error: no such hook
export const unknownHook = defineConfig({ hooks: { preFrok() {} } });
// @ts-expect-error: a hook is a function
export const text = defineConfig({ hooks: { onExit: "bye" } });
// @ts-expect-error: what an event lacks
export const field = defineConfig({ hooks: { childExit: ({ exitCode }) => note(exitCode) } });
// @ts-expect-error: preFork cannot be waited for
export const promised = defineConfig({ hooks: { preFork: async () => ({ env: {} }) } });
// @ts-expect-error: a variable is text
export const number = defineConfig({ hooks: { preFork: () => ({ env: { A: 1 } }) } });
// @ts-expect-error: there is no worker of that name among the arguments
export const two = defineConfig({ hooks: { onExit: (_event: OnExitEvent, _worker: number) => {} } });

export function mutate(event: ChildExitEvent): void {
  // @ts-expect-error: what happened is not to be changed
  event.code = 0;
}

function note(..._words: readonly string[]): void {}
