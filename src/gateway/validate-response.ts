// What an application says of its response: the call of startResponse, what `write` is given, and what its chunks must be for the
// status and the headers that were said. One watch for each request. Does not know where chunks come from.

import { isToken } from "../protocol/grammar.ts";
import { isPromise } from "./body.ts";
import { hasNoBody } from "./chunk.ts";
import { checkHeaders, checkStatus, isHopByHop, show } from "./said.ts";
import type { StartResponse, Write } from "./types.ts";
import type { Judge, RuleCode } from "./validate-rules.ts";
import { judged } from "./validate-tools.ts";

export class ResponseWatch {
  readonly #judge: Judge;
  readonly #isHead: boolean;
  #isStarted = false;
  #status: number | undefined;
  #hasType = false;

  constructor(judge: Judge, method: unknown) {
    this.#judge = judge;
    this.#isHead = method === "HEAD";
  }

  /** What the application is given for the server's startResponse. */
  startResponse(real: StartResponse): StartResponse {
    const judge = this.#judge;
    return (...args) => {
      if (args.length < 2 || args.length > 3) {
        judge(
          "start.arguments",
          `startResponse was called with ${args.length} arguments: expected a status, headers, and perhaps an error`,
        );
      }
      const [status, headers, error] = args;
      if (this.#isStarted && (error === undefined || error === null)) {
        judge("start.twice", "startResponse was called twice: a second call needs the error that made it necessary");
      }
      // As with the server, the first call counts even if it throws.
      this.#isStarted = true;
      this.#judgeStatus(status);
      this.#judgeHeaders(headers);
      const write: unknown = args.length === 3 ? real(status, headers, error) : real(status, headers);
      if (typeof write !== "function") {
        judge("write.missing", `startResponse gave ${show(write)}: expected the function write(chunk)`);
      }
      return this.#write(write as Write);
    };
  }

  /** Something that is to be sent. */
  chunk(chunk: unknown, code: "body.chunk" | "write.chunk" = "body.chunk"): void {
    const judge = this.#judge;
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) {
      const how = code === "body.chunk" ? "the body has" : "write() was called with";
      judge(code, `${how} ${show(chunk)} as a chunk: expected a string or a Uint8Array`);
      return;
    }
    if (chunk.length === 0) return;
    if (!this.#isStarted)
      judge("start.missing", "startResponse was not called before the first chunk that is not empty");
    if (this.#isHead) return;
    if (hasNoBody(this.#status))
      judge("body.unwanted", `a chunk of length ${chunk.length} came with status ${this.#status}, which has no body`);
    else if (!this.#hasType)
      judge("content-type.missing", "a response with a body has no Content-Type, and its client has to guess");
  }

  /** There will be no more chunks. */
  end(): void {
    if (!this.#isStarted) this.#judge("start.missing", "the body is over, and startResponse was never called");
  }

  #write(real: Write): Write {
    const judge = this.#judge;
    return (...args) => {
      if (args.length !== 1)
        judge("write.arguments", `write() was called with ${args.length} arguments: expected one chunk`);
      this.chunk(args[0], "write.chunk");
      const answer: unknown = real(args[0]);
      if (!isPromise(answer)) judge("write.promise", `write() answered ${show(answer)}: expected a promise`);
      return answer as Promise<void>;
    };
  }

  #judgeStatus(given: unknown): void {
    judged(statusRule(given), this.#judge, () => {
      this.#status = checkStatus(given).status;
    });
  }

  #judgeHeaders(given: unknown): void {
    const judge = this.#judge;
    if (Array.isArray(given)) {
      // One by one, so that each is judged by its own rule; the list itself comes after, for what was said twice.
      for (const pair of given) judged(pairRule(pair), judge, () => checkHeaders([pair]));
    }
    judged(Array.isArray(given) ? "headers.length" : "headers.list", judge, () => checkHeaders(given));
    this.#hasType = (given as readonly (readonly [string, string])[]).some(
      ([name]) => name.toLowerCase() === "content-type",
    );
    if (this.#hasType && (this.#status === 204 || this.#status === 304)) {
      judge("content-type.unwanted", `status ${this.#status} came with a Content-Type, and has no content`);
    }
  }
}

/** Which rule a status breaks, if it breaks one. */
function statusRule(given: unknown): RuleCode {
  if (typeof given !== "string") return "status.type";
  const code = /^[0-9]{3}(?![0-9])/.exec(given)?.[0];
  if (code === undefined || Number(code) < 100) return "status.code";
  if (given[3] !== " ") return "status.space";
  return Number(code) < 200 ? "status.interim" : "status.reason";
}

/** The same of one header. */
function pairRule(pair: unknown): RuleCode {
  if (!Array.isArray(pair) || pair.length !== 2) return "headers.pair";
  const [name, value] = pair as [unknown, unknown];
  if (typeof name !== "string") return "headers.pair";
  if (!isToken(name)) return "headers.name";
  if (name.toLowerCase() === "status") return "headers.status";
  if (isHopByHop(name)) return "headers.connection";
  if (typeof value !== "string") return "headers.pair";
  return name.toLowerCase() === "content-length" && !/[^\t\x20-\x7e\x80-\xff]/.test(value)
    ? "headers.length"
    : "headers.value";
}
