// An application as a CGI program (RFC 3875): loaded in this very process for the one request that is in its environment, and over with
// it. Standard output is the response's alone. Does not know who named the application, nor how failures are told to a person.

import { writeSync } from "node:fs";
import process from "node:process";
import type { Settings } from "../config/options.ts";
import { TsgiError } from "../errors.ts";
import { ContractError } from "../gateway/body.ts";
import { CGIHandler } from "../gateway/cgi-handler.ts";
import { type BodySource, RequestError } from "../gateway/exchange.ts";
import { InputStream } from "../gateway/input.ts";
import { StreamBody } from "../gateway/stream-body.ts";
import type { Input } from "../gateway/types.ts";
import { ValidationError } from "../gateway/validate.ts";
import { locateFunction } from "../modules/locate.ts";
import { placeOf, positionOf, showThrown } from "../modules/stack.ts";
import { BootClock } from "./boot-clock.ts";
import { Lifespan } from "./lifespan.ts";
import { linted } from "./lint.ts";
import { type LoadedApplication, loadApplication } from "./loader.ts";
import { plainLog } from "./plain-log.ts";

/** What the client gets when there is no application that could answer. Nothing of the inside. */
const FAILED = "Internal Server Error";

/** Whether a web server asks, and not a person in a shell (RFC 3875 section 4.1.12). */
export const isCgi = (environment: NodeJS.ProcessEnv): boolean => (environment["REQUEST_METHOD"] ?? "") !== "";

/**
 * From here on this process has one answer to give, and whatever ends it gives one: a failure to load, `process.exit()`, an error that
 * nobody catches, an application that waits for something which never comes.
 */
export class CgiProgram {
  readonly #stdout = process.stdout;
  readonly #environment = { ...process.env };
  #handler: Handler | undefined;

  constructor() {
    // What the application prints would be in the middle of its response.
    Object.defineProperty(process, "stdout", { get: () => process.stderr, configurable: true, enumerable: true });
    process.once("exit", () => this.#answerAtLast());
  }

  /**
   * @returns The exit code: 0 when the response is out, or its client left; 1 when it was cut.
   * @throws TsgiError for an application that cannot be loaded or does not start.
   */
  async serve(settings: Settings): Promise<number> {
    if (settings.umask !== null) process.umask(settings.umask);
    Object.assign(process.env, settings.env);
    process.chdir(settings.chdir);
    const log = plainLog(settings.logLevel);
    const clock = new BootClock(settings.bootTimeout);
    const loaded = await inTime(
      loadApplication(settings.app, { cwd: settings.chdir, interface: "tsgi" }),
      clock,
      settings.app,
    );
    const worker = { slot: 1, generation: 1, workers: 1 };
    const life = new Lifespan({ loaded, target: settings.app, worker, logger: log });
    await life.start(clock);
    const { lint } = settings;
    const application = linted(loaded, { lint, mode: process.env["NODE_ENV"], logger: { ...log, info: log.debug } });
    const handler = new Handler(loaded, {
      environ: this.#environment,
      stdout: this.#stdout,
      limitBody: settings.limitBody,
    });
    this.#handler = handler;
    // A web server ends a program whose client is gone (Apache after its timeout, lighttpd at once).
    process.once("SIGTERM", () => {
      handler.abort(new RequestError(499, "the web server asked the program to end"));
      setTimeout(() => {
        log.warn(
          `the application went on for ${settings.gracefulTimeout} s (--graceful-timeout) after that, and is ended`,
        );
        process.exit(TERMINATED);
      }, settings.gracefulTimeout * 1_000).unref();
    });
    await handler.run(this.#isTooLarge(settings.limitBody) ? tooLarge(settings.limitBody) : application);
    await life.stop("the request is over", settings.gracefulTimeout * 1_000);
    return handler.exitStatus;
  }

  #isTooLarge(limit: number): boolean {
    return limit > 0 && Number(this.#environment["CONTENT_LENGTH"]) > limit;
  }

  #answerAtLast(): void {
    const handler = this.#handler;
    if (handler?.headersSent === true || handler?.outcome !== undefined) return;
    if (process.exitCode === undefined || process.exitCode === 0) {
      process.exitCode = 1;
      process.stderr.write("tsgi: the program ended before the application had answered\n");
    }
    const body = this.#environment["REQUEST_METHOD"] === "HEAD" ? "" : `${FAILED}\n`;
    const head = `Status: 500 ${FAILED}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${FAILED.length + 1}\r\n\r\n`;
    try {
      writeSync(1, head + body);
    } catch {
      // Nobody reads.
    }
  }
}

/** In place of the application, which is not asked. */
const tooLarge = (limit: number) => (): never => {
  throw new RequestError(413, `the body is larger than ${limit} bytes (--limit-body)`);
};

/** As a shell says it of a program that SIGTERM ended. */
const TERMINATED = 143;

interface HandlerParts {
  readonly environ: NodeJS.ProcessEnv;
  readonly stdout: NodeJS.WriteStream;
  /** Bytes; 0 for no limit. */
  readonly limitBody: number;
}

/** What is said of an error has the application's file and line, as a worker's log has. */
class Handler extends CGIHandler {
  readonly #loaded: LoadedApplication;
  readonly #limit: number;
  #body: StreamBody | undefined;

  constructor(loaded: LoadedApplication, { environ, stdout, limitBody }: HandlerParts) {
    super({ environ, stdout });
    this.#loaded = loaded;
    this.#limit = limitBody === 0 ? Number.POSITIVE_INFINITY : limitBody;
  }

  override getStdin(): Input {
    this.#body ??= new StreamBody(process.stdin, this.bodyLength());
    return new InputStream(limited(this.#body, this.#limit));
  }

  override logException(error: unknown): void {
    const saysWho = error instanceof ContractError || error instanceof ValidationError;
    const place = placeOf(error);
    const where = place === null ? (locateFunction(this.#loaded.application) ?? this.#loaded.file) : positionOf(place);
    this.getStderr().write(
      saysWho ? `${error.message} (${where})\n` : `the application failed (${where})\n${showThrown(error)}\n`,
      "error",
    );
  }

  override close(): void {
    this.#body?.close();
    super.close();
  }
}

/** `--limit-body`, by what comes, for a length that was announced may be none. */
function limited(body: BodySource, limit: number): BodySource {
  let left = limit;
  const count = (bytes: Uint8Array | null): Uint8Array | null => {
    left -= bytes?.length ?? 0;
    if (left < 0) tooLarge(limit)();
    return bytes;
  };
  return {
    async read() {
      return count(await body.read());
    },
  };
}

/** A module that waits for ever at its top would leave the web server waiting, too. */
async function inTime<T>(loading: Promise<T>, { leftMs, limit }: BootClock, app: string): Promise<T> {
  if (leftMs === Number.POSITIVE_INFINITY) return loading;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_kept, broken) => {
    timer = setTimeout(() => broken(new TsgiError("boot-timeout", `${app} was not loaded within ${limit}`)), leftMs);
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}
