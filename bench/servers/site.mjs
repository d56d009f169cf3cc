// The same view in tsgi/application, behind the five middlewares that a site usually has.

import {
  CommonMiddleware,
  CsrfMiddleware,
  getApplication,
  JsonResponse,
  MessagesMiddleware,
  path,
  SecurityMiddleware,
  SessionMiddleware,
} from "tsgi/application";

const article = (_request, { id }) =>
  new JsonResponse({ id, title: `Article ${id}`, tags: ["news", "tsgi"], published: true });

export const application = getApplication({
  secretKey: "only for the bench, and long enough for it",
  urls: [path("articles/<int:id>/", article)],
  middleware: [SecurityMiddleware, SessionMiddleware, CommonMiddleware, CsrfMiddleware, MessagesMiddleware],
});
