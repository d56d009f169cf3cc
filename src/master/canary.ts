// Whether the first worker of a new generation does worse than the old ones while it serves among them: by its share of 5xx answers, and
// by how late its event loop is. The margins are said in the option's text. Pure.

import { isServing, type NextGeneration, type State, type Trial, type WorkerHandle } from "./state.ts";

/** One unlucky answer proves nothing. */
const LEAST_ERRORS = 3;
const ERROR_MARGIN = 0.05;
const DELAY_FACTOR = 2;
const DELAY_MARGIN_MS = 100;
/** How many delays are kept of each side: the last hours of a trial that takes days. */
const DELAYS_KEPT = 10_000;

export interface Verdict {
  readonly worse: boolean;
  /** The figures, for the log. */
  readonly words: string;
}

const figuresOf = ({ id, figures }: WorkerHandle): Trial["base"][number] => ({
  ...{ id, served: figures?.served ?? 0, errors: figures?.errors ?? 0 },
});

export const beginTrial = (state: State): Trial => ({
  base: state.workers.map(figuresOf),
  canaryDelaysMs: [],
  oldDelaysMs: [],
});

/** Takes down a beat that came during a trial. */
export function noteDelay(state: State, { generation, leaving }: WorkerHandle, delayMs: number): State {
  const { next } = state;
  if (next?.stage !== "canary" || next.trial === null || leaving) return state;
  const { canaryDelaysMs, oldDelaysMs } = next.trial;
  const trial: Trial =
    generation === next.number
      ? { ...next.trial, canaryDelaysMs: [...canaryDelaysMs.slice(-DELAYS_KEPT), delayMs] }
      : { ...next.trial, oldDelaysMs: [...oldDelaysMs.slice(-DELAYS_KEPT), delayMs] };
  return { ...state, next: { ...next, trial } };
}

/** @param over Whether the trial's time is up: delays are judged only then, errors as soon as they are too many. */
export function verdict(state: State, next: NextGeneration, over: boolean): Verdict {
  const { base, canaryDelaysMs, oldDelaysMs } = next.trial!;
  const serving = state.workers.filter(isServing);
  const canary = answersOf(
    base,
    serving.filter(({ generation }) => generation === next.number),
  );
  const old = answersOf(
    base,
    serving.filter(({ generation }) => generation !== next.number),
  );
  const [delay, oldDelay] = [middle(canaryDelaysMs), middle(oldDelaysMs)];
  const words =
    `${inWords(canary)}, the old ones ${inWords(old)}; ` +
    `its event loop was up to ${Math.round(delay)} ms late in the middle, theirs ${Math.round(oldDelay)} ms`;
  const failing = canary.errors >= LEAST_ERRORS && share(canary) > share(old) + ERROR_MARGIN;
  const late = over && delay > DELAY_FACTOR * oldDelay && delay > oldDelay + DELAY_MARGIN_MS;
  return { worse: failing || late, words };
}

interface Answers {
  readonly served: number;
  readonly errors: number;
}

/** What these workers answered since the trial began. */
function answersOf(base: Trial["base"], workers: readonly WorkerHandle[]): Answers {
  let [served, errors] = [0, 0];
  for (const worker of workers) {
    const before = base.find(({ id }) => id === worker.id);
    const now = figuresOf(worker);
    served += now.served - (before?.served ?? 0);
    errors += now.errors - (before?.errors ?? 0);
  }
  return { served, errors };
}

const share = ({ served, errors }: Answers): number => (served === 0 ? 0 : errors / served);

const inWords = (answers: Answers): string =>
  `${answers.errors} of ${answers.served} answers were errors (${(share(answers) * 100).toFixed(1)} %)`;

/** The median; 0 of nothing. */
function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
