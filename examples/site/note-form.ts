// What a note must be to be taken. Gives either a note, or what is wrong with each field, in words for the person who filled it in.
// Knows no page.

import type { Form } from "tsgi/application";
import { KINDS } from "./kinds.ts";
import type { Draft, NewPicture } from "./notebook.ts";
import { pictureKind } from "./picture.ts";

/** The fields in the order of the form, with the most characters that each takes. */
export const LENGTHS = { title: 90, kind: 20, place: 80, text: 4000, author: 40, alt: 200 } as const;
export type Field = keyof typeof LENGTHS;
const FIELDS = Object.keys(LENGTHS) as Field[];

export type Values = Readonly<Record<Field, string>>;
export type Mistakes = Partial<Readonly<Record<Field | "picture", string>>>;

export const EMPTY: Values = { title: "", kind: "", place: "", text: "", author: "", alt: "" };

export type Checked =
  | { readonly draft: Draft; readonly picture: NewPicture | undefined }
  | { readonly values: Values; readonly mistakes: Mistakes };

const MISSING: Mistakes = {
  title: "Say in a few words what you saw.",
  text: "Tell a little about it.",
  author: "Put your name, or any name, under it.",
};

export async function check(form: Form): Promise<Checked> {
  const texts = FIELDS.map((field) => [field, tidy(form.fields.get(field) ?? "")]);
  const values = Object.fromEntries(texts) as Values;
  const mistakes: { -readonly [K in keyof Mistakes]: string } = {};
  for (const field of FIELDS) {
    const length = [...values[field]].length;
    if (length > LENGTHS[field])
      mistakes[field] = `This has ${length} characters. There is room for ${LENGTHS[field]}.`;
    else if (field === "kind" && !KINDS.some(({ value }) => value === values.kind))
      mistakes.kind = "Choose what it was.";
    else if (values[field] === "" && MISSING[field] !== undefined) mistakes[field] = MISSING[field];
  }
  const picture = await pictureOf(form, values.alt || values.title);
  if (picture === "no picture")
    mistakes.picture = "This is no picture that a browser can show: JPEG, PNG, GIF or WebP.";
  if (Object.keys(mistakes).length > 0 || picture === "no picture") return { values, mistakes };
  const { alt: _, ...draft } = values;
  return { draft, picture };
}

async function pictureOf(form: Form, alt: string): Promise<NewPicture | "no picture" | undefined> {
  const file = form.files.get("picture");
  // What a browser sends for a field of type "file" in which nothing was chosen.
  if (file === undefined || file.size === 0) return undefined;
  for await (const chunk of file.stream()) {
    const kind = pictureKind(chunk as Uint8Array);
    if (kind === undefined) break;
    const facts = { name: file.filename, type: kind.type, size: file.size, alt };
    return { extension: kind.extension, facts, saveTo: (path) => file.saveTo(path) };
  }
  return "no picture";
}

/** Browsers send line breaks as CR LF (WHATWG HTML, form submission). */
const tidy = (text: string): string => text.replaceAll("\r\n", "\n").trim();
