// An application as a CGI program (RFC 3875; wsgiref's BaseCGIHandler, CGIHandler and IISCGIHandler): one request in the environment, its
// body in standard input, the response to standard output. The one file of this room that knows a process, which it takes as a default.

import process from "node:process";
import { isFieldValue } from "../protocol/grammar.ts";
import { cgiVariables, withoutScriptInPath } from "./handler-environ.ts";
import { SimpleHandler, type SimpleHandlerOptions } from "./simple-handler.ts";
import type { Application } from "./types.ts";

/** A handler behind a gateway that speaks as CGI does, whatever it is. */
export class BaseCGIHandler extends SimpleHandler {
  // The web server is the origin, and says Date, Server and how the body is framed.
  override originServer = false;
}

/** A CGI program's process: its own streams and environment where no others are given. */
export class CGIHandler extends BaseCGIHandler {
  override multithread = false;
  override multiprocess = true;
  override runOnce = true;
  readonly #isProgram: boolean;

  constructor(given: Partial<Omit<SimpleHandlerOptions, "multithread" | "multiprocess">> = {}) {
    const { stdin = process.stdin, stdout = process.stdout, stderr = process.stderr, environ = process.env } = given;
    super({ stdin, stdout, stderr, environ: cgiVariables(environ) });
    this.#isProgram = given.stdout === undefined;
    // Apache's mod_unique_id has its own, which is in its logs. It will stand in a header.
    const { UNIQUE_ID: id = "" } = environ;
    if (id !== "" && isFieldValue(id)) this.requestId = id;
  }

  /** 0 for a response that is out as a whole, or whose client left; 1 for one that was cut. CGI has no other way to say so. */
  get exitStatus(): 0 | 1 {
    return this.outcome === "whole" || this.outcome === "left" ? 0 : 1;
  }

  /** Serves the request. With the process's own output, sets the exit code of the process. */
  override async run(application: Application): Promise<void> {
    await super.run(application);
    if (this.#isProgram && this.exitStatus !== 0) process.exitCode = this.exitStatus;
  }
}

/** For IIS without `allowPathInfo`, which puts SCRIPT_NAME in front of PATH_INFO. */
export class IISCGIHandler extends CGIHandler {
  constructor(given: ConstructorParameters<typeof CGIHandler>[0] = {}) {
    super({ ...given, environ: withoutScriptInPath(given.environ ?? process.env) });
  }
}
