// Text that both sides can make from its name and its length, so that a body can be compared without being kept.

const made = new Map<string, string>();

/** `n` bytes of ASCII that depend on the tag from the first line to the last. */
export function textOf(tag: string, n: number): string {
  const line = `${tag}|0123456789abcdefghijklmnopqrstuvwxyz\n`;
  if (n > 65_536) return line.repeat(Math.ceil(n / line.length)).slice(0, n);
  let long = made.get(line);
  if (long === undefined) {
    // Tags that come once must not fill the memory that is being measured.
    if (made.size >= 16) made.clear();
    long = line.repeat(Math.ceil(65_536 / line.length));
    made.set(line, long);
  }
  return long.slice(0, n);
}
