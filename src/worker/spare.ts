// What a worker does before it has a place: it loads what an application of these settings will need, and nothing of the application, which
// may change until then. Whatever fails here fails again at the boot, where somebody is told.

import process from "node:process";
import type { SpareSettings } from "../ipc/messages.ts";
import { preloadLoader, prepareImport } from "../modules/import.ts";
import { noteLoadedFiles } from "../modules/loaded.ts";
import { fileOf } from "./bring.ts";
import { loadDevelopment } from "./development.ts";

/** Never rejects. */
export async function prepare(settings: SpareSettings): Promise<void> {
  process.title = `tsgi: spare [${settings.name ?? settings.app}]`;
  try {
    // Before the loaders below, which each import then goes through.
    await loadDevelopment(settings, 0);
    const file = fileOf(settings);
    if (file !== null) await preloadLoader(file);
    // Nothing of the application is loaded before somebody else listens.
    noteLoadedFiles(() => {});
    if (file !== null) await prepareImport(file);
  } catch {}
}
