// The example site over a fresh folder, and what a visitor would do with it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Client, type ClientResponse, type Handler } from "tsgi/application";

export interface OpenedSite {
  readonly application: Handler;
  readonly folder: string;
}

/** Once in a process: the site reads its environment when it is loaded. */
export async function openSite(after: (end: () => void) => void): Promise<OpenedSite> {
  const parent = mkdtempSync(join(tmpdir(), "tsgi-site-"));
  after(() => rmSync(parent, { recursive: true, force: true }));
  const folder = join(parent, "notes");
  process.env["SITE_DATA"] = folder;
  const { application } = await import("../../examples/site/app.ts");
  return { application, folder };
}

/** The smallest picture that is one. */
export const GIF = Buffer.from("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==", "base64");

export const FIELDS = {
  title: "A dipper under the bridge",
  kind: "bird",
  place: "Old bridge",
  text: "It walked into the water.\r\n\r\nAnd out again.",
  author: "Ada",
  alt: "",
} as const;

/** What the page's first form must send back. */
export function tokenIn(page: string): string {
  const token = /name="csrfToken" value="([^"]+)"/.exec(page)?.[1];
  if (token === undefined) throw new Error(`no token in ${page.slice(0, 200)}`);
  return token;
}

export type Change = Readonly<
  Record<string, string | { filename: string; content: string | Uint8Array; contentType?: string }>
>;

/** Opens the form, fills it in with FIELDS and what differs, and sends it. */
export async function write(client: Client, change: Change = {}, follow = false): Promise<ClientResponse> {
  const csrfToken = tokenIn((await client.get("/write/")).text());
  return client.post("/write/", { multipart: { csrfToken, ...FIELDS, ...change }, follow });
}

export const visitor = (application: Handler): Client => new Client(application, { raiseExceptions: false });
