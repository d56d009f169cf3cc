// What the validator judges by: one row for each rule of the contract, with who keeps it and where PEP 3333 says so. The text of
// an error is made here; what was found wrong is said by whoever looked. Knows no request.

/** Which side of the validator has to change: everything that it was called by, or everything that it calls. */
export type Culprit = "application" | "server";

interface Rule {
  readonly by: Culprit;
  /** The section of PEP 3333; where it has none, the one that the rule carries on. */
  readonly pep: string;
  /** The section of docs/gateway.md. */
  readonly tsgi: number;
  /** Said, and not thrown: what it is about is unwise, or is wrong only with other servers. */
  readonly warns?: true;
}

const row = (by: Culprit, pep: string, tsgi: number): Rule => ({ by, pep, tsgi });
const warning = (by: Culprit, pep: string, tsgi: number): Rule => ({ by, pep, tsgi, warns: true });

const DETAILS = "Specification Details";
const ENVIRON = "environ Variables";
const STREAMS = "Input and Error Streams";
const START = "The start_response() Callable";
const WRITE = "The write() Callable";
const CLOSE = "Specification Details, on close()";
const FILES = "Optional Platform-Specific File Handling";
const LENGTH = "Handling the Content-Length Header";
const FEATURES = "Other HTTP Features";

export const RULES = {
  "call.arguments": row("server", DETAILS, 1),
  "call.start-response": row("server", START, 2),

  "environ.object": row("server", ENVIRON, 4),
  "environ.missing": row("server", ENVIRON, 4),
  "environ.content-type": row("server", ENVIRON, 4),
  "environ.content-length": row("server", ENVIRON, 4),
  "environ.absent": warning("server", ENVIRON, 4),
  "environ.string": row("server", ENVIRON, 4),
  "environ.version": row("server", ENVIRON, 4),
  "environ.scheme": row("server", ENVIRON, 4),
  "environ.method": warning("server", ENVIRON, 4),
  "environ.script-name": row("server", ENVIRON, 4),
  "environ.script-slash": warning("server", ENVIRON, 4),
  "environ.path-info": row("server", ENVIRON, 4),
  "environ.length": row("server", ENVIRON, 4),
  "environ.input": row("server", STREAMS, 5),
  "environ.errors": row("server", STREAMS, 6),
  "environ.flag": row("server", ENVIRON, 4),
  "environ.text": row("server", ENVIRON, 4),
  "environ.signal": row("server", ENVIRON, 10),
  "environ.callable": row("server", ENVIRON, 4),

  "start.arguments": row("application", START, 2),
  "start.twice": row("application", START, 2),
  "start.missing": row("application", START, 2),
  "status.type": row("application", START, 2),
  "status.code": row("application", START, 2),
  "status.space": row("application", START, 2),
  "status.reason": row("application", START, 2),
  "status.interim": row("application", START, 2),
  "headers.list": row("application", START, 2),
  "headers.pair": row("application", START, 2),
  "headers.status": row("application", START, 2),
  "headers.name": row("application", START, 2),
  "headers.value": row("application", START, 2),
  "headers.connection": row("application", FEATURES, 2),
  "headers.length": row("application", LENGTH, 2),
  "content-type.missing": warning("application", START, 2),
  "content-type.unwanted": warning("application", START, 2),

  "write.missing": row("server", WRITE, 2),
  "write.arguments": row("application", WRITE, 2),
  "write.chunk": row("application", WRITE, 2),
  "write.promise": row("server", WRITE, 2),

  "body.shape": row("application", DETAILS, 1),
  "body.string-object": row("application", DETAILS, 1),
  "body.chunk": row("application", DETAILS, 1),
  "body.unwanted": warning("application", DETAILS, 3),
  "body.read-after-close": row("server", CLOSE, 3),
  "body.closed-twice": row("server", CLOSE, 3),
  "body.unclosed": row("server", CLOSE, 3),

  "input.read": row("application", STREAMS, 5),
  "input.read-result": row("server", STREAMS, 5),
  "input.readline": row("application", STREAMS, 5),
  "input.readline-result": row("server", STREAMS, 5),
  "input.readlines": row("application", STREAMS, 5),
  "input.readlines-result": row("server", STREAMS, 5),
  "input.lines-result": row("server", STREAMS, 5),
  "input.chunk": row("server", STREAMS, 5),
  "input.close": row("application", STREAMS, 5),
  "errors.write": row("application", STREAMS, 6),
  "errors.writelines": row("application", STREAMS, 6),
  "errors.close": row("application", STREAMS, 6),

  "hints.headers": row("application", FEATURES, 4),
  "trailers.list": row("application", FEATURES, 3),
  "file.arguments": row("application", FILES, 7),
  "file.result": row("server", FILES, 7),
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleCode = keyof typeof RULES;

const WHO: Readonly<Record<Culprit, string>> = {
  application: "the application, or a middleware between it and the validator,",
  server: "the server, or a middleware between it and the validator,",
};

/** A rule of the contract that was broken. The message says who broke it, what was given, what fits, and where that is written. */
export class ValidationError extends Error {
  override readonly name = "ValidationError";
  readonly code: RuleCode;
  readonly culprit: Culprit;
  /** The section of PEP 3333. */
  readonly section: string;

  constructor(code: RuleCode, found: string) {
    const { by, pep, tsgi, warns }: Rule = RULES[code];
    const verb = warns === true ? "does what it should not" : "broke the contract";
    super(`${WHO[by]} ${verb}: ${found} (PEP 3333, ${pep}; TSGI, section ${tsgi})`);
    this.code = code;
    this.culprit = by;
    this.section = pep;
  }
}

/** Throws for a rule that is broken, says it for one that only warns. */
export type Judge = (code: RuleCode, found: string) => void;

export const isWarning = (code: RuleCode): boolean => (RULES[code] as Rule).warns === true;
