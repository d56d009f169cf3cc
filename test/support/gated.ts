// A worker in this process whose code may change: the test answers whether it is fresh, and sees what is given back.

import type { TestContext } from "node:test";
import type { Settings } from "../../src/config/options.ts";
import type { Application } from "../../src/gateway/types.ts";
import type { GivenBack } from "../../src/worker/returning.ts";
import { RawClient } from "./client.ts";
import { type InProcess, serveInProcess } from "./worker.ts";

export interface Gated {
  readonly server: InProcess;
  /** Tickets of the questions, in their order. */
  readonly asked: number[];
  readonly given: GivenBack[];
  /** Every question is answered at once, also those to come. */
  agree(): void;
  /** So many questions have been asked. */
  questions(count: number): Promise<void>;
  connect(): Promise<RawClient>;
}

export function gated(t: TestContext, application: Application, settings: Partial<Settings> = {}): Gated {
  const asked: number[] = [];
  const given: GivenBack[] = [];
  let agrees = false;
  const fresh = (ticket: number): void => server.worker.gate?.fresh(ticket);
  const freshness = {
    ask(ticket: number) {
      asked.push(ticket);
      if (agrees) setImmediate(fresh, ticket);
    },
    giveBack: async (one: GivenBack) => void given.push(one),
  };
  const server = serveInProcess(application, settings, { freshness });
  t.after(() => server.close());
  return {
    ...{ server, asked, given },
    agree() {
      agrees = true;
      for (const ticket of asked) fresh(ticket);
    },
    async questions(count) {
      while (asked.length < count) await new Promise(setImmediate);
    },
    async connect() {
      const client = await RawClient.connect(server.port);
      t.after(() => client.close());
      return client;
    },
  };
}

/** Nothing more happens by itself. */
export const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
};
