// What `tsgi serve examples/paste/app.ts` loads: reads the environment, makes the folder ready, exports the application.
// A setting that cannot be, or a folder that cannot be written, stops the worker here, before it takes a request.

import { resolve } from "node:path";
import { paste } from "./service.ts";
import { Store } from "./storage.ts";
import { parseSize } from "./units.ts";

const SWEEP_EVERY_MS = 600_000;

const limit = process.env["PASTE_LIMIT"] || "100M";
const limitBytes = parseSize(limit);
if (!limitBytes) throw new RangeError(`PASTE_LIMIT="${limit}": expected a number of bytes such as 500K, 100M or 2G`);

const store = new Store({ directory: resolve(process.env["PASTE_DIR"] || "paste-data"), limitBytes, now: Date.now });

await store.sweep();
const sweep = () =>
  store.sweep().catch((error: unknown) => console.error(`paste: cannot tidy up ${store.directory}:`, error));
// unref: a timer that is all that is left must not keep a worker from ending.
setInterval(sweep, SWEEP_EVERY_MS).unref();

export const application = paste(store);
