// What an application returned, on its way to the server: each chunk is judged when it is asked for, and whoever asks is judged by when
// it asks, and by whether it closes. Text, bytes and plain arrays are judged at once and handed on as they are, so that a body of one
// chunk is still one for the server.

import { isPromise, UPGRADE } from "./body.ts";
import { show } from "./said.ts";
import { observed, realOf } from "./validate-observe.ts";
import type { ResponseWatch } from "./validate-response.ts";
import { type Judge, ValidationError } from "./validate-rules.ts";

/** How far a body has come. Knows nothing else, for it outlives the request (see `unclosed`). */
interface Progress {
  readonly hasClose: boolean;
  /** Something was taken, and it can be told to end. */
  begun: boolean;
  /** Run to its end, failed, or ended early as an iterator is. */
  ended: boolean;
  closed: boolean;
  /** Somebody heard that it was not ended. */
  told: boolean;
}

export interface BodyParts {
  readonly judge: Judge;
  readonly response: ResponseWatch;
  /** Told of a violation that there is nobody to throw at. Must lead to nothing that holds the body. */
  readonly report: (violation: ValidationError) => void;
  /** Called when the body is over: closed, or read to its end, or ended early, or with nothing to end. */
  readonly onOver: () => void;
}

export interface WatchedBody {
  /** What is handed to the server. */
  readonly body: unknown;
  /** What is wrong if the request is over now. */
  readonly complaint: () => ValidationError | undefined;
}

// A body that is dropped is found when its memory is; nothing else shows that nobody will close it any more.
const dropped = new FinalizationRegistry<{ progress: Progress; report: BodyParts["report"] }>(
  ({ progress, report }) => {
    const found = unclosed(progress);
    if (found !== undefined) report(found);
  },
);

const FINE = () => undefined;

export function watchBody(given: unknown, parts: BodyParts): WatchedBody {
  const { judge, response, onOver } = parts;
  // A request's own body, sent back: its stand-in has a close() that is for nobody to call.
  const result = realOf(given);
  if (isInert(result)) {
    for (const chunk of Array.isArray(result) ? result : [result]) response.chunk(chunk);
    response.end();
    onOver();
    return { body: given, complaint: FINE };
  }
  // No body, and no startResponse that was missed: the server knows it by its class.
  if (typeof result === "object" && result !== null && UPGRADE in result) {
    onOver();
    return { body: given, complaint: FINE };
  }
  if (result instanceof String) {
    judge(
      "body.string-object",
      "the body is a String object, which is iterated letter by letter: expected the string itself",
    );
  }
  if (!isIterable(result)) {
    const hint = result === undefined ? " (is a return missing?)" : "";
    judge(
      "body.shape",
      `the body is ${show(result)}${hint}: expected a string, bytes, or an iterable or async iterable of them`,
    );
  }
  return standIn(result as IterableObject, parts);
}

/** Nothing to end, nothing to close, nothing that is still to be made. */
const isInert = (result: unknown): boolean =>
  typeof result === "string" || result instanceof Uint8Array || (Array.isArray(result) && !("close" in result));

type IterableObject = object & Partial<AsyncIterable<unknown>> & Partial<Iterable<unknown>>;

const isIterable = (value: unknown): value is IterableObject =>
  typeof value === "object" &&
  value !== null &&
  [Symbol.asyncIterator, Symbol.iterator].some((key) => typeof Reflect.get(value, key) === "function");

function standIn(result: IterableObject, { judge, response, report, onOver }: BodyParts): WatchedBody {
  const close: unknown = Reflect.get(result, "close");
  const hasClose = typeof close === "function";
  const progress: Progress = { hasClose, begun: false, ended: false, closed: false, told: false };
  const own: Record<PropertyKey, unknown> = {};
  let ending: unknown;
  const judgeStep = ({ done, value }: IteratorResult<unknown>): void => {
    if (done !== true) {
      response.chunk(value);
      return;
    }
    response.end();
    over();
  };
  const ask = (iterator: { readonly return?: unknown }): void => {
    // Nothing can end a set's iterator, and nobody has to: HEAD stops after the first chunk.
    progress.begun ||= iterator.return !== undefined || "destroy" in own || "cancel" in own;
    if (progress.closed) judge("body.read-after-close", "the body was asked for a chunk after its close()");
  };
  const over = (): void => {
    progress.ended = true;
    if (!hasClose) onOver();
  };

  if (hasClose) {
    own["close"] = () => {
      if (progress.closed) judge("body.closed-twice", "close() of the body was called again: expected one call");
      progress.closed = true;
      // A server asks an iterator to end and does not wait for it; what that one is to end in turn comes after.
      return after(Reflect.apply(close, result, []), () => after(ending, onOver));
    };
  } else {
    // How a stream that has no close() is ended.
    for (const name of ["destroy", "cancel"]) {
      const end: unknown = Reflect.get(result, name);
      if (typeof end === "function") {
        own[name] = (...args: unknown[]) => after(Reflect.apply(end, result, args), over);
      }
    }
  }
  const told = (outcome: unknown): unknown => {
    ending = outcome;
    return after(outcome, over);
  };
  const steps: Steps = { ask, told, judgeStep, over, hold: () => body };
  if (typeof result[Symbol.iterator] === "function") {
    own[Symbol.iterator] = () => syncSteps(result[Symbol.iterator]!(), steps);
  }
  if (typeof result[Symbol.asyncIterator] === "function") {
    own[Symbol.asyncIterator] = () => asyncSteps(result[Symbol.asyncIterator]!(), steps);
  }
  const body: object = observed(result, own);
  dropped.register(body, { progress, report });
  return { body, complaint: () => unclosed(progress) };
}

/** Runs `then` when what came is there; a promise that is broken is none of its business. */
function after<T>(came: T, then: () => void): T | PromiseLike<unknown> {
  if (isPromise(came))
    return came.then((value) => {
      then();
      return value;
    });
  then();
  return came;
}

/** Said once: by a validator further out, or when the memory is taken back. */
function unclosed(progress: Progress): ValidationError | undefined {
  const { hasClose, begun, ended, closed, told } = progress;
  const isLeft = hasClose ? !closed : begun && !ended;
  if (!isLeft || told) return undefined;
  progress.told = true;
  const found = hasClose
    ? "the body has a close() that was never called: expected one call when the response is over, however it ended"
    : "the body was begun and dropped: expected that it is read to its end, or ended with return()";
  return new ValidationError("body.unclosed", found);
}

interface Steps {
  readonly ask: (iterator: Iterator<unknown> | AsyncIterator<unknown>) => void;
  readonly judgeStep: (step: IteratorResult<unknown>) => void;
  /** The iterator will not be asked again, and needs no end. */
  readonly over: () => void;
  /** It was told to end, and answered this. */
  readonly told: (outcome: unknown) => unknown;
  /** Whoever has the iterator can still close the body. */
  readonly hold: () => object;
}

function syncSteps(real: Iterator<unknown>, { ask, judgeStep, over, told, hold }: Steps): Iterator<unknown> {
  return observed(real, {
    hold,
    next() {
      ask(real);
      const step = failing(() => real.next(), over);
      // For the server an iterator that threw is over; the application's own has still to be told.
      failing(
        () => judgeStep(step),
        () => end(real, over),
      );
      return step;
    },
    [Symbol.iterator]() {
      return this;
    },
    ...(real.return === undefined ? {} : { return: (value?: unknown) => told(real.return!(value)) }),
  });
}

function asyncSteps(real: AsyncIterator<unknown>, { ask, judgeStep, over, told, hold }: Steps): AsyncIterator<unknown> {
  return observed(real, {
    hold,
    async next() {
      ask(real);
      let step: IteratorResult<unknown>;
      try {
        step = await real.next();
      } catch (error) {
        over();
        throw error;
      }
      failing(
        () => judgeStep(step),
        () => end(real, over),
      );
      return step;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    ...(real.return === undefined ? {} : { return: (value?: unknown) => told(real.return!(value)) }),
  });
}

/** Runs it; on a throw, `then` runs before the throw goes on. */
function failing<T>(act: () => T, then: () => void): T {
  try {
    return act();
  } catch (error) {
    then();
    throw error;
  }
}

/** What the end of an iterator throws does not hide why it had to end. */
function end(iterator: Iterator<unknown> | AsyncIterator<unknown>, over: () => void): void {
  over();
  try {
    const outcome: unknown = iterator.return?.();
    if (isPromise(outcome)) outcome.then(undefined, () => {});
  } catch {}
}
