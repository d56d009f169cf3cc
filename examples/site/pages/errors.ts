// Pages for what went wrong. They look like the others, say what to do next, and tell nothing of the inside.

import { type Html, html, type Request } from "tsgi/application";
import { page, sign } from "./layout.ts";

export interface Trouble {
  readonly code: string;
  readonly title: string;
  readonly text: string;
  readonly strokes: string;
}

export function errorPage(request: Request, { code, title, text, strokes }: Trouble): Html {
  return page(
    request,
    { title, narrow: true, bare: true },
    html`<div class="lost">${sign(strokes)}<span class="code">${code}</span><h1>${title}</h1><p>${text}</p>
<p><a class="button" href="${request.reverse("notes")}">To the notes</a></p></div>`,
  );
}
