// Writes the pages of docs/reference that come from tables. With --check it writes nothing, names each page that
// differs, and exits with 1.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorsPage, settingsPage } from "../src/config/render.ts";

const PAGES = [
  { path: "docs/reference/settings.md", text: settingsPage() },
  { path: "docs/reference/errors.md", text: errorsPage() },
];

const isCheck = process.argv.includes("--check");

for (const { path, text } of PAGES) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  if (!isCheck) {
    writeFileSync(file, text);
  } else if (readIfThere(file) !== text) {
    console.error(`${path} is not what the tables say: run npm run docs`);
    process.exitCode = 1;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
