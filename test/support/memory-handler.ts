// A SimpleHandler whose streams are texts: for tests that look at one member of it.

import { SimpleHandler, type SimpleHandlerOptions } from "../../src/gateway/handlers.ts";
import type { Application } from "../../src/gateway/types.ts";

export interface Ran<H> {
  readonly handler: H;
  /** What went to stdout, as latin-1. */
  readonly out: string;
  /** What went to stderr. */
  readonly err: string;
  /** What follows the head. */
  readonly body: string;
  /** The lines of the head. */
  readonly head: readonly string[];
}

type HandlerClass<H> = new (options: SimpleHandlerOptions) => H;

/** Runs one request of HTTP/1.1 through a class of handlers. */
export async function runHandler<H extends SimpleHandler>(
  handlerClass: HandlerClass<H>,
  application: Application,
  given: Partial<SimpleHandlerOptions> = {},
): Promise<Ran<H>> {
  const bytes: Uint8Array[] = [];
  const texts: string[] = [];
  const handler = new handlerClass({
    stdin: null,
    stdout: { write: (piece) => void bytes.push(Buffer.from(piece)) },
    stderr: { write: (text) => void texts.push(text) },
    ...given,
    environ: { SERVER_PROTOCOL: "HTTP/1.1", ...given.environ },
  });
  await handler.run(application);
  const out = Buffer.concat(bytes).toString("latin1");
  const at = out.indexOf("\r\n\r\n");
  return {
    handler,
    out,
    err: texts.join(""),
    head: out.slice(0, Math.max(0, at)).split("\r\n"),
    body: out.slice(at + 4),
  };
}

/** The same through a plain one. */
export const runSimple = (
  application: Application,
  given?: Partial<SimpleHandlerOptions>,
): Promise<Ran<SimpleHandler>> => runHandler(SimpleHandler, application, given);
