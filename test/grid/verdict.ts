// What a cell of the grid says: what was seen under tsgi, beside what anyone would expect and what the application's own server does.
// Pure: facts in, words out.

/** What a behaviour comes to, by the name of what was looked at. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

export type Word = "ok" | "as" | "known" | "DIFFERENT";

export interface Cell {
  readonly word: Word;
  /** One line for a person; empty for `ok`. */
  readonly note: string;
}

export interface Seen {
  readonly expected: Facts;
  readonly tsgi: Facts;
  /** The same application on its own server; undefined where there is none. */
  readonly reference: Facts | undefined;
  /** The name of that server: `node:http`. */
  readonly server: string;
  /** A plain program on that server, to tell the server from the framework; undefined where there is none. */
  readonly plain: Facts | undefined;
  /** The name of the framework. */
  readonly framework: string;
  /** Why it may be otherwise than expected although no reference says so. */
  readonly known: string | undefined;
}

export const OK: Cell = { word: "ok", note: "" };

export function verdictOn(seen: Seen): Cell {
  const { expected, tsgi, reference, known } = seen;
  const names = [...new Set([...Object.keys(expected), ...Object.keys(tsgi)])];
  const wrong = "failed" in tsgi ? ["failed"] : names.filter((name) => tsgi[name] !== expected[name]);
  if (wrong.length === 0) {
    return known === undefined ? OK : different(`works, so it is no reason any more that ${known}`);
  }
  if (known !== undefined) return { word: "known", note: known };
  const alone = wrong.filter((name) => reference === undefined || reference[name] !== tsgi[name]);
  if (alone.length > 0) return different(alone.map((name) => oddity(name, seen)).join("; "));
  const server = wrong.every((name) => seen.plain?.[name] === tsgi[name]);
  const who = server ? seen.server : `${seen.framework} on ${seen.server}`;
  return { word: "as", note: `as ${who}: ${wrong.map((name) => `${name} ${show(tsgi[name])}`).join(", ")}` };
}

const different = (note: string): Cell => ({ word: "DIFFERENT", note });

function oddity(name: string, { expected, tsgi, reference }: Seen): string {
  const theirs = reference === undefined ? "" : `, reference ${show(reference[name])}`;
  return `${name} ${show(tsgi[name])}, expected ${show(expected[name])}${theirs}`;
}

/** Short enough for a table. */
export function show(value: string | number | boolean | undefined): string {
  if (value === undefined) return "missing";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
