// What every page has: the bar on top, messages, the bottom. Given in two halves, so that a page can be sent whole, or be streamed between them.

import { type Html, html, type Request } from "tsgi/application";
import { THEMES, themeOf } from "../theme.ts";

export interface Frame {
  readonly title: string;
  /** The name of the route that the navigation shows as the one you are on. */
  readonly here?: string;
  /** For text: a column that is easy to read. */
  readonly narrow?: boolean;
  /** Without messages and without a form: for what went wrong before the middlewares had their turn. */
  readonly bare?: boolean;
}

export function page(request: Request, frame: Frame, main: Html): Html {
  return html`${opening(request, frame)}${main}${closing(request, frame)}`;
}

export function opening(request: Request, { title, here, narrow = false, bare = false }: Frame): Html {
  const link = (name: string, text: string): Html =>
    html`<a href="${request.reverse(name)}"${name === here ? html` aria-current="page"` : ""}>${text}</a>`;
  const home = request.reverse("notes");
  const files = request.scriptName + request.settings.static.url;
  return html`<!doctype html>
<html lang="en" data-theme="${themeOf(request)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Field notes</title>
<link rel="stylesheet" href="${files}site.css">
<link rel="icon" type="image/svg+xml" href="${files}icon.svg">
<link rel="alternate" type="application/feed+json" title="Field notes" href="${request.reverse("feed")}">
</head>
<body>
<a class="skip" href="#main">Skip to the page</a>
<header class="top"><div class="wide">
  <a class="brand" href="${home}"><img src="${files}icon.svg" alt="" width="32" height="32">Field notes</a>
  <nav aria-label="Pages">${link("notes", "Notes")}${link("live", "Live")}</nav>
  <a class="button" href="${request.reverse("write")}">${sign("M4 20l4-1L19 8l-3-3L5 16zM14 7l3 3")}Write a note</a>
</div></header>
<main id="main" class="wide${narrow ? " narrow" : ""}">
${bare ? "" : messages(request)}`;
}

export function closing(request: Request, { bare = false }: Pick<Frame, "bare"> = {}): Html {
  return html`
</main>
<footer class="bottom"><div class="wide">
  <p>Seen, and written down. Also as a <a href="${request.reverse("feed")}">feed</a>.</p>
  ${bare ? "" : themeForm(request)}
</div></footer>
</body>
</html>
`;
}

function themeForm(request: Request): Html {
  const now = themeOf(request);
  const choice = ([value, label]: readonly [string, string]): Html =>
    html`<button name="theme" value="${value}" aria-pressed="${String(value === now)}">${label}</button>`;
  return html`<form class="theme" method="post" action="${request.reverse("theme")}">
    ${csrfField(request)}<input type="hidden" name="next" value="${request.method === "GET" ? request.fullPath : request.path}">
    <span id="theme">Theme</span>
    <div role="group" aria-labelledby="theme">${Object.entries(THEMES).map(choice)}</div>
  </form>`;
}

/** What each form that is sent with POST must have, or it is refused with 403. */
export function csrfField(request: Request): Html {
  return html`<input type="hidden" name="${request.settings.csrf.fieldName}" value="${request.csrfToken()}">`;
}

export function sign(strokes: string): Html {
  return html`<svg class="sign" viewBox="0 0 24 24" aria-hidden="true"><path d="${strokes}"/></svg>`;
}

/** What the request before this one had to say. Reading them is what removes them. */
function messages(request: Request): Html {
  const said = [...request.messages];
  if (said.length === 0) return html``;
  const line = ({ level, text }: (typeof said)[number]): Html =>
    html`<li class="${level}">${sign(level === "success" ? "M5 13l4 4L19 7" : "M12 8v5m0 3h.01M12 3l9 17H3z")}${text}</li>`;
  return html`<ul class="said" role="status">${said.map(line)}</ul>`;
}

/** 14 March 2026, as an element that machines can read. */
export function day(writtenAt: number): Html {
  const date = new Date(writtenAt);
  const text = date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  return html`<time datetime="${date.toISOString()}">${text}</time>`;
}
