// Which address leads to which view. The names are for links: request.reverse("remove", { index }).

import { JsonResponse, path, type Urls } from "tsgi/application";
import { add, list, remove } from "./views.ts";

export const urls: Urls = [
  path("", { GET: (request) => list(request), POST: add }, { name: "books" }),
  path("remove/<int:index>", { POST: remove }, { name: "remove" }),
  path("healthz", () => new JsonResponse({ ok: true })),
];
