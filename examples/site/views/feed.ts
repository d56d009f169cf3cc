// The newest notes for machines, as a JSON Feed (https://www.jsonfeed.org/version/1.1/). ConditionalGet gives it an ETag, so that a reader that asks
// every minute is told 304.

import { JsonResponse, type Request } from "tsgi/application";
import { notebook } from "../settings.ts";

const NEWEST = 20;

export async function feed(request: Request): Promise<JsonResponse> {
  const { notes } = await notebook.page(1, NEWEST);
  const address = (name: string, params?: Readonly<Record<string, string>>): string =>
    request.buildAbsoluteUri(request.reverse(name, params));
  const data = {
    version: "https://jsonfeed.org/version/1.1",
    title: "Field notes",
    home_page_url: address("notes"),
    feed_url: address("feed"),
    items: notes.map(({ id, title, text, author, kind, writtenAt, picture }) => ({
      id,
      url: address("note", { id }),
      title,
      content_text: text,
      date_published: new Date(writtenAt).toISOString(),
      authors: [{ name: author }],
      tags: [kind],
      ...(picture && { image: address("picture", { id }) }),
    })),
  };
  return new JsonResponse(data, { contentType: "application/feed+json" });
}
