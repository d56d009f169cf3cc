// HTML in which escaping cannot be forgotten: what is put into html`...` is text unless it came out of html`...` itself.

export class Markup {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export type Value = string | number | Markup | undefined | readonly Value[];

/** Text and attribute values alike: attributes must be quoted in the template. Undefined is nothing, an array is joined. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...values.map(render)));
}

function render(value: Value): string {
  if (value instanceof Markup) return value.source;
  if (value === undefined) return "";
  if (typeof value === "object") return value.map(render).join("");
  return String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
