// The path of a request as text. Decides how escapes and bytes become characters; does not know what the path is for.

import { Buffer } from "node:buffer";

const NOT_PLAIN = /[%\x80-\xff]/;

/** Percent-decodes once, as UTF-8; a `%` without two hexadecimal digits stays as it is, bytes that are not UTF-8 become U+FFFD. */
export function decodePath(path: string): string {
  if (!NOT_PLAIN.test(path)) return path;
  const bytes = path.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}
