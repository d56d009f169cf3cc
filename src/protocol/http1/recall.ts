// The fields of heads that were judged before. A client says the same fields with request after request, which is why HPACK
// exists; text that is equal to the byte has an equal verdict, so it need not be read again. Only what came twice is kept,
// and the room is bounded, because clients choose what they send.

import type { Limits } from "../codec.ts";
import type { FlatFields } from "../events.ts";

/** What the fields of an HTTP/1.1 request with a path for its target came to. */
export interface Recalled {
  /** All field lines and the empty one. */
  readonly text: string;
  readonly fields: FlatFields;
  readonly length: number | "chunked";
  readonly expectContinue: boolean;
  readonly keepAlive: boolean;
}

const SLOTS = 256;
/** Longer ones are rare; with all slots taken this is half a mebibyte. */
const MAX_TEXT = 2_048;
/** How many characters are looked at to tell one text from another before they are compared. */
const SAMPLES = 16;
const MOST_WASTED = 10;

export class HeadMemory {
  readonly #known = new Array<Recalled | undefined>(SLOTS).fill(undefined);
  /** The mark of the text that came last to each slot and was not known. */
  readonly #marks = new Uint32Array(SLOTS);
  /** How often in a row a slot was filled for nothing, and how many chances it has let pass since. */
  readonly #wasted = new Uint8Array(SLOTS);
  readonly #passed = new Uint16Array(SLOTS);

  /** What is known of the text from `from` to the end; undefined when it is new. */
  recall(text: string, from: number): Recalled | undefined {
    const slot = markOf(text, from) % SLOTS;
    const known = this.#known[slot];
    if (known === undefined || !isText(text, from, known)) return undefined;
    this.#wasted[slot] = 0;
    return known;
  }

  /**
   * Whether this text is worth keeping: its mark came to its slot twice in a row. Texts that differ where nobody looks have one
   * mark; a slot that was filled for nothing lets twice as many chances pass each time.
   */
  isWorthKeeping(text: string, from: number): boolean {
    if (text.length - from > MAX_TEXT) return false;
    const mark = markOf(text, from);
    const slot = mark % SLOTS;
    if (this.#marks[slot] !== mark) {
      this.#marks[slot] = mark;
      return false;
    }
    this.#passed[slot] = this.#passed[slot]! + 1;
    return this.#passed[slot]! >= 1 << this.#wasted[slot]!;
  }

  keep(recalled: Recalled): void {
    const slot = markOf(recalled.text, 0) % SLOTS;
    this.#known[slot] = recalled;
    this.#passed[slot] = 0;
    this.#wasted[slot] = Math.min(this.#wasted[slot]! + 1, MOST_WASTED);
  }
}

/** Whether `known` is what stands in `text` at `from`; more may follow. */
export const isText = (text: string, from: number, known: Recalled): boolean =>
  text.length - from >= known.text.length && text.slice(from, from + known.text.length) === known.text;

function markOf(text: string, from: number): number {
  const length = text.length - from;
  const step = Math.max(1, Math.floor(length / SAMPLES));
  let mark = length;
  for (let at = from; at < text.length; at += step) mark = (Math.imul(mark, 31) + text.charCodeAt(at)) | 0;
  return mark >>> 0;
}

const memories = new WeakMap<Limits, HeadMemory>();

/** A verdict holds under the limits it was found with. */
export function memoryUnder(limits: Limits): HeadMemory {
  let memory = memories.get(limits);
  if (memory === undefined) {
    memory = new HeadMemory();
    memories.set(limits, memory);
  }
  return memory;
}
