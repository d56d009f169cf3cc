// Sizes and times as a person says them.

const SIZES = ["kB", "MB", "GB", "TB"];

/** `"1.5 MB"`, in steps of 1,024. */
export function sizeText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  let value = bytes / 1_024;
  let unit = 0;
  // 1,023.95 would be rounded to 1,024.0 of the unit below.
  while (value >= 1_023.95 && unit < SIZES.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${value.toFixed(1).replace(/\.0$/, "")} ${SIZES[unit]}`;
}

/** The inverse, as in a setting: `500`, `20K`, `100M` or `2G`. Undefined for anything else. */
export function parseSize(given: string): number | undefined {
  const found = /^([0-9]{1,9})([KMG]?)$/i.exec(given);
  if (found === null) return undefined;
  return Number(found[1]) * 1_024 ** ["", "K", "M", "G"].indexOf(found[2]!.toUpperCase());
}

const SPANS = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
] as const;

/** The largest whole unit of so many milliseconds: `"3 hours"`. */
export function durationText(ms: number): string {
  for (const [span, name] of SPANS) {
    const count = Math.floor(ms / span);
    if (count >= 1) return `${count} ${name}${count === 1 ? "" : "s"}`;
  }
  return "a moment";
}

export const ageText = (ms: number): string => (ms < 60_000 ? "just now" : `${durationText(ms)} ago`);
