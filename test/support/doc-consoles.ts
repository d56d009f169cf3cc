// The console blocks of a page of docs, asked of the page's own programs in process. `curl` is read in the few words that the pages use; a word
// that is not known fails, so that no promise of a page goes unasked.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Client } from "../../src/application/index.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Console {
  /** Of the program that is asked. */
  readonly program: string;
  readonly text: string;
  /** Without their `$`. */
  readonly commands: readonly string[];
}

/** @param page From the root of the project. */
export function consolesOf(page: string): readonly Console[] {
  const blocks = readFileSync(`${ROOT}${page}`, "utf8").matchAll(/^```console (\S+)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, program = "", text = ""]) => ({
    program,
    text,
    commands: [...text.matchAll(/^\$ (.*)$/gm)].map(([, command = ""]) => command),
  }));
}

/** What a console shows once its commands have been given, as the block has it. */
export async function shown(client: Client, { commands }: Console): Promise<string> {
  let text = "";
  for (const command of commands) {
    const printed = await curl(client, command);
    text += `$ ${command}\n${printed.trimEnd()}\n`;
  }
  return text;
}

const CURL = {
  silent: { type: "boolean", short: "s" },
  output: { type: "string", short: "o" },
  "write-out": { type: "string", short: "w" },
  request: { type: "string", short: "X" },
  data: { type: "string", short: "d" },
  header: { type: "string", short: "H", multiple: true },
  range: { type: "string", short: "r" },
  "path-as-is": { type: "boolean" },
} as const;

/** What curl would print. */
async function curl(client: Client, command: string): Promise<string> {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
  assert.equal(words.shift(), "curl", command);
  const { values, positionals } = parseArgs({ args: words, options: CURL, allowPositionals: true });
  const [address = ""] = positionals;
  const target = /^http:\/\/127\.0\.0\.1:8000(\/.*)$/.exec(address)?.[1];
  assert.ok(target !== undefined && positionals.length === 1, `not one address of this server: ${command}`);
  const headers: Record<string, string> = {};
  for (const header of values.header ?? []) headers[header.split(": ")[0]!] = header.slice(header.indexOf(": ") + 2);
  if (values.range !== undefined) headers["Range"] = `bytes=${values.range}`;
  const { data, request = data === undefined ? "GET" : "POST" } = values;
  if (data !== undefined) headers["Content-Type"] ??= "application/x-www-form-urlencoded";
  const sent = data === undefined ? {} : { body: data };
  const answer = await client.request(request, target, { headers, host: "127.0.0.1:8000", ...sent });
  const written = (values["write-out"] ?? "").replace(
    /%(?:\{(\w+)\}|header\{([\w-]+)\})/g,
    (_all, variable: string | undefined, header: string | undefined) => {
      if (header !== undefined) return answer.headers.get(header) ?? "";
      assert.equal(variable, "http_code", `curl's ${variable} is not known here`);
      return String(answer.status);
    },
  );
  return (values.output === "/dev/null" ? "" : answer.text()) + written;
}
