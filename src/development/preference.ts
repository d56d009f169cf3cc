// In which form a client reads a failure: a page, JSON or plain text. Pure: the fields of its request decide (RFC 9110 section 12.5.1).

import type { FlatFields } from "../protocol/events.ts";

export type Form = "html" | "json" | "text";

const FORMS: readonly (readonly [type: RegExp, form: Form])[] = [
  [/^(?:text\/html|application\/xhtml\+xml)$/, "html"],
  [/^application\/json$|^[\w.-]+\/[\w.-]+\+json$/, "json"],
  [/^text\/(?:plain|\*)$/, "text"],
];

/**
 * What a client names counts, the best first; what it would take as well does not. So a browser gets the page, a library for APIs JSON,
 * and curl, which names nothing, what a terminal would show.
 */
export function formFor(fields: FlatFields): Form {
  let best: { readonly form: Form; readonly quality: number } | undefined;
  for (const range of fieldOf(fields, "accept").split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const form = FORMS.find(([pattern]) => pattern.test(type))?.[1];
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    const quality = weight === undefined ? 1 : Number(weight.slice(2));
    if (form !== undefined && quality > (best?.quality ?? 0)) best = { form, quality };
  }
  if (best !== undefined) return best.form;
  // Who asks by script and takes anything.
  if (fieldOf(fields, "x-requested-with") !== "") return "json";
  return fieldOf(fields, "sec-fetch-dest") === "document" ? "html" : "text";
}

/** A field's value, with a comma between those of several lines; empty where there is none. */
export function fieldOf(fields: FlatFields, name: string): string {
  const values: string[] = [];
  for (let i = 0; i < fields.length; i += 2) if (fields[i]!.toLowerCase() === name) values.push(fields[i + 1]!);
  return values.join(", ");
}
