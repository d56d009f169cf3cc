// The pages that come from tables, as they should be. Read by scripts/docs.ts, which writes or checks them, and by their test.

import { readFileSync } from "node:fs";
import { parseBaseline } from "../bench/baseline.ts";
import { performancePage } from "../bench/page.ts";
import { parseRun } from "../bench/reload/figures.ts";
import { ROWS } from "../bench/rows.ts";
import { errorsPage, optionsTable, settingsPage, signalsPage } from "../src/config/render.ts";
import { SIGNALS } from "../src/master/facts.ts";
import { differencesPage } from "../test/differential/page.ts";

export interface Page {
  /** Relative to the root of the project. */
  readonly path: string;
  /** The whole text, given what stands there now. */
  readonly text: (now: string) => string;
}

export const PAGES: readonly Page[] = [
  { path: "docs/reference/settings.md", text: settingsPage },
  { path: "docs/reference/errors.md", text: errorsPage },
  { path: "docs/reference/signals.md", text: () => signalsPage(SIGNALS) },
  { path: "docs/performance.md", text: () => performancePage(storedRun(), ROWS, storedReload()) },
  { path: "docs/differences.md", text: differencesPage },
  { path: "README.md", text: (now) => between(now, "<!-- options -->", "<!-- /options -->", optionsTable()) },
];

const storedRun = () => parseBaseline(readFileSync(new URL("../bench/baseline.json", import.meta.url), "utf8"));

/** Undefined before it is measured. */
function storedReload() {
  const text = readIfThere(new URL("../bench/reload.json", import.meta.url));
  return text === "" ? undefined : parseRun(text);
}

/** What stands in a file, `""` when there is none. */
export function readIfThere(file: URL): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** @throws Error when the marks are not there: a table that silently vanished would be a lie. */
function between(text: string, from: string, to: string, content: string): string {
  const start = text.indexOf(from);
  const end = text.indexOf(to, start);
  if (start < 0 || end < 0) throw new Error(`${from} ... ${to} is missing`);
  return `${text.slice(0, start + from.length)}\n${content}\n${text.slice(end)}`;
}
