// Writes the pages that come from tables. With --check it writes nothing, names each page that differs, and exits with 1.

import { writeFileSync } from "node:fs";
import { PAGES, readIfThere } from "./pages.ts";

const isCheck = process.argv.includes("--check");

for (const { path, text } of PAGES) {
  const file = new URL(`../${path}`, import.meta.url);
  const now = readIfThere(file);
  const wanted = text(now);
  if (now === wanted) continue;
  if (isCheck) {
    console.error(`${path} is not what the tables say: run npm run docs`);
    process.exitCode = 1;
  } else writeFileSync(file, wanted);
}
