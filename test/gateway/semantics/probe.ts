// What an application of the suite notes of its own life, and a body that counts its closing.

import type { Probe } from "./case.ts";

export function probe(): Probe {
  const made: Probe = {
    closes: 0,
    notes: [],
    note: (text) => void made.notes.push(text),
    closed() {
      made.closes += 1;
    },
    body: (chunks) => {
      const key = Symbol.asyncIterator in chunks ? Symbol.asyncIterator : Symbol.iterator;
      return {
        [key]: () => (chunks as unknown as Record<symbol, () => unknown>)[key]!(),
        close: made.closed,
      } as never;
    },
  };
  return made;
}
