// What happens for each address.

import { NotFound, Redirect, type Request, Response } from "tsgi/application";
import { addBook, booksOf, removeBook } from "./books.ts";
import { listPage } from "./pages.ts";

export function list(request: Request, title = "", mistake?: string): Response {
  const page = listPage(request, { books: booksOf(request.session), title, mistake });
  return new Response(page, { status: mistake === undefined ? 200 : 422 });
}

export async function add(request: Request): Promise<Response> {
  const { fields } = await request.form();
  const title = (fields.get("title") ?? "").trim();
  const mistake = addBook(request.session, title);
  if (mistake !== undefined) return list(request, title, mistake);
  request.messages.success(`${title} is on the list.`);
  // A redirect after a form: to load the page again does not send the form again.
  return new Redirect(request.reverse("books"));
}

export function remove(request: Request, { index }: { readonly index: number }): Response {
  const title = removeBook(request.session, index);
  if (title === undefined) throw new NotFound(`there is no book ${index}`);
  request.messages.success(`${title} is off the list.`);
  return new Redirect(request.reverse("books"));
}
