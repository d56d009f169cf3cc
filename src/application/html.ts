// HTML as a tagged template: what is put in is escaped, unless it is HTML already. There is no other way to make Html of text but `raw`, so that
// a search for it finds every place that has to be looked at.

/** Text that is HTML. Made by `html` and `raw`. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }
}

/** What may be put into `html`. Null, undefined and false are nothing, so that `${wanted && html`...`}` works. */
export type HtmlValue = Html | string | number | bigint | boolean | null | undefined | readonly HtmlValue[];

/**
 * Put values into text and quoted attributes only: an unquoted attribute, a script, a style or an address that begins with `javascript:` has rules of
 * its own, which escaping does not keep.
 * @throws TypeError for an object or a function, which would be "[object Object]".
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0]!;
  for (let i = 0; i < values.length; i += 1) text += textOf(values[i]) + parts[i + 1]!;
  return new Html(text);
}

/** Text that is HTML already, from a source that is trusted. */
export const raw = (text: string): Html => new Html(text);

const UNSAFE = /[&<>"'`]/g;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** Text as it goes into HTML. */
export const escapeHtml = (text: string): string => text.replace(UNSAFE, (char) => ENTITIES[char]!);

function textOf(value: HtmlValue): string {
  if (typeof value === "string") return escapeHtml(value);
  if (value instanceof Html) return value.toString();
  if (value === null || value === undefined || value === false) return "";
  if (Array.isArray(value)) return value.map(textOf).join("");
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  throw new TypeError(
    `html: ${value === true ? "true" : `a value of the type ${typeof value}`} was put in: expected text, a number, Html or an array of them`,
  );
}
