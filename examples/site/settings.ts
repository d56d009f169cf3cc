// What differs from machine to machine: read from the environment once, when a worker starts. Whatever does not fit stops it here.

import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { keptSecret, Notebook } from "./notebook.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const notebook = new Notebook(resolve(process.env["SITE_DATA"] || "site-data"), here("seed"));

/** Without SITE_SECRET, one is made and kept beside the notes: the same for all workers, and after a restart. */
export const secretKey = process.env["SITE_SECRET"] || keptSecret(notebook.folder);

/** The host names that this site answers to, `example.org,www.example.org`. Default any, which is right only behind a proxy that checks. */
export const allowedHosts = (process.env["SITE_HOSTS"] || "*").split(",");

/** Pages with code for errors; for your own machine only. */
export const debug = process.env["SITE_DEBUG"] === "1";

export const staticFolder = here("static");
