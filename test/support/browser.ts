// A real browser without a window, driven as a visitor would. Without chromium the tests skip and say so; where CI is set they fail, for
// then nobody would read that they were skipped.

import assert from "node:assert/strict";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import type { TestContext } from "node:test";
import { type BrowserContext, chromium, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

function find(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const FOUND = find();

/** For `test(title, { skip: noBrowser })`. */
export const noBrowser: string | false =
  FOUND !== undefined || process.env["CI"] !== undefined
    ? false
    : "chromium is not installed (Debian: apt-get install chromium)";

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What pages threw, and what the browser's console called an error. */
  readonly complaints: readonly string[];
}

/** A browser that knows nothing yet: no cookie, no cache. It ends with the test. */
export async function visit(t: TestContext): Promise<Visit> {
  assert.ok(FOUND !== undefined, "chromium is not installed, and CI is set");
  // Its own sandbox needs rights that containers do not give to root.
  const browser = await chromium.launch({ executablePath: FOUND, args: ["--no-sandbox"] });
  t.after(() => browser.close());
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC" });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return { page, context, complaints };
}
