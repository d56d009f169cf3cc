// The grammar of RFC 7239: the elements of a Forwarded field, and the node that a proxy names, also as X-Forwarded-For has it.
// Decides what can be read, and in one way only; does not know whether it is believed.

import { type Address, formatAddress, parseAddress } from "../protocol/address.ts";

/** What one hop said: values by parameter name in lower case, without their quotes. */
export type ForwardedElement = ReadonlyMap<string, string>;

// A pair or nothing, and what ends it. No two parts of it can read one byte, so there is nothing to backtrack into.
// Section 4 has no blanks around ";", RFC 9110 section 5.6.6 has them for parameters in general; they can be read in one way only.
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"((?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*)"';
const PAIR = new RegExp(`[\\t ]*(?:(${TOKEN})=(?:(${TOKEN})|${QUOTED})[\\t ]*)?([;,]|$)`, "y");

/**
 * The elements of one line, in its order; undefined when the line is malformed. A line is read from its left end as a whole:
 * a quote that a client left open must not hide the element that a proxy has written behind it.
 */
export function parseForwarded(line: string): ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  let element = new Map<string, string>();
  PAIR.lastIndex = 0;
  for (;;) {
    const found = PAIR.exec(line);
    if (found === null) return undefined;
    const [, name, token, quoted, end] = found;
    if (name !== undefined) {
      const key = name.toLowerCase();
      // Section 4: no parameter more than once in an element.
      if (element.has(key)) return undefined;
      element.set(key, token ?? quoted!.replace(/\\(.)/g, "$1"));
    }
    if (end === ";") continue;
    if (element.size > 0) elements.push(element);
    if (end === "") return elements;
    element = new Map();
  }
}

/** A host that a proxy named. */
export interface Node {
  /** undefined for `unknown` and for names that hide an address (section 6.3): legal, and nothing to go on. */
  readonly address: Address | undefined;
  /** The address in its one spelling. */
  readonly text: string;
  /** `""` when it is not said, or hidden. */
  readonly port: string;
}

// An IPv6 zone names an interface of the proxy and means nothing here.
const NODE = /^(?:\[([0-9A-Fa-f:.]+)(?:%[A-Za-z0-9._~-]+)?\]|([^:[\]]+))(?::(?:([0-9]{1,5})|_[A-Za-z0-9._-]+))?$/;
const HIDDEN = /^(?:unknown|_[A-Za-z0-9._-]+)$/i;
const BARE_V6 = /^([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?:%[A-Za-z0-9._~-]+)?$/;

/** A node of section 6: IPv6 in brackets, a port behind any of them. */
export function parseNode(text: string): Node | undefined {
  const found = NODE.exec(text);
  if (found === null) return undefined;
  const [, v6, name, port = ""] = found;
  if (Number(port) > 65_535) return undefined;
  if (name !== undefined && HIDDEN.test(name)) return { address: undefined, text: "", port: "" };
  // "[1.2.3.4]" is no IPv6 address.
  return v6?.includes(":") === false ? undefined : nodeOf(v6 ?? name!, port);
}

/** A member of X-Forwarded-For, where most proxies write IPv6 without brackets. Then there is no port: its colon could be any. */
export function parseForwardedFor(text: string): Node | undefined {
  // The usual member: a dotted address and nothing else, which is its own one spelling.
  if (!text.includes(":")) {
    const address = parseAddress(text);
    if (address !== undefined) return { address, text, port: "" };
  }
  const v6 = BARE_V6.exec(text)?.[1];
  return v6 === undefined ? parseNode(text) : nodeOf(v6, "");
}

function nodeOf(text: string, port: string): Node | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : { address, text: formatAddress(address), port };
}
