// Two marks that an import carries in its URL's query, and the resolve hook that gives them effect.
// Knows Node's hooks on each version. Does not know tsx, which may have hooks of its own below this one.

import * as nodeModule from "node:module";

/** With a number: read again from disk, and so is every local module below it. */
export const FRESH_QUERY = "tsgi-fresh";
/** An ES module whatever the nearest package.json says. */
export const ESM_QUERY = "tsgi-esm";

type ResolveHook = (specifier: string, context: object, next: unknown) => { readonly url: string };

// Not in the types of Node 20, where it does not exist.
type RegisterHooks = (hooks: { readonly resolve: ResolveHook }) => void;

// Text, because Node 20 runs hooks on another thread, which cannot be handed a function. The forced module does not go
// through tsx's own resolve, which would make CommonJS of it and hide its ending.
const HOOKS = `
const forced = (specifier) =>
  specifier.startsWith("file:") && new URL(specifier).searchParams.has("${ESM_QUERY}")
    ? { url: specifier, format: "module", shortCircuit: true }
    : null;
const marked = (parentURL, resolved) => {
  const fresh = parentURL?.startsWith("file:") ? new URL(parentURL).searchParams.get("${FRESH_QUERY}") : null;
  if (fresh === null || !resolved.url.startsWith("file:") || resolved.url.includes("/node_modules/")) return resolved;
  const url = new URL(resolved.url);
  url.searchParams.set("${FRESH_QUERY}", fresh);
  return { ...resolved, url: url.href };
};`;

let isRegistered = false;

/** To be called when other hooks were registered: they run first now, and hide the marks from those below. */
export function putMarksOnTop(): void {
  isRegistered = false;
}

/** Gives the marks effect from now on; does nothing while they have it. To have it twice changes nothing. */
export function markImports(): void {
  if (isRegistered) return;
  isRegistered = true;
  const registerHooks = (nodeModule as { readonly registerHooks?: RegisterHooks }).registerHooks;
  if (registerHooks === undefined) {
    const resolve =
      "async (specifier, context, next) => forced(specifier) ?? marked(context.parentURL, await next(specifier, context))";
    nodeModule.register(`data:text/javascript,${encodeURIComponent(`${HOOKS}\nexport const resolve = ${resolve};`)}`);
    return;
  }
  const resolve =
    "(specifier, context, next) => forced(specifier) ?? marked(context.parentURL, next(specifier, context))";
  registerHooks({ resolve: new Function(`${HOOKS}\nreturn ${resolve};`)() as ResolveHook });
}

/** Forgets every CommonJS module outside of node_modules, so that the next require reads it from disk. */
export function forgetRequired(): void {
  const { cache } = nodeModule.createRequire(import.meta.url);
  for (const file of Object.keys(cache)) {
    if (!/[\\/]node_modules[\\/]/.test(file)) delete cache[file];
  }
}
