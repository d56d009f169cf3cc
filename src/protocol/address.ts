// IP addresses and networks as numbers: what is an address (RFC 4291 section 2.2), how it is written (RFC 5952), which network
// holds it. Knows no socket, no name service, and nobody's reasons for asking.

/** Four words of 32 bits. IPv4 is ::ffff:a.b.c.d, so that both spellings of one host are one address. */
export type Address = readonly [number, number, number, number];

/** The addresses whose first `bits` bits are those of `first`. */
export interface Network {
  readonly first: Address;
  readonly bits: number;
}

const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const GROUP = /^[0-9A-Fa-f]{1,4}$/;
const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/;
const LONGEST = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".length;
const V4_BITS = 96;

/** An address without brackets, port or zone; undefined when it is none. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > LONGEST) return undefined;
  if (text.includes(":")) return parseV6(text);
  const v4 = parseV4(text);
  return v4 === undefined ? undefined : [0, 0, 0xffff, v4];
}

/** By hand, since it is asked for every request behind a proxy: four captures of an expression are four strings. */
function parseV4(text: string): number | undefined {
  let word = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === DOT && octet >= 0) {
      word = (word << 8) | octet;
      octet = -1;
      dots += 1;
      // No digit behind a zero: 010.0.0.1 is 8.0.0.1 to those who read octal.
    } else if (code >= ZERO && code <= NINE && octet !== 0) {
      octet = (octet < 0 ? 0 : octet * 10) + code - ZERO;
      if (octet > 255) return undefined;
    } else return undefined;
  }
  return dots === 3 && octet >= 0 ? ((word << 8) | octet) >>> 0 : undefined;
}

function parseV6(text: string): Address | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [left, right] = halves as [string, string?];
  const head = groupsOf(left, right === undefined);
  const tail = groupsOf(right ?? "", true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  // "::" stands for at least one group.
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (i: number): number => ((groups[i]! << 16) | groups[i + 1]!) >>> 0;
  return [word(0), word(2), word(4), word(6)];
}

function groupsOf(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    const v4 = mayEndInV4 && i === parts.length - 1 ? parseV4(part) : undefined;
    if (v4 !== undefined) groups.push(v4 >>> 16, v4 & 0xffff);
    else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

// By index: destructuring an array asks its iterator.
const isV4 = (address: Address): boolean => address[2] === 0xffff && address[1] === 0 && address[0] === 0;

/** One spelling for each address: dotted for IPv4, also where it came as IPv6; RFC 5952 section 4 for the rest. */
export function formatAddress(address: Address): string {
  if (isV4(address)) {
    const v4 = address[3];
    return `${v4 >>> 24}.${(v4 >>> 16) & 0xff}.${(v4 >>> 8) & 0xff}.${v4 & 0xff}`;
  }
  const groups = address.flatMap((word) => [word >>> 16, word & 0xffff]);
  let best = { at: 0, length: 1 };
  for (let at = 0; at < 8; at += 1) {
    let length = 0;
    while (groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  if (best.length === 1) return hex(groups);
  return `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.length))}`;
}

/**
 * An address, or `address/bits`. The bits behind the prefix are cut off: compare `formatNetwork` of the answer with what
 * was meant.
 */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  if (slash < 0) return { first: address, bits: 128 };
  const prefix = text.slice(slash + 1);
  const bits = Number(prefix) + (text.includes(":") ? 0 : V4_BITS);
  return PREFIX.test(prefix) && bits <= 128 ? { first: cut(address, bits), bits } : undefined;
}

/** `10.0.0.0/8`; a network of one address is the address. */
export function formatNetwork({ first, bits }: Network): string {
  if (bits === 128) return formatAddress(first);
  if (isV4(first) && bits >= V4_BITS) return `${formatAddress(first)}/${bits - V4_BITS}`;
  return `${formatAddress(first)}/${bits}`;
}

/** Whether the network holds the address. `::/0` is every IPv6 address and no IPv4 one, as whoever writes it means. */
export function holds({ first, bits }: Network, address: Address): boolean {
  if (isV4(address) !== (bits >= V4_BITS && isV4(first))) return false;
  return (
    cutWord(address[0], bits) === first[0] &&
    cutWord(address[1], bits - 32) === first[1] &&
    cutWord(address[2], bits - 64) === first[2] &&
    cutWord(address[3], bits - 96) === first[3]
  );
}

const cut = ([a, b, c, d]: Address, bits: number): Address => [
  cutWord(a, bits),
  cutWord(b, bits - 32),
  cutWord(c, bits - 64),
  cutWord(d, bits - 96),
];

/** Without what stands behind the first `bits` of its 32 bits. A shift by 32 would shift by none. */
const cutWord = (word: number, bits: number): number =>
  bits >= 32 ? word : bits <= 0 ? 0 : (word & (-1 << (32 - bits))) >>> 0;
