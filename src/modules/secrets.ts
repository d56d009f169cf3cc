// What is shown of a request's fields to whoever develops: everything but what is named like a secret, and nothing at length.

const SECRET = /api|auth|cookie|credential|csrf|key|pass|secret|session|signature|token/i;
const MAX_VALUE = 500;

export const MASK = "********";

export function masked(name: string, value: string): string {
  if (SECRET.test(name)) return MASK;
  return value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}...` : value;
}
