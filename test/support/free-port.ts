// A port for a server that has to be told one, or that binds it anew.

import { once } from "node:events";
import { createServer } from "node:net";

/** One of 127.0.0.1 that was free a moment ago, and may be taken when it is needed. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { readonly port: number };
  probe.close();
  await once(probe, "close");
  return port;
}
