// The load: one run of wrk, and what it said.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** What went wrong, in wrk's words; a measurement with a complaint is worth nothing. */
  readonly complaints: readonly string[];
}

/**
 * Read the summary that wrk prints.
 *
 * @throws Error when it is none.
 */
export function parseWrk(output: string): Load {
  const done = /(\d+) requests in ([\d.]+)(ms|s|m)\b/.exec(output);
  if (done === null) throw new Error(`this is no summary of wrk:\n${output}`);
  const unit = { ms: 0.001, s: 1, m: 60 }[done[3] as "ms" | "s" | "m"];
  const complaints = [
    /Socket errors: .*/.exec(output)?.[0],
    /Non-2xx or 3xx responses: \d+/.exec(output)?.[0],
    done[1] === "0" ? "no request was answered" : undefined,
  ].filter((complaint) => complaint !== undefined);
  return { requests: Number(done[1]), seconds: Number(done[2]) * unit, complaints };
}

const run = promisify(execFile);

export async function runWrk(url: string, seconds: number, load: readonly string[]): Promise<Load> {
  // An upload of 10 MB on a busy machine may take more than the two seconds after which wrk would complain.
  const { stdout } = await run("wrk", ["-t1", `-d${seconds}s`, "--timeout", "10s", ...load, url]);
  return parseWrk(stdout);
}
