// The control socket at work: who is connected, what they ask, and what the master answers. What has to be decided goes to the plan as an
// order with a ticket; what is only to be seen is read off the master's state; where a worker stands, the worker itself is asked.
// Whatever a client does costs it its connection, and the server no more than a line in the log.

import type { Socket } from "node:net";
import { type Answer, type ControlCommand, type RequestId, readLine } from "../ipc/control.ts";
import type { RequestsData, StackData } from "../ipc/control-data.ts";
import type { RequestInFlight, Whereabouts } from "../ipc/messages.ts";
import { CLIENT_LIMITS, type ClientLimits, ControlClient, type Reply } from "./control-client.ts";
import type { ControlSocket } from "./control-socket.ts";
import type { Fact, Order } from "./facts.ts";
import { Mishaps } from "./mishaps.ts";
import { nameOf } from "./moves.ts";
import type { State, WorkerHandle } from "./state.ts";
import { statusOf, workersOf } from "./status.ts";

/** What it needs of the master. */
export interface ControlHands {
  enqueue(fact: Fact): void;
  /** What the master knows now. */
  state(): State;
  /** On the clock of the state. */
  now(): number;
  /** Asks a worker's watchdog thread; null when it does not answer. */
  inspect(id: number, what: "stack" | "requests"): Promise<Whereabouts | null>;
  /** For the log. */
  warn(message: string): void;
  /** Something in the master itself is wrong. */
  report(fault: unknown): void;
}

export interface ControlLimits {
  readonly clients: number;
  /** For a worker's watchdog to say where its main thread is. */
  readonly inspectMs: number;
  readonly client: ClientLimits;
}

export const CONTROL_LIMITS: ControlLimits = { clients: 32, inspectMs: 5_000, client: CLIENT_LIMITS };

type Outcome = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: string };

const done = (data: unknown): Outcome => ({ ok: true, data });
const refused = (error: string): Outcome => ({ ok: false, error });

export class Control {
  readonly #socket: ControlSocket;
  readonly #hands: ControlHands;
  readonly #limits: ControlLimits;
  readonly #mishaps: Mishaps;
  /** In the order they came. */
  readonly #clients = new Set<ControlClient>();
  /** Those that were told to leave for want of room, and have not gone yet. */
  readonly #parting = new Set<ControlClient>();
  /** Who waits for the answer to an order. */
  readonly #tickets = new Map<number, (outcome: Outcome) => void>();
  #lastTicket = 0;

  /** Begins to accept. */
  constructor(socket: ControlSocket, hands: ControlHands, limits: ControlLimits = CONTROL_LIMITS) {
    this.#socket = socket;
    this.#hands = hands;
    this.#limits = limits;
    this.#mishaps = new Mishaps((message) => hands.warn(message));
    socket.accept((client) => {
      if (typeof client === "string") this.#mishaps.note("not-accepted", client);
      else this.#welcome(client);
    });
  }

  /** The plan's answer to an order. Whoever asked may have left. */
  answer(ticket: number, ok: boolean, message: string): void {
    this.#tickets.get(ticket)?.(ok ? done({ message }) : refused(message));
    this.#tickets.delete(ticket);
  }

  /** Closes the socket and every conversation; the answer to the order that ends the server is out before. */
  async close(): Promise<void> {
    this.#socket.close();
    await new Promise((written) => setImmediate(written));
    for (const client of [...this.#clients, ...this.#parting]) client.destroy();
    this.#mishaps.flush();
  }

  #welcome(socket: Socket): void {
    const client = new ControlClient(
      socket,
      {
        onLine: (line) => this.#reply(line),
        onMishap: (kind) => this.#mishaps.note(kind),
        onGone: () => {
          this.#clients.delete(client);
          this.#parting.delete(client);
        },
      },
      this.#limits.client,
    );
    this.#clients.add(client);
    if (this.#clients.size > this.#limits.clients) this.#makeRoom(client);
  }

  /**
   * Who has nothing to say must not keep out who has; nor must those that have perhaps left. When all places are taken by
   * clients that wait for an answer, the last one that came leaves.
   */
  #makeRoom(last: ControlClient): void {
    const others = [...this.#clients].filter((client) => client !== last);
    const done = others.find(({ phase }) => phase === "leaving");
    if (done !== undefined) {
      done.destroy();
      this.#clients.delete(done);
      return;
    }
    const idle = others.find(({ phase }) => phase === "listening");
    const leaves = idle ?? others.find(({ hasEnded }) => hasEnded) ?? last;
    this.#mishaps.note("too-many", this.#crowded());
    this.#clients.delete(leaves);
    this.#parting.add(leaves);
    leaves.dismiss(this.#crowded());
    const [oldest] = this.#parting;
    if (oldest === undefined || this.#parting.size <= this.#limits.clients) return;
    this.#parting.delete(oldest);
    oldest.destroy();
  }

  #crowded(): string {
    return `there may be ${this.#limits.clients} at once`;
  }

  async #reply(line: string): Promise<Reply> {
    const reading = readLine(line);
    // Words are for people with `nc`, which ends when we do.
    const last = reading.form !== "json";
    if (!reading.ok) {
      this.#mishaps.note(reading.form === null ? "no-request" : "refused", reading.error);
      return { answer: answerTo(reading.id, refused(reading.error)), last };
    }
    return { answer: answerTo(reading.id, await this.#outcome(reading.request)), last };
  }

  /** Never rejects: nobody would hear it, and that ends a process. */
  async #outcome(request: ControlCommand): Promise<Outcome> {
    try {
      return await this.#carryOut(request);
    } catch (fault) {
      this.#hands.report(fault);
      return refused("internal fault of the master; the log has more");
    }
  }

  #carryOut(request: ControlCommand): Outcome | Promise<Outcome> {
    switch (request.command) {
      case "status":
        return done(statusOf(this.#hands.state(), this.#hands.now()));
      case "workers":
        return done(workersOf(this.#hands.state(), this.#hands.now()));
      case "requests":
        return this.#requests();
      case "stack":
        return this.#stack(request.pid);
      case "reload":
        return this.#order({ order: "reload", wait: request.wait });
      case "scale":
        return this.#order({ order: "scale", count: request.count });
      case "restart":
        return this.#order({ order: "restart", pid: request.pid });
      case "stop":
        return this.#order({ order: "stop", style: request.quick ? "quick" : "graceful" });
      case "reopen":
        return this.#order({ order: "reopen" });
    }
  }

  #order(order: Order): Promise<Outcome> {
    this.#lastTicket += 1;
    const ticket = this.#lastTicket;
    return new Promise((resolve) => {
      this.#tickets.set(ticket, resolve);
      this.#hands.enqueue({ fact: "order", ticket, order });
    });
  }

  async #stack(pid: number): Promise<Outcome> {
    const { workers } = this.#hands.state();
    const worker = workers.find((one) => one.pid === pid);
    if (worker === undefined) {
      const pids = workers.flatMap((one) => (one.pid === null ? [] : [one.pid]));
      return refused(`no worker has the pid ${pid}; there are ${pids.join(", ") || "none"}`);
    }
    const at = await this.#inspect(worker, "stack");
    if (at === null) return refused(`${nameOf(worker)} could not be asked: ${SILENT}`);
    const { frames, place, note } = at;
    const requests = at.requests?.map(requestData) ?? null;
    return done({ slot: worker.slot, pid, frames, place, note, requests } satisfies StackData);
  }

  /** All are asked at once. A worker that is still loading has no request. */
  async #requests(): Promise<Outcome> {
    const asked = this.#hands.state().workers.filter(({ phase }) => phase === "ready");
    const answers = await Promise.all(
      asked.map(async (worker) => ({ worker, at: await this.#inspect(worker, "requests") })),
    );
    const rows = answers.flatMap(({ worker: { slot, pid }, at }) =>
      (at?.requests ?? []).map((request) => ({ slot, pid, ...requestData(request) })),
    );
    const silent = answers.flatMap(({ worker: { slot, pid }, at }) =>
      at !== null && at.requests !== null ? [] : [{ slot, pid, why: at?.note ?? SILENT }],
    );
    return done({ requests: rows.sort((a, b) => b.age - a.age), silent } satisfies RequestsData);
  }

  /** Null also when it takes too long: nobody waits for a worker that is stopped. */
  #inspect(worker: WorkerHandle, what: "stack" | "requests"): Promise<Whereabouts | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), this.#limits.inspectMs);
      const settle = (at: Whereabouts | null): void => {
        clearTimeout(timer);
        resolve(at);
      };
      this.#hands.inspect(worker.id, what).then(settle, () => settle(null));
    });
  }
}

const SILENT = "its watchdog did not answer";

const answerTo = (id: RequestId, outcome: Outcome): Answer => ({ id, ...outcome });

const requestData = ({ id, method, target, ageMs }: RequestInFlight) => ({
  ...{ id, method, target },
  age: Math.round(ageMs) / 1000,
});
