// The names of tsgi/validate, and what puts applications together. Compiled by types.test.ts, never run.

import { type Application, compose, type Middleware, type Mounts, mount } from "tsgi";
import { type Middleware as SameMiddleware, compose as sameCompose, mount as sameMount } from "tsgi/gateway";
import { type Culprit, RULES, type RuleCode, ValidationError, type ValidatorOptions, validator } from "tsgi/validate";

// ---- what fits

const application: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return [];
};

const seen: string[] = [];
const options: ValidatorOptions = {
  warn: ({ message, code }) => void seen.push(message, code),
  report: (violation: ValidationError) => void seen.push(violation.section),
};
export const checked: Application = validator(application, options);

/** A validator is a middleware like any other. */
export const stack: Application = compose(
  validator,
  (inner) => (environ, startResponse) => inner(environ, startResponse),
)(application);
const upper: Middleware = (inner) => async (environ, startResponse) => inner(environ, startResponse);
export const same: SameMiddleware = sameCompose(upper, compose(upper));

const mounts: Mounts = { "/shop": application };
export const site: Application = mount(mounts, application);
export const sameSite: Application = sameMount(mounts);

export function blame(error: unknown): string {
  if (!(error instanceof ValidationError)) return "";
  const culprit: Culprit = error.culprit;
  const code: RuleCode = error.code;
  return culprit === "server" ? RULES[code].pep : error.section;
}

// ---- what does not

// @ts-expect-error: not an application
validator({});
// @ts-expect-error: no such option
validator(application, { onWarning: () => {} });
// @ts-expect-error: a middleware gives an application
compose(() => "text");
// @ts-expect-error: an application is no middleware
compose(application);
// @ts-expect-error: each prefix has an application
mount({ "/shop": "shop" });
// @ts-expect-error: there is no such rule
new ValidationError("environ.nothing", "x");
