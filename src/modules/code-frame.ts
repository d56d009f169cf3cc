// A few lines of a source file with a caret under one column, for a person who reads a terminal or a log.
// Pure: knows text, a line and a column. Does not know files, stacks or colours.

/** Lines shown before and after the one that is pointed at. */
const CONTEXT_LINES = 2;
/** A minified file is one line of a megabyte: only a window around the column is shown. */
const WINDOW_CHARACTERS = 120;

/** Both count from 1, columns in UTF-16 units as V8 does. A column of 0 means that only the line is known. */
export interface CodePlace {
  readonly line: number;
  readonly column: number;
}

/** @returns The frame without a newline at its end; `""` when the text has no such line. */
export function codeFrame(source: string, place: CodePlace): string {
  const lines = source.split(/\r\n|\n|\r/);
  // What follows the newline at the end of a file is not a line.
  if (lines.at(-1) === "") lines.pop();
  const pointed = lines[place.line - 1];
  if (pointed === undefined) return "";
  const first = Math.max(1, place.line - CONTEXT_LINES);
  const last = Math.min(lines.length, place.line + CONTEXT_LINES);
  const from = Math.max(0, Math.min(place.column - WINDOW_CHARACTERS / 2, pointed.length - WINDOW_CHARACTERS));
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const here = number === place.line;
    const text = (lines[number - 1] ?? "").slice(from, from + WINDOW_CHARACTERS);
    frame.push(`${here ? ">" : " "} ${String(number).padStart(width)} | ${text}`.trimEnd());
    // Tabs stay tabs, so that the caret stands under its column however wide the terminal makes them.
    if (here && place.column > 0) {
      const before = text.slice(0, place.column - 1 - from).replace(/[^\t]/g, " ");
      frame.push(`  ${" ".repeat(width)} | ${before.padEnd(Math.min(place.column - 1 - from, WINDOW_CHARACTERS))}^`);
    }
  }
  return frame.join("\n");
}
