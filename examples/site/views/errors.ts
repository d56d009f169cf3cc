// What the visitor sees when something went wrong: `settings.handlers` names these by their status.

import { html, type Request, Response } from "tsgi/application";
import { errorPage } from "../pages/errors.ts";
import { sizeText } from "../pages/notes.ts";

const WARNING = "M12 8v5m0 3h.01M12 3l9 17H3z";
const SIGNPOST = "M12 3v18M12 5h7l2 2.5-2 2.5h-7zM12 12H6l-2 2.5L6 17h6z";

export function notFound(request: Request): Response {
  const title = "The trail ends here";
  const text = "There is no such page. Perhaps the note was taken out again, or the address has a slip in it.";
  return new Response(errorPage(request, { code: "404", title, text, strokes: SIGNPOST }), { status: 404 });
}

export function forbidden(request: Request): Response {
  const title = "That was not taken";
  const text =
    "Either the form was open for too long, or this is not yours to change. Go back, load the page again and try once more.";
  return new Response(errorPage(request, { code: "403", title, text, strokes: WARNING }), { status: 403 });
}

export function tooLarge(request: Request): Response {
  const title = "Too large for the notebook";
  const text = `A picture may have up to ${sizeText(request.settings.fileUploadMaxSize ?? 0)}. Make it smaller and send it again. Nothing was kept.`;
  return new Response(errorPage(request, { code: "413", title, text, strokes: WARNING }), { status: 413 });
}

/** Leans on nothing that may be what broke: no session, no cookie, no style sheet. */
export function broken(request: Request): Response {
  const page = html`<!doctype html><html lang="en"><meta charset="utf-8"><title>Something broke</title>
<h1>Something broke</h1><p>It is not your fault. The log knows it as ${request.requestId}.</p>`;
  return new Response(page, { status: 500 });
}
