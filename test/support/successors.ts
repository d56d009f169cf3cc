// Workers that follow one another as when a program is changed, on real sockets and over the real channel: the test is their master, and
// says when the code of one is old.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Settings } from "../../src/config/options.ts";
import { onReport, sendCommand } from "../../src/ipc/channel.ts";
import type { HandingReport, Report } from "../../src/ipc/messages.ts";
import { Distribution } from "../../src/master/distribution.ts";
import { type Listener, Listeners } from "../../src/master/listeners.ts";
import { settingsWith } from "./plan-world.ts";
import { tempFolder } from "./temp-folder.ts";

const ENTRY = fileURLToPath(new URL("../../src/worker/main.ts", import.meta.url));
const APPS = fileURLToPath(new URL("../programs/apps", import.meta.url));

export interface Successor {
  readonly id: number;
  readonly pid: number;
  readonly child: ChildProcess;
  readonly gone: Promise<unknown>;
}

export class Successors {
  /** A port, or a path. */
  readonly where: number | string;
  readonly distribution: Distribution;
  /** Connections that came back. */
  returned = 0;
  /** Connections that a worker was sent and never got, by its own words. */
  lost = 0;
  /** Whether a question is answered; else it waits for the end of its worker. */
  agrees = true;
  /** A worker is ready, and nobody has heard of it yet. */
  onReady: (child: ChildProcess) => void = () => {};
  readonly #settings: Settings;
  readonly #listeners: readonly Listener[];
  readonly #workers = new Map<number, ChildProcess>();
  readonly #t: TestContext;

  private constructor(t: TestContext, settings: Settings, listeners: readonly Listener[]) {
    this.#t = t;
    this.#settings = settings;
    this.#listeners = listeners;
    const { address } = listeners[0]!.info;
    this.where = address.kind === "tcp" ? address.port : address.path;
    this.distribution = new Distribution({
      accept: settings.accept,
      send: (id, command, handle) => {
        const child = this.#workers.get(id);
        if (child !== undefined) void sendCommand(child, command, handle);
      },
      log: () => {},
    });
  }

  static async open(t: TestContext, kind: "tcp" | "unix", accept: Settings["accept"] = "shared"): Promise<Successors> {
    const bind: Settings["bind"] =
      kind === "tcp"
        ? [{ kind: "tcp", host: "127.0.0.1", port: 0 }]
        : [{ kind: "unix", path: join(tempFolder(t), "s") }];
    const settings = settingsWith({ bind, accept, app: "handed:application", chdir: APPS, reload: "on" });
    const all = new Listeners();
    const listeners = (await all.open(settings)).map(({ index }) => all.get(index));
    const successors = new Successors(t, settings, listeners);
    t.after(() => {
      successors.distribution.closingAll();
      all.closeAll();
    });
    return successors;
  }

  /** One more, up to where it has loaded the application. */
  async boot(): Promise<Successor> {
    const id = this.#workers.size + 1;
    const child = fork(ENTRY, { execArgv: ["--import", import.meta.resolve("tsx")], serialization: "json" });
    this.#t.after(() => child.kill("SIGKILL"));
    this.#workers.set(id, child);
    this.distribution.forked(id, 1);
    const gone = once(child, "exit").then(() => this.distribution.gone(id));
    const loaded = new Promise<void>((done) => {
      onReport(child, (report, handle) => {
        if (report.tsgi === "loaded") done();
        this.#hear(id, child, report, handle);
      });
    });
    const { maxRequests, app: _app } = this.#settings;
    await sendCommand(child, {
      ...{ tsgi: "boot", settings: this.#settings, slot: 1, generation: id },
      ...{ maxRequests, hooksFile: null, failure: null },
    });
    await loaded;
    return { id, pid: child.pid!, child, gone };
  }

  /** Lets it serve. */
  async serve({ id, child }: Successor): Promise<void> {
    const ready = new Promise<void>((done) => {
      onReport(child, (report) => report.tsgi === "ready" && done());
    });
    this.distribution.open(id, this.#listeners, this.#settings.backlog);
    await ready;
  }

  async next(): Promise<Successor> {
    const successor = await this.boot();
    await this.serve(successor);
    return successor;
  }

  /** Its code is old. */
  outdate({ id, child }: Successor): void {
    this.distribution.leaving(id, { handBack: true });
    const why = "the code has changed";
    void sendCommand(child, {
      ...{ tsgi: "quit", style: "graceful", graceMs: 20_000, why },
      ...{ succeeded: true, handBack: true },
    });
  }

  /** So many connections have come back. */
  async untilReturned(count: number): Promise<void> {
    while (this.returned < count) await new Promise(setImmediate);
  }

  #hear(id: number, child: ChildProcess, report: Report | HandingReport, handle: unknown): void {
    if (report.tsgi === "hand-back") this.returned += 1;
    if (report.tsgi === "lost") this.lost += 1;
    if (report.tsgi === "ask-fresh") {
      if (this.agrees) void sendCommand(child, { tsgi: "fresh", ticket: report.ticket });
      return;
    }
    if (report.tsgi === "ready") this.onReady(child);
    this.distribution.heard(id, report, handle);
  }
}
