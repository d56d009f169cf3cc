// A world for master/plan.ts: facts go in one after another, the clock is a number, actions come out as short words.

import type { Settings } from "../../src/config/options.ts";
import { resolveSettings } from "../../src/config/resolve.ts";
import type { Report } from "../../src/ipc/messages.ts";
import type { ControlSignal, Fact } from "../../src/master/facts.ts";
import type { Action } from "../../src/master/moves.ts";
import { plan } from "../../src/master/plan.ts";
import { initialState, type State } from "../../src/master/state.ts";

const { settings: DEFAULTS } = await resolveSettings({
  ...{ flags: {}, app: "app:application", configFile: undefined, cmdArgs: undefined, variables: {} },
  ...{ cwd: "/", isTerminal: false },
});

/** The default settings with some changed. */
export const settingsWith = (changes: Partial<Settings> = {}): Settings => ({ ...DEFAULTS, ...changes });

/** `fork 3 (slot 1)`, `quit 2 graceful 30000`, `info: ready in 5 ms`. */
export function inWords(action: Action): string {
  switch (action.do) {
    case "fork":
      return `fork ${action.id} (slot ${action.slot})`;
    case "boot":
      return `boot ${action.id} (generation ${action.generation})`;
    case "quit":
      return `quit ${action.id} ${action.style} ${action.graceMs}`;
    case "log":
      return `${action.level}: ${action.message}`;
    case "complain":
      return `complain: ${action.message}`;
    case "exit":
      return `exit ${action.code}`;
    case "listen":
    case "reopen":
    case "kill":
      return `${action.do} ${action.id}`;
    default:
      return action.do;
  }
}

export class World {
  now = 0;
  state: State;
  wakeAt: number | null = null;

  constructor(changes: Partial<Settings> = {}, listening: readonly string[] = []) {
    const listeners = listening.map((url, index) => ({ index, url, address: { kind: "unix", path: url } as const }));
    const settings = settingsWith(changes);
    this.state = initialState({ version: "1.2.3", pid: 77, listeners, settings, startedAt: -500, now: 0 });
  }

  tell(fact: Fact): string[] {
    const { state, actions, wakeAt } = plan(this.state, fact, this.now);
    this.state = state;
    this.wakeAt = wakeAt;
    return actions.map(inWords);
  }

  start(): string[] {
    return this.tell({ fact: "start" });
  }

  signal(signal: ControlSignal): string[] {
    return this.tell({ fact: "signal", signal });
  }

  report(
    id: number,
    report: Report | Exclude<Report["tsgi"], "loaded" | "beat" | "recycle" | "draining" | "boot-failed">,
  ): string[] {
    return this.tell({ fact: "report", id, report: typeof report === "string" ? { tsgi: report } : report });
  }

  loaded(id: number): string[] {
    return this.report(id, { tsgi: "loaded", tookMs: 1 });
  }

  draining(id: number): string[] {
    return this.report(id, { tsgi: "draining", inFlight: 0 });
  }

  beat(id: number): string[] {
    return this.report(id, { tsgi: "beat", served: 0, inFlight: 0, connections: 0 });
  }

  recycle(id: number): string[] {
    return this.report(id, { tsgi: "recycle", why: "it is tired" });
  }

  fails(id: number, message = "app.js does not load"): string[] {
    return this.report(id, { tsgi: "boot-failed", code: "import-throws", message });
  }

  exit(id: number, code: number | null = 0, signal: string | null = null): string[] {
    return this.tell({ fact: "exit", id, code, signal, trouble: null });
  }

  /** Everything up to `ready`; what came of each. */
  up(...ids: readonly number[]): string[] {
    return ids.flatMap((id) => [...this.report(id, "hello"), ...this.loaded(id), ...this.report(id, "ready")]);
  }

  /** A tick after so many milliseconds, and one every second before, so that nothing seems to have stood still. */
  later(ms: number, keepAlive: readonly number[] = []): string[] {
    const until = this.now + ms;
    const said: string[] = [];
    while (this.now < until) {
      this.now = Math.min(until, this.now + 1000);
      for (const id of keepAlive) said.push(...this.beat(id));
      said.push(...this.tell({ fact: "tick" }));
    }
    return said;
  }

  configured(changes: Partial<Settings> = {}, restart: readonly (keyof Settings)[] = []): string[] {
    const settings = { ...this.state.settings, ...changes };
    return this.tell({ fact: "configured", configuration: { settings, restart } });
  }

  /** Slot and phase of those that are not leaving: `1 ready`. */
  get serving(): string[] {
    return this.state.workers
      .filter(({ leaving, generation }) => !leaving && generation === this.state.generation)
      .map(({ slot, phase }) => `${slot} ${phase}`)
      .sort();
  }

  /** A started server whose workers are all ready, and whose clock stands at one minute. */
  static serving(changes: Partial<Settings> = {}): World {
    const world = new World({ timeout: 0, ...changes });
    world.start();
    world.up(...world.state.workers.map(({ id }) => id));
    world.later(60_000);
    return world;
  }
}
