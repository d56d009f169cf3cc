// Content-Disposition (RFC 6266): whether a browser shows or saves a body, and under which name.

import { toUSVString } from "node:util";

const ASCII = /^[\x20-\x7e]*$/;
// RFC 8187 section 3.2.1, attr-char: what encodeURIComponent leaves that may not stand there.
const NOT_ATTR = /['()*]/g;

/** `undefined` for an inline body without a name: that needs no header. */
export function contentDisposition(attachment: boolean, filename: string | undefined): string | undefined {
  const type = attachment ? "attachment" : "inline";
  if (filename === undefined || filename === "") return attachment ? type : undefined;
  // Control characters and separators never belong to a name, and some browsers take them for a path.
  const name = toUSVString(filename).replace(/[\x00-\x1f\x7f/\\]/g, "_");
  const quoted = name.replace(/[^\x20-\x7e]/gu, "_").replaceAll('"', '\\"');
  // RFC 6266 appendix D: a percent sign in the plain form is decoded by some browsers.
  if (ASCII.test(name) && !name.includes("%")) return `${type}; filename="${quoted}"`;
  const encoded = encodeURIComponent(name).replace(NOT_ATTR, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${type}; filename="${quoted.replaceAll("%", "_")}"; filename*=UTF-8''${encoded}`;
}
