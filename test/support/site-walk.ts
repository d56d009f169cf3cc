// What a visitor of the example site does, in a real browser: the steps that its walks have in common.

import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";

/** Its module. */
export const SITE = fileURLToPath(new URL("../../examples/site/app.ts", import.meta.url));

/** A picture of 2 by 1 dots. */
export const GIF = Buffer.from("R0lGODdhAgABAIEAAP8AAAD/AAAAAAAAACwAAAAAAgABAAACAkQKADs=", "base64");

export const picture = (name: string, buffer: Buffer) => ({ name, mimeType: "image/gif", buffer });

/** Everything that a note must have. */
export async function fillIn(page: Page, title: string): Promise<void> {
  await page.getByLabel("What did you see?").fill(title);
  await page.getByRole("radio", { name: "Bird" }).check({ force: true });
  await page.getByLabel("Tell about it").fill("It walked into the water.\n\nAnd out again.");
  await page.getByLabel("Your name").fill("Ada");
}

export const send = (page: Page) => page.getByRole("button", { name: "Put it into the notebook" }).click();
export const heading = (page: Page) => page.getByRole("heading", { level: 1 }).textContent();
