// The lifespan of a worker, as an ASGI application takes part in it (ASGI 3.0, Lifespan 2.0): called once, told of the start and of the end.
// Does not know how long each may take, nor what becomes of a worker whose start failed.

import { ContractError, isPromise } from "../gateway/body.ts";
import { failureText } from "../gateway/failure.ts";
import type { Departure, ErrorLevel, WorkerInfo } from "../gateway/types.ts";
import { outOfOrder, unknownEvent } from "./asgi-said.ts";
import type { AsgiApplication, AsgiState, LifespanReceiveEvent, LifespanScope, SendEvent } from "./asgi-types.ts";

const SENDABLE = [
  "lifespan.startup.complete",
  "lifespan.startup.failed",
  "lifespan.shutdown.complete",
  "lifespan.shutdown.failed",
] as const;

const VERSIONS = Object.freeze({ version: "3.0", spec_version: "2.0" } as const);

/** Takes a line for whoever runs the server. */
export type Say = (text: string, level: ErrorLevel) => void;

interface Settle {
  readonly resolve: () => void;
  readonly reject: (why: unknown) => void;
}

export class AsgiLifespan {
  /** What the application puts here is in the scope of each request. */
  readonly state: AsgiState = {};
  readonly #application: AsgiApplication;
  #phase: "new" | "starting" | "serving" | "stopping" | "over" = "new";
  #received = 0;
  /** Whoever waits for what the application has to say. */
  #waiter: Settle | undefined;
  #askShutdown: (() => void) | undefined;
  #say: Say | undefined;
  /** What there was to say before there was anybody to say it to. */
  #unsaid: Parameters<Say> | undefined;

  constructor(application: AsgiApplication) {
    this.#application = application;
  }

  /** Where a line goes; the first one that is known counts. */
  tellTo(say: Say): void {
    if (this.#say !== undefined) return;
    this.#say = say;
    if (this.#unsaid !== undefined) say(...this.#unsaid);
    this.#unsaid = undefined;
  }

  /** Kept when the application is ready, or takes no part. Rejects with what `lifespan.startup.failed` said. */
  async startup(worker: WorkerInfo): Promise<void> {
    this.#phase = "starting";
    const ready = this.#wait();
    this.#call(worker);
    await ready;
  }

  /** Kept when the application has ended. Rejects with what `lifespan.shutdown.failed` said, or what was thrown. */
  async shutdown(_departure: Departure): Promise<void> {
    if (this.#phase !== "serving") return;
    this.#phase = "stopping";
    const over = this.#wait();
    this.#askShutdown?.();
    await over;
  }

  #wait(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  #settled(): Settle | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }

  #call({ slot, generation, workers }: WorkerInfo): void {
    const extensions = { tsgi: { slot, generation, workers } };
    const scope: LifespanScope = { type: "lifespan", asgi: VERSIONS, state: this.state, extensions };
    try {
      const result: unknown = this.#application(
        scope,
        () => this.#receive(),
        (event) => this.#send(event),
      );
      if (!isPromise(result)) this.#ended(undefined);
      else
        result.then(
          () => this.#ended(undefined),
          (error) => this.#ended({ error }),
        );
    } catch (error) {
      this.#ended({ error });
    }
  }

  #receive(): Promise<LifespanReceiveEvent> {
    this.#received += 1;
    if (this.#received === 1) return Promise.resolve({ type: "lifespan.startup" });
    if (this.#received > 2)
      return Promise.reject(new ContractError("receive() after lifespan.shutdown: nothing follows"));
    const event: LifespanReceiveEvent = { type: "lifespan.shutdown" };
    if (this.#phase === "stopping") return Promise.resolve(event);
    return new Promise((resolve) => {
      this.#askShutdown = () => resolve(event);
    });
  }

  async #send(event: SendEvent): Promise<void> {
    const type: unknown = (event as { type?: unknown } | null | undefined)?.type;
    const message: unknown = (event as { message?: unknown } | null | undefined)?.message;
    switch (type) {
      case "lifespan.startup.complete":
      case "lifespan.startup.failed":
        if (this.#phase !== "starting") throw outOfOrder(type, "after the start was over");
        this.#phase = type === "lifespan.startup.complete" ? "serving" : "over";
        break;
      case "lifespan.shutdown.complete":
      case "lifespan.shutdown.failed":
        if (this.#phase !== "stopping") throw outOfOrder(type, "without a lifespan.shutdown before it");
        this.#phase = "over";
        break;
      default:
        throw unknownEvent(event, SENDABLE);
    }
    if (type.endsWith(".complete")) this.#settled()?.resolve();
    else
      this.#settled()?.reject(
        new Error(typeof message === "string" && message !== "" ? message : `the application sent ${type}`),
      );
  }

  /** The application returned, or threw. */
  #ended(thrown: { readonly error: unknown } | undefined): void {
    const phase = this.#phase;
    this.#phase = "over";
    if (phase === "stopping" && thrown !== undefined) {
      this.#settled()?.reject(thrown.error);
      return;
    }
    // ASGI, Lifespan: the server goes on, and sends no lifespan events.
    if (phase === "starting") this.#note(takesNoPart(thrown, this.#received > 0));
    else if (phase === "serving" && thrown !== undefined) {
      this.#note([`the application threw in its lifespan: ${failureText(thrown.error)}`, "error"]);
    }
    this.#settled()?.resolve();
  }

  #note(line: Parameters<Say>): void {
    if (this.#say === undefined) this.#unsaid = line;
    else this.#say(...line);
  }
}

/** One that asked what there is and then threw may have meant to fail: it is heard of louder. */
function takesNoPart(thrown: { readonly error: unknown } | undefined, asked: boolean): Parameters<Say> {
  const what = "the application takes no part in lifespan";
  if (thrown === undefined) return [`${what}: it returned before lifespan.startup.complete`, "info"];
  const { error } = thrown;
  if (!asked) return [`${what}: it threw ${error instanceof Error ? error.message : String(error)}`, "info"];
  const meant = "to keep the worker from starting, send lifespan.startup.failed";
  return [`${what}: it threw at lifespan.startup; ${meant}\n${failureText(error)}`, "warn"];
}
