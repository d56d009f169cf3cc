// The words of RFC 9110 and 9112: tokens, field values, hosts, targets. Strings hold one code unit for each byte.
// Every expression here runs in linear time: no two ways to read a byte, so nothing to backtrack into.

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const DIGITS = /^[0-9]+$/;
const HOST_AND_PORT = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=%]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const HTTP_URL = /^https?:\/\/([^/?]*)/i;

/** RFC 9110 section 5.6.2. */
export const isToken = (text: string): boolean => TOKEN.test(text);

/** RFC 9110 section 5.5, with the white space around it allowed: no control character but HTAB, nothing above U+00FF. */
export const isFieldValue = (text: string): boolean => FIELD_VALUE.test(text);

/** ASCII digits and nothing else. Never `Number()` alone, which takes `""`, `"+5"`, `"0x5"` and `"5 "`. */
export const isDigits = (text: string): boolean => DIGITS.test(text);

/**
 * `uri-host [ ":" port ]` of RFC 9110 section 7.2, not empty. Of an IP literal only the alphabet is checked, of a port only
 * that it is at most five digits.
 */
export const isHost = (text: string): boolean =>
  HOST_AND_PORT.test(text) && !(text.includes("%") && BAD_ESCAPE.test(text));

/** The authority of an http or https URL, `""` when it is empty; undefined when it is no such URL. */
export const authorityOf = (target: string): string | undefined => HTTP_URL.exec(target)?.[1];

/** What a list field names (RFC 9110 section 5.6.1), in lower case. Empty members are kept: whether they matter is the field's rule. */
export function listMembers(list: string): string[] {
  // Only SP and HTAB are white space here; `trim()` takes NBSP too, and a coding that one side trims is smuggled past the other.
  return list.split(",").map((member) => trimBlanks(member).toLowerCase());
}

/** Without the SP and HTAB at both ends. */
export function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (from < to && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** SP or HTAB, which RFC 9110 section 5.6.3 calls white space. */
export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;
