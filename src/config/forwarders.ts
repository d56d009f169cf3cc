// The kinds of value of the section "Proxies": whom to believe, and which names with an underscore he may send. Decides what
// is a network here; does not know what is believed, nor what becomes of a request.

import { formatNetwork, parseAddress, parseNetwork } from "../protocol/address.ts";
import type { Kind, Reading } from "./parsers.ts";

const WORDS: readonly string[] = ["unix", "*"];
const NAME = /^[!#$%&'+.^_`|~0-9A-Za-z-]*_[!#$%&'+.^_`|~0-9A-Za-z-]*$/;

/** Addresses, networks, `unix` and `*`, each in one spelling; `off` is nobody. */
export const forwarders: Kind<readonly string[], string | readonly string[]> = wordList({
  type: "list of networks or off",
  fits: "IP addresses, networks such as 10.0.0.0/8 or fd00::/8, unix, *, or off",
  read: readForwarder,
});

/** Names of fields, in upper case as in the environ; `*` is any, `off` is none. */
export const underscoreNames: Kind<readonly string[], string | readonly string[]> = wordList({
  type: "list of field names or off",
  fits: "names of fields with an underscore, such as SCRIPT_NAME, or *, or off",
  read: (text) =>
    text === "*" || NAME.test(text) ? { ok: true, value: text.toUpperCase() } : { ok: false, part: text },
});

function readForwarder(text: string): Reading<string> {
  if (WORDS.includes(text)) return { ok: true, value: text };
  const network = parseNetwork(text);
  if (network === undefined) return { ok: false, part: text };
  // With bits behind its prefix it is an address or a network, and only the writer knows which was meant.
  const [address = "", bits] = text.split("/");
  const exact = bits === undefined || formatNetwork({ first: parseAddress(address)!, bits: network.bits });
  const meant = formatNetwork(network);
  if (exact === true || exact === meant) return { ok: true, value: meant };
  const why = `${text} has bits set behind its prefix: the network is ${meant}, the address alone ${address}`;
  return { ok: false, part: text, why };
}

interface WordList {
  readonly type: string;
  readonly fits: string;
  readonly read: (text: string) => Reading<string>;
}

/** Commas in a flag or in the file are as good as in a variable. Said twice is said once. */
function wordList({ type, fits, read }: WordList): Kind<readonly string[], string | readonly string[]> {
  return {
    type,
    fits,
    repeats: true,
    read(given) {
      const parts: unknown[] = (Array.isArray(given) ? given : [given]).flatMap((part) =>
        typeof part === "string" ? part.split(",").map((word) => word.trim()) : [part],
      );
      if (parts.length === 0 || (parts.length === 1 && parts[0] === "off")) return { ok: true, value: [] };
      const values = new Set<string>();
      for (const part of parts) {
        const reading: Reading<string> = typeof part === "string" ? read(part) : { ok: false, part };
        if (!reading.ok) return reading;
        values.add(reading.value);
      }
      return { ok: true, value: [...values] };
    },
    show: (values) => (values.length === 0 ? "off" : values.join(", ")),
  };
}
