// The promises of docs/interfaces.md, as its two lists have them.

import { readFileSync } from "node:fs";

const PAGE = readFileSync(new URL("../../docs/interfaces.md", import.meta.url), "utf8");

/** @param of What a list is about: one request, or the whole server. */
export function promisedBy(of: "request" | "server"): readonly string[] {
  const [, lists = ""] = /^## What is the same, and what is not\n([\s\S]*?)^\| \|/m.exec(PAGE) ?? [];
  const [request = "", server = ""] = lists.split(/^The server as a whole:$/m);
  const list = of === "request" ? request : server;
  return [...list.matchAll(/^\* ([\s\S]*?)\.?$/gm)].map(([, sentence]) => sentence!);
}
