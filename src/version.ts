// The version of this tsgi, read once from its own package.json.

import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

export const VERSION: string = manifest.version;

/** As in the Server field and SERVER_SOFTWARE. */
export const SOFTWARE = `tsgi/${VERSION}`;
