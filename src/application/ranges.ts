// Which parts of a file a request asks for (RFC 9110 section 14). A range that is no range is ignored, one that lies outside is said to, and a
// list that only costs work is answered with the whole (section 17.15).

import rangeParser from "range-parser";

/** Both ends are inside. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** More than these are not what a reader of documents or videos asks for: each costs a head and a place to read from. */
const MAX_RANGES = 16;
const BYTES = /^bytes\s*=\s*(.*)$/i;
const SPEC = /^(?:(\d{1,15})\s*-\s*(\d{0,15})|-\s*(\d{1,15}))$/;

/** The ranges, put together where they touch, in the order they were asked for; or the whole file. */
export function rangesOf(field: string, size: number): readonly ByteRange[] | "whole" | "unsatisfiable" {
  const list = BYTES.exec(field.trim())?.[1];
  if (list === undefined) return "whole";
  // RFC 9110 section 5.6.1.2: empty elements of a list are skipped.
  const specs = list
    .split(",", MAX_RANGES * 2)
    .map((spec) => spec.trim())
    .filter((spec) => spec !== "");
  if (specs.length === 0 || specs.length > MAX_RANGES) return "whole";
  const clamped: string[] = [];
  for (const spec of specs) {
    const [, first, last, suffix] = SPEC.exec(spec) ?? [];
    if (first === undefined && suffix === undefined) return "whole";
    // Section 14.1.1: one that ends before it begins is no range, and with it the whole field.
    if (last !== undefined && last !== "" && Number(last) < Number(first)) return "whole";
    // Section 14.1.2: a suffix longer than the file is all of it, which range-parser takes for none of it.
    clamped.push(suffix === undefined ? `${first}-${last}` : `-${Math.min(Number(suffix), size)}`);
  }
  const found = rangeParser(size, `bytes=${clamped.join(",")}`, { combine: true });
  if (found === -2) return "whole";
  return found === -1 ? "unsatisfiable" : found;
}
