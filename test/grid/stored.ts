// A run of the grid as it is kept in results.json, and what a new run changes in it.

import { readFileSync } from "node:fs";
import { type Cell, OK } from "./verdict.ts";

/** Cells by behaviour and application. */
export interface Results {
  /** Of each application, by its title. */
  readonly versions: Readonly<Record<string, string>>;
  readonly cells: Readonly<Record<string, Readonly<Record<string, Cell>>>>;
}

export const RESULTS = new URL("results.json", import.meta.url);

/** @throws Error when there is no such file, or it is no such run. */
export const readResults = (): Results => parseResults(readFileSync(RESULTS, "utf8"));

/** One line for each cell: a change of one is a change of one line. */
export function renderResults({ versions, cells }: Results): string {
  return `${JSON.stringify({ versions, cells: eachCell(cells, textOf) }, undefined, 2)}\n`;
}

export function parseResults(text: string): Results {
  const { versions, cells } = JSON.parse(text) as {
    versions: Results["versions"];
    cells: Record<string, Record<string, string>>;
  };
  return { versions, cells: eachCell(cells, cellOf) };
}

function eachCell<From, To>(
  cells: Readonly<Record<string, Readonly<Record<string, From>>>>,
  change: (cell: From) => To,
): Record<string, Record<string, To>> {
  return Object.fromEntries(
    Object.entries(cells).map(([id, row]) => [
      id,
      Object.fromEntries(Object.entries(row).map(([title, cell]) => [title, change(cell)])),
    ]),
  );
}

/** @returns For a person: what is otherwise than it was stored. Cells that this run did not look at are left out. */
export function changes(stored: Results, now: Results): readonly string[] {
  return Object.entries(now.cells).flatMap(([id, cells]) =>
    Object.entries(cells).flatMap(([title, cell]) => {
      const before = stored.cells[id]?.[title];
      if (before === undefined) return [`${title}, ${id}: new: ${textOf(cell)}`];
      return before.word === cell.word && before.note === cell.note
        ? []
        : [`${title}, ${id}: ${textOf(cell)}; stored is ${textOf(before)}`];
    }),
  );
}

/** `ok`, `as node:http: ...`, `known: ...`, `DIFFERENT: ...`. */
export const textOf = ({ word, note }: Cell): string => {
  if (word === "ok") return "ok";
  return word === "as" ? note : `${word}: ${note}`;
};

function cellOf(text: string): Cell {
  if (text === "ok") return OK;
  if (text.startsWith("as ")) return { word: "as", note: text };
  const [, word = "", note = ""] = /^(known|DIFFERENT): (.*)$/s.exec(text) ?? [];
  if (word === "") throw new Error(`${RESULTS.pathname}: ${text}: expected ok, as, known or DIFFERENT`);
  return { word: word as Cell["word"], note };
}

/** What was looked at replaces what was stored; the rest stays. */
export function merge(stored: Results, now: Results, ids: readonly string[]): Results {
  const cells = ids.flatMap((id) => {
    const row = { ...stored.cells[id], ...now.cells[id] };
    return Object.keys(row).length === 0 ? [] : [[id, row] as const];
  });
  return { versions: { ...stored.versions, ...now.versions }, cells: Object.fromEntries(cells) };
}
