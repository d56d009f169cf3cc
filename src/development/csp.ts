// What a Content-Security-Policy has to say so that one script with a nonce may run and open its event stream (CSP Level 3, sections 6.1
// and 6.7). Pure. Everything else stays forbidden as it was.

/** @returns The policy with the nonce where it is needed; the same where it cannot be let in without taking something away. */
export function permitting(policy: string, nonce: string): string {
  // Several policies in one field all hold.
  return policy
    .split(",")
    .map((one) => permit(one, nonce))
    .join(",");
}

function permit(policy: string, nonce: string): string {
  const directives = new Map<string, readonly string[]>();
  for (const text of policy.split(";")) {
    const [name = "", ...values] = text.trim().split(/\s+/);
    // The first of a name counts.
    if (name !== "" && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), values);
  }
  const fallback = directives.get("default-src");
  const kind = directives.has("script-src-elem") ? "script-src-elem" : "script-src";
  const scripts = directives.get(kind) ?? fallback;
  if (scripts !== undefined && !letsSelf(scripts)) {
    // With a nonce beside it 'unsafe-inline' is void, and the site's own scripts with it.
    if (isOpen(scripts)) return policy;
    directives.set(kind, [...without(scripts), `'nonce-${nonce}'`]);
  }
  const connections = directives.get("connect-src") ?? fallback;
  if (connections !== undefined && !letsSelf(connections))
    directives.set("connect-src", [...without(connections), "'self'"]);
  return [...directives].map(([name, values]) => [name, ...values].join(" ")).join("; ");
}

/** 'strict-dynamic' takes the hosts out of account. */
const letsSelf = (values: readonly string[]): boolean =>
  (values.includes("'self'") || values.includes("*")) && !values.includes("'strict-dynamic'");

const isOpen = (values: readonly string[]): boolean =>
  values.includes("'unsafe-inline'") && !values.some((value) => /^'(?:nonce|sha\d+)-/.test(value));

const without = (values: readonly string[]): readonly string[] => values.filter((value) => value !== "'none'");
