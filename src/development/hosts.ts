// Whether a request may be shown code, by the name under which its client has found the server. A page of a stranger can have its own name
// lead to 127.0.0.1 once it is loaded (DNS rebinding), and may then read what a development server says to anybody. Pure.

import { hostname } from "node:os";
import type { FlatFields } from "../protocol/events.ts";
import { fieldOf } from "./preference.ts";

/** Names that nobody can own: RFC 2606 sections 2 and 3, RFC 6761, RFC 6762 (`local`), RFC 8375 (`home.arpa`), and ICANN's `internal`. */
const NOBODYS = /(?:^|\.)(?:localhost|test|example(?:\.(?:com|net|org))?|local|internal|home\.arpa)$/;
const ADDRESS = /^(?:\[[\da-f:.]+\]|\d{1,3}(?:\.\d{1,3}){3})$/;

const OWN = hostname().toLowerCase();

/** A name without a dot is one of the network's, such as that of a container. Without a Host there is no browser. */
export function isLocal(fields: FlatFields): boolean {
  const host = fieldOf(fields, "host").trim().toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
  return host === OWN || ADDRESS.test(host) || NOBODYS.test(host) || /^[^.:\s[\]]*$/.test(host);
}

/** For a person who has such a name of his own. */
export const NOT_LOCAL = `The application failed. Why is in the terminal, and not shown here, because the host name of this request may be anybody's.
Ask by an address, as localhost or under a name that ends in .localhost, .test or .local; or start with --error-pages any-host.
`;
