// What an operator reads of a request that did not go well, in `tsgi.errors`: one line for a 4xx, the stack for a 5xx.
// Decides the words; which server shows them, and where, is not known here.

import { inspect } from "node:util";
import type { Environ, ErrorLevel } from "../gateway/types.ts";
import type { Request } from "./request.ts";
import type { Response } from "./response.ts";

/** Told of already. */
const logged = new WeakSet<Response>();

/** `Not Found: /missing`. A response is told of once, whoever asks. */
export function logResponse(request: Request, response: Response): void {
  if (response.status < 400 || logged.has(response)) return;
  logged.add(response);
  writeLine(request.environ, `${titleOf(response)}: ${oneLine(request.path)}`, levelOf(response));
}

/** The server has told of it, with what it knows of the connection. */
export function leaveToServer(response: Response): void {
  logged.add(response);
}

/** The same with the stack, and that of its causes. */
export function logFailure(request: Request, error: unknown, response: Response): void {
  logged.add(response);
  writeLine(request.environ, `${titleOf(response)}: ${oneLine(request.path)}\n${stackOf(error)}`);
}

/** A 4xx with the reason behind it, which the client is not told. */
export function logRefusal(request: Request, error: Error, response: Response): void {
  logged.add(response);
  const why = error.message === "" || error.message === response.reason ? "" : ` (${oneLine(error.message)})`;
  writeLine(request.environ, `${titleOf(response)}: ${oneLine(request.path)}${why}`, levelOf(response));
}

/** Something went wrong beside the response, which is sent all the same. */
export function logTrouble(environ: Environ, what: string, error: unknown): void {
  writeLine(environ, `${what}\n${stackOf(error)}`);
}

/** A server may have no such stream, or one that is closed: a line is not worth a response. */
export function writeLine(environ: Environ, text: string, level: ErrorLevel = "error"): void {
  try {
    environ["tsgi.errors"].write(`${text}\n`, level);
  } catch {
    // Nowhere to say it.
  }
}

/** Django's: what the client did wrong wakes nobody up. */
const levelOf = (response: Response): ErrorLevel => (response.status >= 500 ? "error" : "warn");

const titleOf = (response: Response): string => response.reason || `Status ${response.status}`;

function stackOf(error: unknown): string {
  try {
    return inspect(error, { depth: 3, maxStringLength: 2_000, maxArrayLength: 20 });
  } catch {
    return "a value that cannot be shown";
  }
}

/** A path is decoded: a line end in it would begin a line that nobody wrote, an escape character would colour the terminal. */
function oneLine(text: string): string {
  const safe = text.replace(
    /[\0-\x1f\x7f-\x9f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return safe.length > 1_000 ? `${safe.slice(0, 1_000)}...` : safe;
}
