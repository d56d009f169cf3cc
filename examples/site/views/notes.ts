// The views for notes: each takes a request and what its route found in the path, and gives a response.

import { FileResponse, NotFound, PermissionDenied, Redirect, type Request, Response } from "tsgi/application";
import { check } from "../note-form.ts";
import type { Note, Picture } from "../notebook.ts";
import { listPage, notePage } from "../pages/notes.ts";
import { writePage } from "../pages/write.ts";
import { notebook } from "../settings.ts";

const PAGE_SIZE = 6;
/** Ids that a session keeps: a cookie has room for about 4000 characters. */
const OWN_MAX = 50;

interface ById {
  readonly id: string;
}

export async function list(request: Request): Promise<Response> {
  const text = request.query.get("page") ?? "1";
  const number = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  const page = await notebook.page(Math.max(number, 1), PAGE_SIZE);
  if (number === 0 || number > page.count) throw new NotFound(`there is no page ${JSON.stringify(text)}`);
  return new Response(listPage(request, page));
}

export async function show(request: Request, { id }: ById): Promise<Response> {
  const note = await theNote(id);
  const own = ownNotes(request).includes(id);
  return new Response(notePage(request, { note, own, ...(await notebook.neighbours(id)) }));
}

/** The empty form, with the name that was used last. */
export function blank(request: Request): Response {
  return new Response(writePage(request, { values: { author: request.session.get("author", "") } }));
}

/** A form that is right leads to the note by a redirect, so that "reload" does not send it again. */
export async function write(request: Request): Promise<Response> {
  const checked = await check(await request.form());
  if ("mistakes" in checked) return new Response(writePage(request, checked), { status: 422 });
  const note = await notebook.add(checked.draft, checked.picture);
  request.session.set("author", note.author);
  request.session.set("own", [note.id, ...ownNotes(request)].slice(0, OWN_MAX));
  request.messages.success(`“${note.title}” is in the notebook.`);
  return new Redirect(request.reverse("note", { id: note.id }));
}

export async function remove(request: Request, { id }: ById): Promise<Response> {
  const note = await theNote(id);
  const own = ownNotes(request);
  if (!own.includes(id)) throw new PermissionDenied("only who wrote a note may remove it");
  await notebook.remove(note);
  request.session.set(
    "own",
    own.filter((one) => one !== id),
  );
  request.messages.success(`“${note.title}” was taken out.`);
  return new Redirect(request.reverse("notes"));
}

export async function picture(request: Request, { id }: ById): Promise<Response> {
  return fileOf(request, await thePicture(id), "inline");
}

export async function download(request: Request, { id }: ById): Promise<Response> {
  return fileOf(request, await thePicture(id), "attachment");
}

/** Ranges, `ETag`, `Last-Modified` and 304 are the FileResponse's work, by what the request asks for. */
async function fileOf(request: Request, picture: Picture, how: "inline" | "attachment"): Promise<Response> {
  const response = await FileResponse.from(notebook.pathOf(picture), {
    request,
    contentType: picture.type,
    filename: picture.name,
    asAttachment: how === "attachment",
  });
  // The file of an id never changes.
  response.headers.set("Cache-Control", "public, max-age=31536000, immutable");
  // Opened by itself, an SVG is a page: this one may do nothing.
  response.headers.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
  return response;
}

async function theNote(id: string): Promise<Note> {
  const note = await notebook.find(id);
  if (note === undefined) throw new NotFound(`there is no note ${JSON.stringify(id)}`);
  return note;
}

async function thePicture(id: string): Promise<Picture> {
  const { picture } = await theNote(id);
  if (picture === undefined) throw new NotFound(`the note ${id} has no picture`);
  return picture;
}

const ownNotes = (request: Request): readonly string[] => request.session.get<readonly string[]>("own", []);
