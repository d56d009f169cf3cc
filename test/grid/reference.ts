// An application of the grid on the server that it would have without tsgi, in a process of its own:
// `node --import tsx test/grid/reference.ts <file> <reference>`. Says its port on standard output.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import type { Reference } from "./programs.ts";

const [file = "", reference = ""] = process.argv.slice(2);
const { application } = (await import(new URL(`apps/${file}`, import.meta.url).href)) as { application: unknown };

type Fetch = { fetch(request: Request): Response | Promise<Response> };

/** The server of the application, not yet listening or already. */
async function serverOf(app: unknown): Promise<Server> {
  if ((reference as Reference) === "@hono/node-server") {
    const { serve } = await import("@hono/node-server");
    return serve({ fetch: (app as Fetch).fetch, port: 0, hostname: "127.0.0.1" }) as Server;
  }
  if ((reference as Reference) === "srvx") {
    const { serve } = await import("srvx/node");
    const { fetch } = app as Fetch;
    const served = serve({
      fetch: (request) => fetch.call(app, request),
      port: 0,
      hostname: "127.0.0.1",
      silent: true,
    });
    await served.ready();
    return served.node!.server as Server;
  }
  const own = app as {
    callback?(): never;
    ready?(): Promise<unknown>;
    init?(): Promise<unknown>;
    getHttpServer?(): Server;
    server?: Server;
    listen(port: number, host: string): Server;
  };
  if (app instanceof Object && "getHttpServer" in app) {
    await own.init!();
    return own.getHttpServer!();
  }
  if (own.ready !== undefined) {
    await own.ready();
    return own.server!;
  }
  if (typeof own.callback === "function") return createServer(own.callback());
  return typeof app === "function" ? createServer(app as never) : (app as Server);
}

const server = await serverOf(await application);
if (!server.listening) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));

// What tsgi offers to libraries is a server object; here it stands for the real one.
if (reference === "own") {
  const offered = await import("tsgi/node").then(
    (module) => (module as { server: Server }).server,
    () => undefined,
  );
  if (offered !== undefined && server.listenerCount("upgrade") === 0) {
    server.on("upgrade", (request, socket, head) => offered.emit("upgrade", request, socket, head));
  }
}
process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);
// Node ends for an error that nobody caught; a server that is compared has to go on.
process.on("uncaughtException", (error) => process.stderr.write(`uncaught: ${error.message}\n`));
process.on("unhandledRejection", (error) => process.stderr.write(`unhandled: ${(error as Error).message}\n`));
