// A run of the grid as it is kept in results.json, and what a new run changes in it.

import { readFileSync } from "node:fs";
import type { Cell } from "./verdict.ts";

/** Cells by behaviour and application. */
export interface Results {
  /** Of each application, by its title. */
  readonly versions: Readonly<Record<string, string>>;
  readonly cells: Readonly<Record<string, Readonly<Record<string, Cell>>>>;
}

export const RESULTS = new URL("results.json", import.meta.url);

export const readResults = (): Results => JSON.parse(readFileSync(RESULTS, "utf8")) as Results;

/** One line for each cell that is not ok: a change of one is a change of one line. */
export function renderResults(results: Results): string {
  const ids = Object.keys(results.cells);
  const lines = ids.map((id) => {
    const cells = Object.entries(results.cells[id]!).map(
      ([title, cell]) => `\n      ${JSON.stringify(title)}: ${JSON.stringify(cell)}`,
    );
    return `    ${JSON.stringify(id)}: {${cells.join(",")}\n    }`;
  });
  const versions = JSON.stringify(results.versions, undefined, 2).replaceAll("\n", "\n  ");
  return `{\n  "versions": ${versions},\n  "cells": {\n${lines.join(",\n")}\n  }\n}\n`;
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

export const textOf = ({ word, note }: Cell): string =>
  note === "" ? word : word === "as" ? note : `${word}: ${note}`;

/** What was looked at replaces what was stored; the rest stays. */
export function merge(stored: Results, now: Results, ids: readonly string[]): Results {
  const cells = ids.flatMap((id) => {
    const row = { ...stored.cells[id], ...now.cells[id] };
    return Object.keys(row).length === 0 ? [] : [[id, row] as const];
  });
  return { versions: { ...stored.versions, ...now.versions }, cells: Object.fromEntries(cells) };
}
