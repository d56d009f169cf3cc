// A page that does not end: its first part is sent at once, and each new note as soon as it is written, by whichever worker. No script.

import { setTimeout } from "node:timers/promises";
import { type Html, html, type Request, StreamingResponse } from "tsgi/application";
import type { Note } from "../notebook.ts";
import { closing, opening } from "../pages/layout.ts";
import { notebook } from "../settings.ts";

const LOOK_EVERY_MS = 500;
const LONGEST_MS = 10 * 60 * 1000;

export function live(request: Request): StreamingResponse {
  // Made now, not in the generator: the messages that are read and the token that is given out are kept in cookies, and those go out with the
  // head, before the first part.
  const frame = { start: opening(request, { title: "Live", here: "live", narrow: true }), end: closing(request) };
  const response = new StreamingResponse(parts(request, frame));
  response.headers.set("Cache-Control", "no-store");
  // nginx would gather the parts until it has a whole buffer of them.
  response.headers.set("X-Accel-Buffering", "no");
  return response;
}

interface Halves {
  readonly start: Html;
  readonly end: Html;
}

async function* parts(request: Request, { start, end }: Halves): AsyncGenerator<string> {
  const known = new Set(await notebook.ids());
  yield String(html`${start}
<div class="intro"><h1>As it is written</h1><p><span class="pulse"></span>This page stays open for ten minutes. What somebody puts into the notebook
meanwhile appears below.</p></div>
<ul class="live">${line(request, undefined)}`);
  // A client that leaves ends the generator by itself. A server that is about to stop asks for it: `tsgi.draining`.
  const leaving = AbortSignal.any([request.signal, request.environ["tsgi.draining"] ?? request.signal]);
  for (const until = Date.now() + LONGEST_MS; Date.now() < until && !leaving.aborted; ) {
    await setTimeout(LOOK_EVERY_MS, undefined, { signal: leaving }).catch(() => {});
    for (const note of await notebook.beyond(known)) {
      known.add(note.id);
      yield String(line(request, note));
    }
  }
  yield String(html`</ul><p class="soft">This is the end of the page. Load it again to go on.</p>${end}`);
}

/** Undefined: the line that says from when on. */
function line(request: Request, note: Note | undefined): Html {
  const at = new Date(note?.writtenAt ?? Date.now());
  const what = note
    ? html`<a href="${request.reverse("note", { id: note.id })}"><strong>${note.title}</strong></a><br><span class="soft">${note.author}</span>`
    : html`<span class="soft">Watching from now on.</span>`;
  return html`<li><time datetime="${at.toISOString()}">${at.toISOString().slice(11, 19)}</time><span>${what}</span></li>\n`;
}
