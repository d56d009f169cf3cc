// A server with a control socket, and `tsgi ctl` as a real process beside it, as its users have both.

import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Ended, Server, type ServerOptions } from "./server.ts";
import { tempFolder } from "./temp-folder.ts";

export interface Controlled {
  readonly folder: string;
  /** The control socket. */
  readonly path: string;
  readonly server: Server;
  /** `tsgi ctl` with these words, told where the socket is. */
  ctl(...words: readonly string[]): Promise<Ended>;
  /** The data of an answer. */
  json<Data>(...words: readonly string[]): Promise<Data>;
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
  const server = await Server.start(t, [...args, "--control", path], options);
  return { folder: join(path, ".."), server, ...beside(t, path) };
}

/** `tsgi ctl` for a server that has its control socket at a path. */
export function beside(t: TestContext, path: string): Pick<Controlled, "path" | "ctl" | "json"> {
  const ctl = (...words: readonly string[]): Promise<Ended> => runCtl(t, [...words, "--control", path]);
  return {
    path,
    ctl,
    async json<Data>(...words: readonly string[]) {
      const { stdout, stderr } = await ctl(...words, "--json");
      if (stdout === "") throw new Error(`${words.join(" ")} gave nothing: ${stderr}`);
      return JSON.parse(stdout) as Data;
    },
  };
}
