// Who has asked which worker where it stands, and waits. The questions go to the workers' watchdog threads, over their side lines.
// Knows tickets and how long one waits; does not know what an answer says.

import type { Ask, Lifeline } from "../ipc/lifeline.ts";
import type { Report, Whereabouts } from "../ipc/messages.ts";

/** How long somebody who asks waits for the answer. */
const INSPECT_MS = 2_000;
/** The ticket of the plan's own question, whose answer is a fact. */
const PLAN_TICKET = 0;

export class Inquiries {
  readonly #lines = new Map<number, Pick<Lifeline, "ask">>();
  /** By ticket. */
  readonly #asking = new Map<number, { readonly id: number; readonly done: (at: Whereabouts | null) => void }>();
  readonly #limitMs: number;
  #lastTicket = PLAN_TICKET;

  constructor(limitMs: number = INSPECT_MS) {
    this.#limitMs = limitMs;
  }

  /** A worker was started. */
  open(id: number, line: Pick<Lifeline, "ask">): void {
    this.#lines.set(id, line);
  }

  /** It is gone, and answers nothing any more. */
  close(id: number): void {
    this.#lines.delete(id);
    for (const one of this.#asking.values()) if (one.id === id) one.done(null);
  }

  /** Null when there is no such worker, or it does not answer in time. */
  ask(id: number, what: Ask["tsgi"]): Promise<Whereabouts | null> {
    const line = this.#lines.get(id);
    if (line === undefined) return Promise.resolve(null);
    this.#lastTicket += 1;
    const ticket = this.#lastTicket;
    return new Promise((resolve) => {
      const done = (at: Whereabouts | null): void => {
        clearTimeout(timer);
        this.#asking.delete(ticket);
        resolve(at);
      };
      const timer = setTimeout(done, this.#limitMs, null);
      this.#asking.set(ticket, { id, done });
      line.ask(what, ticket);
    });
  }

  /** The plan asks: the answer is a report like any other. */
  askForPlan(id: number): void {
    this.#lines.get(id)?.ask("stack", PLAN_TICKET);
  }

  /** Hears what a worker reports. True when it was an answer that somebody waits for, or has waited for too long. */
  heard(report: Report): boolean {
    if (report.tsgi !== "whereabouts" || report.ticket === PLAN_TICKET) return false;
    this.#asking.get(report.ticket)?.done(report.at);
    return true;
  }
}
