// ASGI 3.0: `application(scope, receive, send)`.

import { refusing } from "../gateway/refusal.ts";
import type { Served } from "./interface.ts";

/** What `--interface asgi` serves. */
export type AsgiTarget = (scope: never, receive: never, send: never) => Promise<void>;

export const asgiInterface = (_target: AsgiTarget): Served => ({
  gateway: (host) => refusing(501, host.nextRequestId),
});
