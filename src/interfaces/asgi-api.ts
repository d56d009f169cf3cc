// The public names of `tsgi/asgi`: the words of ASGI 3.0, and the bridges between it and TSGI. The specification is docs/asgi.md.

export { ClientDisconnectedError } from "./asgi-errors.ts";
export { type AdaptedApplication, asgiToTsgi } from "./asgi-to-tsgi.ts";
export type * from "./asgi-types.ts";
export { type TsgiTarget, tsgiToAsgi } from "./tsgi-to-asgi.ts";
