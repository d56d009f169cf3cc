// How a message shows what a person gave, on one line and without letting it speak to the terminal.

const LONGEST = 60;

/** Plain words as they are, everything else as JSON would write it, both cut when they are long. */
export function quote(given: unknown): string {
  if (typeof given === "string" && /^[\x21-\x7e]+$/.test(given)) return cut(given);
  if (typeof given === "function") return "a function";
  if (typeof given === "bigint" || typeof given === "symbol" || given === undefined) return String(given);
  try {
    return cut(JSON.stringify(given) ?? String(given));
  } catch {
    // A cycle, or a toJSON that throws.
    return "an object";
  }
}

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text);
