// What can go wrong before or beside a request, one row each: a stable code, the exit code of the process, and its meaning.
// docs/reference/errors.md is generated from this table.

/** Every failure that ends a process, with its exit code. */
export const FAILURES = {
  internal: { exit: 1, means: "a fault of tsgi itself, or of something below it that is not named here" },
  usage: {
    exit: 2,
    means:
      "the command line, TSGI_CMD_ARGS or a variable: unknown flag or command, a value that does not fit, no application named",
  },
  "no-server": {
    exit: 3,
    means: "tsgi ctl: no server answers at the control socket, or none that may be asked",
  },
  "config-file": {
    exit: 20,
    means: "the configuration file: not found, does not load, an unknown key, a value that does not fit",
  },
  chdir: { exit: 21, means: "--chdir names no folder that can be entered" },
  "env-file": { exit: 22, means: "--env-file names no file that can be read" },
  pidfile: { exit: 23, means: "the pid file cannot be written, or names a server that is alive" },
  "log-file": { exit: 24, means: "a log file cannot be opened" },
  privileges: { exit: 25, means: "--user or --group is unknown, or tsgi may not change to it" },
  control: {
    exit: 26,
    means: "the control socket cannot be made, or its path belongs to a server that is alive",
  },
  init: {
    exit: 27,
    means: "tsgi init: a file of the project is there already, or the folder cannot be written; nothing was written",
  },
  "address-in-use": { exit: 30, means: "the port or the Unix socket is served by another process" },
  "address-denied": {
    exit: 31,
    means: "not permitted to bind: a privileged port, or a folder that may not be written",
  },
  "address-invalid": {
    exit: 32,
    means:
      "the address cannot be bound: no such interface or folder, a path that is too long or no socket, a file descriptor that is no listening socket",
  },
  "no-module": { exit: 40, means: "the application's module was not found, or imports one that was not" },
  "syntax-error": { exit: 41, means: "the application does not parse" },
  "import-throws": { exit: 42, means: "the application's module throws while it is imported" },
  "no-export": { exit: 43, means: "the module has no such export, or with --adopt-listen never listened" },
  "not-callable": { exit: 44, means: "the export is no application of any kind, or none that --interface serves" },
  "factory-fails": { exit: 45, means: "the application factory, or a promise it gave, failed" },
  "boot-timeout": { exit: 46, means: "the application was not loaded within --boot-timeout" },
  "boot-exit": {
    exit: 47,
    means: "a worker ended before it was ready: the application ended its process, or it was killed",
  },
  "startup-fails": {
    exit: 48,
    means: "the application's startup() failed, or what its framework begins with: a plugin, a module, a lifespan",
  },
  "not-ready": { exit: 49, means: "--ready-path did not answer with 2xx within --boot-timeout" },
  "crash-loop": {
    exit: 50,
    means: "--max-boot-failures workers in a row died young, and none was left to serve",
  },
} as const satisfies Record<string, { readonly exit: number; readonly means: string }>;

export type FailureCode = keyof typeof FAILURES;

/** The core of a failure that no stack tells: a file that does not parse, an import that leads nowhere. */
export interface FailureCore {
  /** `SyntaxError`. */
  readonly name: string;
  /** What is wrong, without the lines around it. */
  readonly message: string;
  /** `line` and `column` count from 1; 0 where they are not known. */
  readonly place: { readonly file: string; readonly line: number; readonly column: number } | null;
}

/** A failure with a message for the person who started the server. Printed without a stack: it is not our bug. */
export class TsgiError extends Error {
  override readonly name = "TsgiError";
  readonly code: FailureCode;
  /** For those who show the failure in parts. Null where the cause's own stack says it, or where nothing was thrown. */
  readonly core: FailureCore | null;

  constructor(code: FailureCode, message: string, options: ErrorOptions & { readonly core?: FailureCore } = {}) {
    super(message, options);
    this.code = code;
    this.core = options.core ?? null;
  }

  get exitCode(): number {
    return FAILURES[this.code].exit;
  }
}
