// A world for master/plan.ts: facts go in one after another, the clock is a number, actions come out as short words.

import type { MasterHookCall } from "../../src/config/hooks.ts";
import type { Settings } from "../../src/config/options.ts";
import { resolveSettings } from "../../src/config/resolve.ts";
import type { Figures, ListenerInfo, Report } from "../../src/ipc/messages.ts";
import type { ControlSignal, Fact, Order } from "../../src/master/facts.ts";
import type { Action } from "../../src/master/moves.ts";
import { plan } from "../../src/master/plan.ts";
import { initialState, type State } from "../../src/master/state.ts";

const { settings: DEFAULTS } = await resolveSettings({
  ...{ flags: {}, app: "app:application", configFile: undefined, cmdArgs: undefined, variables: {} },
  ...{ cwd: "/", isTerminal: false },
});

/** Settings, where a number of workers is one that does not change. */
export type Changes = Partial<Omit<Settings, "workers">> & { readonly workers?: number | Settings["workers"] };

/** The default settings with some changed, and no time to settle: a test that wants to wait says so. */
export function settingsWith({ workers = 1, ...changes }: Changes = {}): Settings {
  const bounds = typeof workers === "number" ? { min: workers, max: workers } : workers;
  return { ...DEFAULTS, settle: 0, ...changes, workers: bounds };
}

export const FIGURES: Figures = {
  ...{ served: 0, errors: 0, inFlight: 0, connections: 0, websockets: 0 },
  ...{ rss: 50 * 1_048_576, utilization: 0, delayMs: 0 },
};

/** `fork 3 (slot 1)`, `quit 2 graceful 30000`, `info: ready in 5 ms`. */
export function inWords(action: Action): string {
  switch (action.do) {
    case "fork":
      return `fork ${action.id} (slot ${action.slot})`;
    case "boot":
      return `boot ${action.id} (generation ${action.generation})${action.failure === null ? "" : " to show"}`;
    case "quit":
      return `quit ${action.id} ${action.style} ${action.graceMs}${action.handBack ? " hand-back" : ""}`;
    case "log":
      return `${action.level}: ${action.message}`;
    case "complain":
      return `complain: ${action.message}`;
    case "exit":
      return `exit ${action.code}`;
    case "close-listeners":
      return `close-listeners ${action.listeners}`;
    case "signal-heir":
      return `${action.do} ${action.signal}`;
    case "tell-parent":
      return `${action.do} ${action.news}`;
    case "greet":
      return `greet ${action.urls.join(", ")}`;
    case "notify":
      return `notify ${action.lines.join(", ")}`;
    case "answer":
      return `answer ${action.ticket} ${action.ok ? "ok" : "no"}: ${action.message}`;
    case "listen":
    case "unready":
    case "reopen":
    case "ask-whereabouts":
    case "kill":
    case "prepare":
      return `${action.do} ${action.id}`;
    default:
      return action.do;
  }
}

export const listener = (url: string, index: number): ListenerInfo => ({
  ...{ index, url, address: { kind: "unix", path: url } },
});

export class World {
  now = 0;
  state: State;
  wakeAt: number | null = null;
  /** The hooks that were called. */
  readonly hooks: MasterHookCall[] = [];

  constructor(changes: Changes = {}, listening: readonly string[] = [], parent: number | null = null) {
    const settings = settingsWith(changes);
    const listeners = listening.map(listener);
    const given = { version: "1.2.3", pid: 77, listeners, settings, parent, seed: 1 };
    this.state = initialState({ ...given, startedAt: -500, now: 0 });
  }

  tell(fact: Fact): string[] {
    return this.tellRaw(fact).map(inWords);
  }

  /** The actions themselves, but for the calls of hooks, which are kept in `hooks`. */
  tellRaw(fact: Fact): readonly Action[] {
    const { state, actions, wakeAt } = plan(this.state, fact, this.now);
    this.state = state;
    this.wakeAt = wakeAt;
    for (const action of actions) if (action.do === "hook") this.hooks.push(action.call);
    return actions.filter((action) => action.do !== "hook");
  }

  start(): string[] {
    return this.tell({ fact: "start" });
  }

  signal(signal: ControlSignal): string[] {
    return this.tell({ fact: "signal", signal });
  }

  report(id: number, report: Report | "hello" | "ready"): string[] {
    return this.tell({ fact: "report", id, report: typeof report === "string" ? { tsgi: report } : report });
  }

  loaded(id: number): string[] {
    return this.report(id, { tsgi: "loaded", tookMs: 1 });
  }

  draining(id: number): string[] {
    return this.report(id, { tsgi: "draining", inFlight: 0 });
  }

  beat(id: number, figures: Partial<Figures> = {}): string[] {
    return this.report(id, { tsgi: "beat", ...FIGURES, ...figures });
  }

  /** What `tsgi ctl` asks for, under the ticket 7 unless said otherwise. */
  order(order: Order, ticket = 7): string[] {
    return this.tell({ fact: "order", ticket, order });
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
  later(ms: number, keepAlive: readonly number[] = [], figures: Partial<Figures> = {}): string[] {
    const until = this.now + ms;
    const said: string[] = [];
    while (this.now < until) {
      this.now = Math.min(until, this.now + 1000);
      for (const id of keepAlive) said.push(...this.beat(id, figures));
      said.push(...this.tell({ fact: "tick" }));
    }
    return said;
  }

  configured(
    changes: Changes = {},
    restart: readonly (keyof Settings)[] = [],
    listeners: readonly ListenerInfo[] = this.state.listeners,
  ): string[] {
    const settings = settingsWith({ ...this.state.settings, ...changes });
    return this.tell({ fact: "configured", configuration: { settings, restart, listeners } });
  }

  /** The same, with HUP before it. */
  reload(changes: Changes = {}, listeners: readonly ListenerInfo[] = this.state.listeners): string[] {
    return [...this.signal("SIGHUP"), ...this.configured(changes, [], listeners)];
  }

  /** Slot and phase of those that are not leaving: `1 ready`. */
  get serving(): string[] {
    return this.state.workers
      .filter(({ leaving, generation }) => !leaving && generation === this.state.generation)
      .map(({ slot, phase }) => `${slot} ${phase}`)
      .sort();
  }

  /** A started server whose workers are all ready, and whose clock stands at one minute. */
  static serving(changes: Changes = {}, listening: readonly string[] = []): World {
    const world = new World({ timeout: 0, ...changes }, listening);
    world.start();
    world.up(...world.state.workers.map(({ id }) => id));
    world.later(60_000);
    return world;
  }
}

/** Without the lines of the log. */
export const noLogs = (words: readonly string[]): string[] =>
  words.filter((word) => !/^(debug|info|warn|error):/.test(word));
