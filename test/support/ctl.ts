// A server with a control socket, and `tsgi ctl` as a real process beside it, as its users have both.

import { join } from "node:path";
import type { TestContext } from "node:test";
import { RawClient } from "./client.ts";
import { type Ended, Server, type ServerOptions } from "./server.ts";
import { tempFolder } from "./temp-folder.ts";

export interface Controlled {
  /** The control socket. */
  readonly path: string;
  readonly server: Server;
  /** `tsgi ctl` with these words, told where the socket is. */
  ctl(...words: readonly string[]): Promise<Ended>;
  /** The data that the server answers to these words, without a process for it: for whatever a test asks again and again. */
  ask<Data>(words: string): Promise<Data>;
}

export const runCtl = (
  t: Pick<TestContext, "after">,
  words: readonly string[],
  options: ServerOptions = {},
): Promise<Ended> => Server.run(t, ["ctl", ...words], options).ended;

/** Starts a server and waits until it serves. */
export async function controlled(
  t: TestContext,
  args: readonly string[],
  options: ServerOptions & { readonly path?: string } = {},
): Promise<Controlled> {
  const path = options.path ?? join(tempFolder(t), "tsgi.ctl");
  return { server: await Server.start(t, [...args, "--control", path], options), ...beside(t, path) };
}

/** For a server that has its control socket at a path. */
export const beside = (t: TestContext, path: string): Omit<Controlled, "server"> => ({
  path,
  ctl: (...words) => runCtl(t, [...words, "--control", path]),
  async ask(words) {
    const client = await RawClient.connect(path);
    client.send(`${words}\n`);
    const { ok, data, error } = JSON.parse(await client.rest());
    client.close();
    if (ok !== true) throw new Error(`${words} was refused: ${error}`);
    return data;
  },
});
