// Which address leads to which view. The names are for links: request.reverse("note", { id }).

import { path, type Urls } from "tsgi/application";
import { feed } from "./views/feed.ts";
import { live } from "./views/live.ts";
import { blank, download, list, picture, remove, show, write } from "./views/notes.ts";
import { theme } from "./views/theme.ts";

export const urls: Urls = [
  path("", { GET: list }, { name: "notes" }),
  path("write/", { GET: blank, POST: write }, { name: "write" }),
  path("notes/<slug:id>/", { GET: show }, { name: "note" }),
  path("notes/<slug:id>/picture", { GET: picture }, { name: "picture" }),
  path("notes/<slug:id>/download", { GET: download }, { name: "download" }),
  path("notes/<slug:id>/remove", { POST: remove }, { name: "remove" }),
  path("live/", { GET: live }, { name: "live" }),
  path("feed.json", { GET: feed }, { name: "feed" }),
  path("theme", { POST: theme }, { name: "theme" }),
];
