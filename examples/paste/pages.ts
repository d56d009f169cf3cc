// What a person sees. Every link is relative to the page it stands on, so that the application works under any host and any
// prefix. Takes items and times, gives markup; asks no disk and no clock.

import { html, Markup } from "./html.ts";
import { EXPIRIES } from "./intake.ts";
import type { Item } from "./storage.ts";
import { STYLE } from "./style.ts";
import { ageText, durationText, sizeText } from "./units.ts";

export interface IndexFacts {
  readonly items: readonly Item[];
  /** The id after which older items are to be found. */
  readonly olderThan: string | undefined;
  /** Whether this is the first page of the list. */
  readonly newest: boolean;
  /** The address of the application, ending with a slash, for people who use curl. */
  readonly address: string;
  readonly limitBytes: number;
  readonly now: number;
}

export function indexPage(facts: IndexFacts): string {
  const { items, olderThan, newest, now } = facts;
  const list =
    items.length === 0
      ? html`<p class="soft">Nothing yet.</p>`
      : html`<ul class="items">${items.map((item) => listed(item, now))}</ul>`;
  const older = olderThan === undefined ? undefined : html`<p><a href="./?before=${olderThan}">Older items</a></p>`;
  return page({
    title: "paste",
    home: "./",
    main: html`${newest ? forms(facts) : undefined}
<section class="card"><h2>${newest ? "What is here" : "Older items"}</h2>${list}${older}</section>`,
  });
}

const forms = ({ address, limitBytes }: IndexFacts): Markup => html`<div class="columns">
<section class="card"><h2>Paste a text</h2>
<form method="post" action="./">
<label>Title (optional) <input name="title" maxlength="200" autocomplete="off"></label>
<label>Text <textarea name="text" required spellcheck="false" autocapitalize="off"></textarea></label>
<div class="row">${expiryField()}<button>Save text</button></div>
</form></section>
<div class="stack">
<section class="card"><h2>Upload a file</h2>
<form method="post" action="./" enctype="multipart/form-data">
<label>File, at most ${sizeText(limitBytes)} <input type="file" name="file" required></label>
<label>Title (optional) <input name="title" maxlength="200" autocomplete="off"></label>
<div class="row">${expiryField()}<button>Upload</button></div>
</form></section>
<section class="card curl"><h2>From a terminal</h2>
<pre>curl -T notes.txt ${address}
make 2&gt;&amp;1 | curl -T - ${address}?expires=1d</pre></section>
</div></div>`;

const expiryField = (): Markup =>
  html`<label>Keep it <select name="expires">${[...EXPIRIES].map(
    ([value, { label }]) => html`<option value="${value}">${label}</option>`,
  )}</select></label>`;

const listed = (item: Item, now: number): Markup => html`<li>
<span class="what"><span class="kind">${item.name === "" ? "text" : "file"}</span><a href="${item.id}">${titleOf(item)}</a></span>
<span class="fact size">${sizeText(item.size)}</span>
<span class="fact age">${timeTag(item.createdAt, ageText(now - item.createdAt))}</span></li>`;

export interface ItemFacts {
  readonly item: Item;
  /** The beginning of the text; undefined for what is not text. */
  readonly preview: string | undefined;
  /** Whether there is more text than `preview`. */
  readonly cut: boolean;
  readonly now: number;
}

/** Pictures that every browser draws and that cannot carry a script. */
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);

export function itemPage({ item, preview, cut, now }: ItemFacts): string {
  const { id, title, name, type, size, createdAt, expiresAt } = item;
  const isFile = name !== "";
  // A browser drops the line end right after <pre>, so one is put there for the text to keep its own.
  const text = preview === undefined ? undefined : html`<section class="card text"><pre>\n${preview}</pre></section>`;
  // Up to the next minute: what was just made to last a week is not said to last six days.
  const expiry = expiresAt === null ? "never" : timeTag(expiresAt, `in ${durationText(expiresAt - now + 59_999)}`);
  return page({
    title: titleOf(item),
    home: "./",
    main: html`<section class="card"><h1>${titleOf(item)}</h1>
<dl class="facts">${isFile && title !== "" ? html`<dt>File</dt><dd>${name}</dd>` : undefined}
<dt>Size</dt><dd>${sizeText(size)}${size >= 1_024 ? ` (${size.toLocaleString("en")} bytes)` : undefined}</dd>
${isFile ? html`<dt>Type</dt><dd>${type}</dd>` : undefined}
<dt>Created</dt><dd>${timeTag(createdAt, ageText(now - createdAt))}</dd>
<dt>Expires</dt><dd>${expiry}</dd></dl>
<div class="actions"><a class="button" href="${id}/raw">${isFile ? "Download" : "Raw text"}</a><a class="button plain" href="./">New paste</a>
<details><summary>Delete</summary><form method="post" action="${id}/delete"><button class="danger">Yes, for ever</button></form></details></div></section>
${PICTURES.has(type) ? html`<section class="card"><img class="picture" src="${id}/raw" alt="${titleOf(item)}"></section>` : undefined}
${text}
${cut ? html`<p class="soft">This is only the beginning. <a href="${id}/raw">The whole text</a></p>` : undefined}`,
  });
}

/** @param home Where the brand leads, relative to the address that was asked for. */
export function errorPage({ status, message, home }: { status: string; message: string; home: string }): string {
  return page({
    title: status.slice(4),
    home,
    main: html`<section class="card"><h1>${status.slice(4)}</h1><p>${message}</p><p><a href="${home}">To the list</a></p></section>`,
  });
}

const STYLE_TAG = new Markup(`<style>${STYLE}</style>`);
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect x='2' y='1' width='12' height='14' rx='2' fill='%230f6b5c'/%3E%3Cpath d='M5 5h6M5 8h6M5 11h3' stroke='%23fff' stroke-width='1.4'/%3E%3C/svg%3E";

const page = ({ title, home, main }: { title: string; home: string; main: Markup }): string =>
  html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="icon" href="${ICON}">${STYLE_TAG}</head>
<body><div class="page">
<header class="top"><a class="brand" href="${home}">paste<span>.</span></a><p class="soft small">texts and files, kept as long as you like</p></header>
<main>${main}</main>
</div></body></html>
`.source;

const titleOf = (item: Item): string => item.title || item.name || "Untitled";

const timeTag = (at: number, text: string): Markup => {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}" title="${iso.slice(0, 16).replace("T", " ")} UTC">${text}</time>`;
};
