// The public names of `tsgi/validate`, the counterpart of wsgiref.validate: an application that stands between a server and another
// application, or anywhere in a stack of middlewares, and says which side broke the contract. What is sent is not changed.

import { closeResult, isPromise } from "./body.ts";
import { show } from "./said.ts";
import type { Application, Body, Environ, Errors, StartResponse } from "./types.ts";
import { watchBody } from "./validate-body.ts";
import { judgeEnviron } from "./validate-environ.ts";
import { ResponseWatch } from "./validate-response.ts";
import { isWarning, type Judge, ValidationError } from "./validate-rules.ts";
import { watchErrors, watchInput } from "./validate-streams.ts";
import { watchFileWrapper, watchHints, watchTrailers } from "./validate-tools.ts";

export { type Culprit, RULES, type RuleCode, ValidationError } from "./validate-rules.ts";

export interface ValidatorOptions {
  /** Told once of each thing that is no violation and still unwise. Default: a line in `tsgi.errors`. */
  readonly warn?: (warning: ValidationError) => void;
  /** Told of a violation that there is nobody to throw at: a body that was dropped without `close()`. Default: the same. */
  readonly report?: (violation: ValidationError) => void;
}

/** Different warnings of one validator. A message may have in it what a client sent, and there is no end to that. */
const MAX_WARNINGS = 100;

/** Where the validators of one request find each other, also in a copy of the environ. */
const STACK = "tsgi.validators";

/** All that one request went through; an inner one entered later than those around it. */
interface Stack {
  entered: number;
  readonly bodies: { readonly depth: number; readonly complaint: () => ValidationError | undefined }[];
}

/**
 * An application that does what the given one does, and throws where the contract is broken: at the application for what it says
 * wrong, at the server (or the middleware) that calls it for the rest.
 *
 * @throws TypeError when there is no function to wrap. The application it returns throws ValidationError.
 */
export function validator(application: Application, { warn, report }: ValidatorOptions = {}): Application {
  if (typeof application !== "function") {
    throw new TypeError(
      `validator: ${show(application)}: expected an application, a function (environ, startResponse)`,
    );
  }
  const warned = new Set<string>();
  const judge = (code: ValidationError["code"], found: string, errors: () => Errors | undefined): void => {
    const error = new ValidationError(code, found);
    if (!isWarning(code)) throw error;
    if (warned.size >= MAX_WARNINGS || warned.has(error.message)) return;
    warned.add(error.message);
    (warn ?? say(errors))(error);
  };
  const validated = (...args: readonly unknown[]): unknown => {
    const [environ, startResponse] = args as [Environ, StartResponse];
    const errors = errorsOf(environ);
    const judgeThis: Judge = (code, found) => judge(code, found, errors);
    if (args.length !== 2) {
      judgeThis(
        "call.arguments",
        `the application was called with ${args.length} arguments: expected environ and startResponse`,
      );
    }
    judgeEnviron(environ, judgeThis);
    if (typeof startResponse !== "function") {
      judgeThis("call.start-response", `startResponse is ${show(startResponse)}: expected a function`);
    }
    const response = new ResponseWatch(judgeThis, environ.REQUEST_METHOD);
    const stack = stackOf(environ);
    const depth = stack.entered;
    stack.entered += 1;
    const tell = report ?? say(errors);
    // The response is whole when this is found, so it is said and not thrown.
    const onOver = (): void => {
      for (const inner of stack.bodies.splice(0)) {
        const violation = inner.depth > depth ? inner.complaint() : undefined;
        if (violation !== undefined) tell(violation);
        else if (inner.depth <= depth) stack.bodies.push(inner);
      }
    };
    let hasAnswered = false;
    watchParts(environ, judgeThis, () => hasAnswered);
    const accept = (result: unknown): unknown => {
      hasAnswered = true;
      try {
        const { body, complaint } = watchBody(result, { judge: judgeThis, response, report: tell, onOver });
        stack.bodies.push({ depth, complaint });
        return body;
      } catch (violation) {
        // The server never sees it, and what it holds has to be let go. What that throws does not hide why.
        closeResult(result, () => {});
        throw violation;
      }
    };
    const result: unknown = application(environ, response.startResponse(startResponse));
    return isPromise(result) ? result.then(accept) : accept(result);
  };
  return validated as (environ: Environ, startResponse: StartResponse) => Body | Promise<Body>;
}

function watchParts(environ: Environ, judge: Judge, hasAnswered: () => boolean): void {
  environ["tsgi.input"] = watchInput(environ["tsgi.input"], judge, hasAnswered);
  environ["tsgi.errors"] = watchErrors(environ["tsgi.errors"], judge);
  environ["tsgi.early_hints"] = watchHints(environ["tsgi.early_hints"], judge);
  environ["tsgi.trailers"] = watchTrailers(environ["tsgi.trailers"], judge);
  environ["tsgi.file_wrapper"] = watchFileWrapper(environ["tsgi.file_wrapper"], judge);
}

function stackOf(environ: Environ): Stack {
  const stack = (environ[STACK] as Stack | undefined) ?? { entered: 0, bodies: [] };
  environ[STACK] = stack;
  return stack;
}

/** The stream of the request, as long as there is one: what is said of a dropped body comes later, and must not keep it. */
function errorsOf(environ: unknown): () => Errors | undefined {
  const errors = typeof environ === "object" && environ !== null ? Reflect.get(environ, "tsgi.errors") : undefined;
  if (typeof errors !== "object" || errors === null) return () => undefined;
  const reference = new WeakRef(errors as Errors);
  return () => reference.deref();
}

const say =
  (errors: () => Errors | undefined) =>
  (error: ValidationError): void => {
    const stream = errors();
    if (typeof stream?.write === "function") stream.write(`validator: ${error.message}\n`);
    else console.error(`validator: ${error.message}`);
  };
