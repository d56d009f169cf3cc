// What the visitor sees when something went wrong. These lean on no session: they may be asked for before it is there.

import { type Html, html, type Request, Response } from "tsgi/application";
import { page } from "./pages.ts";

export const notFound = (request: Request): Response =>
  new Response(page(request, "Not here", html`<p>There is no such page. ${home(request)}</p>`), { status: 404 });

export const forbidden = (request: Request): Response =>
  new Response(
    page(request, "Not taken", html`<p>The form was open for too long, or came from elsewhere. ${home(request)}</p>`),
    {
      status: 403,
    },
  );

export const broken = (request: Request): Response =>
  new Response(page(request, "Our fault", html`<p>Something broke. The log knows it as ${request.requestId}.</p>`), {
    status: 500,
  });

const home = (request: Request): Html => html`<a href="${request.reverse("books")}">To the list</a>`;
