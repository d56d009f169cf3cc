// The one style sheet. It stands in the page, so that a page is one request, and its hash is what the Content-Security-Policy
// lets through: no other style, no script and nothing from elsewhere runs, whatever somebody pastes.

import { createHash } from "node:crypto";

export const STYLE = `
:root { color-scheme: light dark; --ground: #f6f5f2; --card: #fff; --ink: #1f2328; --soft: #5f6670; --line: #dedbd3;
  --accent: #0f6b5c; --on-accent: #fff; --danger: #b3261e; --field: #fff; --mono: ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171a; --card: #1c2024; --ink: #e7e9ea; --soft: #9aa3ac; --line: #30363c;
    --accent: #4cc2a8; --on-accent: #06231d; --danger: #ff8a80; --field: #14171a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.page { max-width: 60rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
a { color: var(--accent); text-underline-offset: .15em; }
h1, h2 { line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.05rem; }
.brand { font-weight: 700; font-size: 1.15rem; letter-spacing: -.01em; color: var(--ink); text-decoration: none; }
.brand span { color: var(--accent); }
.top { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; margin-bottom: 1.25rem; }
.soft { color: var(--soft); } .small { font-size: .875rem; }
.top .soft { margin: 0; }
.columns { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); align-items: start; margin-bottom: 1rem; }
@media (min-width: 48rem) { .columns { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); } }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem; margin-bottom: 1rem; }
.columns .card { margin-bottom: 0; }
.stack { display: grid; gap: 1rem; }
form { display: grid; gap: .8rem; margin: 0; }
.card h2 { margin-bottom: .8rem; }
label { display: grid; gap: .25rem; font-size: .875rem; color: var(--soft); }
input, textarea, select, button { font: inherit; color: inherit; }
input, textarea, select { width: 100%; background: var(--field); color: var(--ink); border: 1px solid var(--line); border-radius: .5rem; padding: .55rem .65rem; }
textarea { font-family: var(--mono); font-size: .9rem; min-height: 14rem; resize: vertical; tab-size: 4; }
input[type=file] { padding: .45rem; font-size: .9rem; }
input::file-selector-button { font: inherit; border: 1px solid var(--line); border-radius: .4rem; background: var(--ground); color: var(--ink); padding: .3rem .6rem; margin-right: .6rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; }
.row label { flex: 1 1 9rem; }
.button, button { display: inline-block; border: 1px solid var(--accent); border-radius: .5rem; background: var(--accent); color: var(--on-accent);
  padding: .55rem 1.1rem; font-weight: 600; text-decoration: none; cursor: pointer; white-space: nowrap; }
.button.plain { background: none; color: var(--accent); }
input:not([type=file]), select, button, .button { min-height: 2.75rem; }
button.danger { background: none; border-color: var(--danger); color: var(--danger); }
pre { margin: 0; font: .875rem/1.55 var(--mono); tab-size: 4; overflow-x: auto; }
.text { padding: 0; } .text pre { padding: 1.1rem; }
.curl pre { font-size: .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.items { list-style: none; margin: 0; padding: 0; }
.items li { display: flex; gap: .15rem 1rem; align-items: baseline; padding: .6rem 0; border-top: 1px solid var(--line); }
.items li:first-child { border-top: 0; }
.items .what { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.items .fact { color: var(--soft); font-size: .875rem; white-space: nowrap; font-variant-numeric: tabular-nums; text-align: right; }
.items .size { min-width: 4.5rem; } .items .age { min-width: 6.5rem; }
.kind { display: inline-block; min-width: 2.6rem; margin-right: .5rem; padding: 0 .4rem; border: 1px solid var(--line); border-radius: .35rem; color: var(--soft); font-size: .75rem; text-align: center; }
.facts { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .2rem 1rem; margin: 0 0 1rem; font-size: .9rem; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.card > h1 { margin-bottom: .7rem; }
.card > :last-child { margin-bottom: 0; }
.picture { max-width: 100%; height: auto; display: block; margin: 0 auto; border-radius: .4rem; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; align-items: start; }
details { margin-left: auto; }
summary { color: var(--danger); cursor: pointer; padding: .55rem .25rem; }
@media (max-width: 34rem) {
  .items li { flex-wrap: wrap; } .items .what { flex-basis: 100%; }
  .items .fact { min-width: 0; text-align: left; } }
`;

const hash = createHash("sha256").update(STYLE).digest("base64");

/** For every page. Forms may be sent to this site only, and no other site may put a page into a frame. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${hash}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
