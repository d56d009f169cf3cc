// Shows what an application failed with in place of the plain 500 of the server, whatever the application's interface; and of the 500
// of a framework that says no more. Watches exchanges from outside: what was reported for a request is what its 500 is about.

import { AroundExchange } from "../gateway/around.ts";
import {
  type Exchange,
  type ExchangeEvent,
  type ExchangeRequest,
  type RequestError,
  type Serve,
  WAIT,
} from "../gateway/exchange.ts";
import type { GatewayHost } from "../gateway/host.ts";
import { detailsOf } from "../modules/details.ts";
import { showDetails } from "../modules/show-details.ts";
import type { RequestHead, ResponseEvent } from "../protocol/events.ts";
import { type Complaint, listening, listenToConsole } from "./complaints.ts";
import { errorBehind } from "./default-answers.ts";

export interface FailureOptions {
  /** Paths inside of it are shown relative to it. */
  readonly root: string;
  /** See PageParts. */
  readonly boot: string | null;
  /** See PageParts. */
  readonly anyHost?: boolean;
}

/** How long a process that an error ends waits for those whose requests it shows it to. */
const LAST_ANSWERS_MS = 300;

const IN_REQUEST = "The application failed this request";
const UNCAUGHT = "An error that nobody caught ended the application while this request was open";

type Watched = FailureExchange;

/** Those of a worker. */
export class Failures {
  readonly #options: FailureOptions;
  readonly #open = new Map<string, Watched>();

  constructor(options: FailureOptions) {
    this.#options = options;
    listenToConsole();
  }

  around(gateway: (host: GatewayHost) => Serve): (host: GatewayHost) => Serve {
    return (host) => {
      const report: GatewayHost["report"] = (trouble) => {
        if (trouble.answer === 500) this.#open.get(trouble.requestId)?.failed(trouble.error);
        host.report(trouble);
      };
      const serve = gateway({ ...host, report });
      return (request) => {
        const exchange: Watched = new FailureExchange(serve(request), request, {
          page: (heading, error) => this.#page(heading, error, request.head, exchange.requestId),
          over: () => this.#open.delete(exchange.requestId),
        });
        this.#open.set(exchange.requestId, exchange);
        return exchange;
      };
    };
  }

  /**
   * The process ends of this error. Requests whose response has not begun are answered with it.
   *
   * @returns When the answers are out, or after a short while.
   */
  async answerLast(error: unknown): Promise<void> {
    const waiting = [...this.#open.values()].filter((exchange) => exchange.giveUp(UNCAUGHT, error));
    if (waiting.length === 0) return;
    const deadline = Date.now() + LAST_ANSWERS_MS;
    // A round of the loop each: answers leave in the turn in which they are asked for.
    while (waiting.some((exchange) => exchange.isOpen) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #page(heading: string, error: unknown, head: RequestHead, requestId: string): Promise<ResponseEvent> {
    const { root, boot, anyHost } = this.#options;
    // Before anything is imported: what the error says may change.
    const details = detailsOf(error);
    const shown = { heading, details, text: showDetails(details, root) };
    // Most starts see no page, and wait for all that is loaded.
    const { answerWith } = await import("./answer.ts");
    return answerWith({ shown, head, requestId, root, boot, anyHost });
  }
}

interface Around {
  readonly page: (heading: string, error: unknown) => Promise<ResponseEvent>;
  readonly over: () => void;
}

class FailureExchange extends AroundExchange {
  readonly #wake: () => void;
  readonly #around: Around;
  readonly #complaint: Complaint = {};
  #failure: { readonly error: unknown } | undefined;
  /** The page, and whether it is being made. */
  #last: ResponseEvent | undefined;
  #isComing = false;
  #hasBegun = false;
  isOpen = true;

  constructor(inner: Exchange, request: ExchangeRequest, around: Around) {
    super(inner);
    this.#wake = request.wake;
    this.#around = around;
  }

  /** The server has reported this, and a 500 follows. */
  failed(error: unknown): void {
    this.#failure = { error };
  }

  /** @returns Whether it is going to be answered with the error. */
  giveUp(heading: string, error: unknown): boolean {
    if (this.#hasBegun || !this.isOpen) return false;
    if (!this.#isComing) this.#show(heading, error);
    return true;
  }

  override next(): ExchangeEvent {
    if (this.#last !== undefined) return this.#note(this.#last);
    if (this.#isComing) return WAIT;
    return this.#note(listening(this.#complaint, () => this.inner.next()));
  }

  override expire(reason: RequestError): ExchangeEvent {
    const event = this.inner.expire(reason);
    this.#end();
    return event;
  }

  override abort(reason: Error): void {
    this.inner.abort(reason);
    this.#end();
  }

  #note(event: ExchangeEvent): ExchangeEvent {
    switch (event.type) {
      case "response": {
        const error = this.#errorOf(event);
        if (error !== undefined) {
          if (event.more) this.inner.abort(new Error("the answer was replaced by an error page"));
          return this.#show(IN_REQUEST, error.error);
        }
        this.#hasBegun = true;
        if (!event.more) this.#end();
        return event;
      }
      case "end":
      case "cut":
      case "upgrade":
        this.#end();
        return event;
      default:
        return event;
    }
  }

  /** What a 500 is about, where that is known. */
  #errorOf(event: ResponseEvent): { readonly error: unknown } | undefined {
    if (event === this.#last || event.status !== 500) return undefined;
    if (this.#failure !== undefined) return this.#failure;
    const error = errorBehind(event, this.#complaint.error);
    return error === undefined ? undefined : { error };
  }

  #show(heading: string, error: unknown): typeof WAIT {
    this.#isComing = true;
    void this.#around.page(heading, error).then((page) => {
      this.#last = page;
      if (this.isOpen) this.#wake();
    });
    return WAIT;
  }

  #end(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#around.over();
  }
}
