// Whether a request failed because the application is none of TSGI: what its parameters are called, and what the error says of what it did
// with the arguments. Pure. A guess is worded as one.

import { read } from "../modules/stack.ts";
import { MAKER, remedy } from "./adopt.ts";
import { parametersOf, takesNothing, takesRequestAndResponse } from "./detect.ts";

/** Members of node:http's request and response that neither an environ nor startResponse has. */
const OF_NODE =
  /(?:\b(?:writeHead|setHeader|getHeader|removeHeader|appendHeader|flushHeaders|writeContinue|writeEarlyHints|end|send|json|sendStatus|sendFile|redirect|status|type|pipe|setEncoding|setTimeout|header|code)|\.(?:on|once|get|write|resume)) is not a function/;
/** An environ has no `headers` or `url`, so what is read of them is read of undefined. */
const OF_NODE_PROPERTIES =
  /of undefined \(reading '(?:host|user-agent|authorization|cookie|accept|content-type|content-length|remoteAddress|startsWith|split|slice|indexOf|includes|match|replace|on)'\)/;
const OF_ASGI = /\b(?:receive|send) is not a function/;
const OF_ASGI_ARGUMENTS = /\bargs\[2\] is not a function|\barguments\[2\] is not a function/;
const RETURNED = /^the application returned /;
/** How the gateway words a body that it cannot read, and that is a Response. */
const RETURNED_RESPONSE = /^the application returned (?:an? (?:object of class )?)?Response\b/;

/** What to do about the application of a request that failed with this error; null where nothing says that it is another interface's. */
export function mistakenFor(application: unknown, error: unknown): string | null {
  // A getter of an error may throw.
  const found = error instanceof Error ? read(error, "message") : "";
  const message = typeof found === "string" ? found : "";
  if (RETURNED_RESPONSE.test(message)) return `it looks like a handler of fetch's kind: ${remedy("fetch")}`;
  if (RETURNED.test(message) && takesNothing(application)) return MAKER;
  const names = parametersOf(application);
  const written = `(${names.join(", ")})`;
  if (names[0] === "scope" || OF_ASGI.test(message) || OF_ASGI_ARGUMENTS.test(message)) {
    const about = names.length === 0 ? "" : `, with parameters ${written}`;
    return `it looks like an ASGI application${about}: ${remedy("asgi")}`;
  }
  if (takesRequestAndResponse(application)) {
    return `its parameters are called ${written}, as those of a handler of node:http: ${remedy("node")}`;
  }
  // Whoever calls it so knows the contract, and made another mistake: environ.get() is what Python has.
  if (/^_*(?:environ|env)$/i.test(names[0] ?? "")) return null;
  const isTypeError = error instanceof TypeError;
  if (isTypeError && names.length === 1 && /^_*(?:req|request|event)$/i.test(names[0]!)) {
    return `its only parameter is called ${names[0]}, as that of a handler that returns a Response: ${remedy("fetch")}`;
  }
  if (isTypeError && names.length === 2 && (OF_NODE.test(message) || OF_NODE_PROPERTIES.test(message))) {
    return `it uses its arguments ${written} as a handler of node:http does: ${remedy("node")}`;
  }
  return null;
}
