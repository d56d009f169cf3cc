// The list, and one note. Functions from data to HTML: what is put into html`...` is escaped, so a note cannot write into the page.

import { type Html, html, type Request } from "tsgi/application";
import { kindOf } from "../kinds.ts";
import type { Note, Page } from "../notebook.ts";
import { csrfField, day, page, sign } from "./layout.ts";

const EXCERPT_CHARACTERS = 220;

export function listPage(request: Request, { notes, number, count, total }: Page): Html {
  const turn = (to: number, text: string): Html =>
    to < 1 || to > count
      ? html`<span></span>`
      : html`<a class="button plain" href="${to === 1 ? request.reverse("notes") : `${request.reverse("notes")}?page=${to}`}">${text}</a>`;
  const pages = html`<nav class="pages" aria-label="Pages of notes">${turn(number - 1, "← Newer")}<span>Page ${number} of ${count}</span>${turn(number + 1, "Older →")}</nav>`;
  return page(
    request,
    { title: number === 1 ? "Notes" : `Notes, page ${number}`, here: "notes" },
    html`<div class="intro"><h1>What we saw on the way</h1>
<p>A notebook that is open to everybody: birds, tracks, weather. ${total === 1 ? "One note" : `${total} notes`} so far.</p></div>
<ul class="notes">${notes.map((note) => html`<li>${card(request, note)}</li>`)}</ul>
${notes.length === 0 ? html`<p class="soft">Nothing is written here yet.</p>` : ""}
${count > 1 ? pages : ""}`,
  );
}

function card(request: Request, note: Note): Html {
  const kind = kindOf(note.kind);
  const text = note.text.length > EXCERPT_CHARACTERS ? `${note.text.slice(0, EXCERPT_CHARACTERS)}…` : note.text;
  // The picture says nothing here that the title beside it does not say.
  const picture = note.picture
    ? html`<img src="${request.reverse("picture", { id: note.id })}" alt="" loading="lazy" width="600" height="400">`
    : sign(kind.sign);
  return html`<article class="note"><div class="thumb">${picture}</div><div class="words">
<span class="kind">${kind.label}</span>
<h2><a href="${request.reverse("note", { id: note.id })}">${note.title}</a></h2>
<p class="excerpt">${text}</p>
<p class="by">${note.author} · ${day(note.writtenAt)}</p>
</div></article>`;
}

export interface NoteView {
  readonly note: Note;
  /** Whether this visitor wrote it, and may remove it. */
  readonly own: boolean;
  readonly older: string | undefined;
  readonly newer: string | undefined;
}

export function notePage(request: Request, { note, own, older, newer }: NoteView): Html {
  const id = note.id;
  const kind = kindOf(note.kind);
  const { picture } = note;
  const figure = picture
    ? html`<figure><img src="${request.reverse("picture", { id })}" alt="${picture.alt}"></figure>`
    : "";
  const download = picture
    ? html`<a class="button plain" href="${request.reverse("download", { id })}">${sign("M12 4v11m-4-4 4 4 4-4M5 20h14")}Download the picture <span class="soft">${sizeText(picture.size)}</span></a>`
    : "";
  const remove = own
    ? html`<form method="post" action="${request.reverse("remove", { id })}">${csrfField(request)}<button class="danger">Remove this note</button></form>`
    : "";
  const neighbour = (to: string | undefined, text: string): Html =>
    to === undefined ? html`<span></span>` : html`<a href="${request.reverse("note", { id: to })}">${text}</a>`;
  return page(
    request,
    { title: note.title, narrow: true },
    html`<article class="sheet"><header>
<span class="kind">${sign(kind.sign)}${kind.label}</span>
<h1>${note.title}</h1>
<p class="soft">${note.author} · ${day(note.writtenAt)}${note.place === "" ? "" : ` · ${note.place}`}</p>
</header>
${figure}
<div class="text">${note.text.split(/\n{2,}/).map((paragraph) => html`<p>${paragraph}</p>`)}</div>
${picture || own ? html`<div class="actions">${download}${remove}</div>` : ""}
</article>
<nav class="turn" aria-label="Other notes">${neighbour(newer, "← Newer note")}${neighbour(older, "Older note →")}</nav>`,
  );
}

export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 ** 2 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
