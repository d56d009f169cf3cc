// The error page: one document without anything from elsewhere, readable on a telephone, in light and dark. Pure: a failure in parts and
// a request become text, all of it escaped.

import process from "node:process";
import type { FailureDetails, FailureFrame } from "../modules/details.ts";
import { masked } from "../modules/secrets.ts";
import { positionIn, titleOf } from "../modules/show-details.ts";
import { printable } from "../observe/pretty.ts";
import type { FlatFields, RequestHead } from "../protocol/events.ts";
import { PAGE_SCRIPT } from "./script.ts";

/** A failure that is shown. */
export interface Shown {
  /** What happened, in a few words. */
  readonly heading: string;
  /** As a terminal shows it. */
  readonly text: string;
  /** Null where nothing was thrown: then the text says all. */
  readonly details: FailureDetails | null;
}

export interface PageParts {
  readonly shown: Shown;
  readonly head: Pick<RequestHead, "method" | "target" | "fields">;
  readonly requestId: string;
  /** Paths inside of it are shown relative to it. */
  readonly root: string;
  /** The start of the application that this page is of; null where nothing tells when there is another. */
  readonly boot: string | null;
  /** Whether it is shown whatever the server is called (hosts.ts); false. */
  readonly anyHost?: boolean | undefined;
}

const OWNERS = { package: "of packages", server: "of tsgi", node: "of Node" } as const;

export function errorPage({ shown, head, requestId, root, boot }: PageParts): string {
  const { details, heading } = shown;
  const title = details === null ? heading : titleOf(details);
  return `<!doctype html>
<html lang="en"${boot === null ? "" : ` data-boot="${escaped(boot)}" data-method="${head.method === "GET" ? "GET" : "other"}"`}>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>${escaped(firstLine(title))}</title><style>${STYLE}</style></head>
<body>
<header><p class="what">${escaped(heading)}</p>
<h1>${details === null ? escaped(firstLine(shown.text)) : withName(details)}</h1></header>
<main>
${boot === null ? "" : '<p id="again" role="status" hidden>The code has changed. Send the request again.</p>'}
${details === null ? rest(shown.text) : failure(details, root)}
<details><summary>Request</summary>
<p><code>${escaped(head.method)} ${escaped(head.target)}</code></p>
<dl>${rows(head.fields)}</dl></details>
</main>
<footer>Request ${escaped(requestId)}. This page is shown in development only${boot === null ? "" : ", and reloads when the code has changed"}.</footer>
${boot === null ? "" : `<script>${PAGE_SCRIPT}</script>\n`}</body>
</html>
`;
}

const withName = ({ name, message }: FailureDetails): string =>
  `${name === "" ? "" : `<span class="name">${escaped(name)}</span>${message === "" ? "" : ": "}`}${escaped(message)}`;

function failure(details: FailureDetails, root: string): string {
  const { place, excerpt, frames, causes } = details;
  return [
    place === null ? "" : `<p class="place"><code>${escaped(positionIn(root, place))}</code></p>`,
    excerpt === "" ? "" : `<pre class="code"><code>${excerpt.split("\n").map(codeLine).join("")}</code></pre>`,
    calls(frames, root),
    ...causes.map(
      (cause) => `<section><h2>Caused by</h2><p class="cause">${withName(cause)}</p>${failure(cause, root)}</section>`,
    ),
  ].join("\n");
}

/** Each is a block of its own, so that the mark goes over the whole width. */
function codeLine(line: string): string {
  const kind = line.startsWith(">") ? ' class="here"' : /^ +\| *\t*[ \t]*\^$/.test(line) ? ' class="caret"' : "";
  return `<span${kind}>${escaped(line)}\n</span>`;
}

function calls(frames: readonly FailureFrame[], root: string): string {
  const own = frames.filter(({ owner }) => owner === "application");
  const others = (Object.keys(OWNERS) as (keyof typeof OWNERS)[]).map((owner) => {
    const theirs = frames.filter((frame) => frame.owner === owner);
    if (theirs.length === 0) return "";
    return `<details><summary>${theirs.length} ${theirs.length === 1 ? "call" : "calls"} ${OWNERS[owner]}</summary><ol>${list(theirs, root)}</ol></details>`;
  });
  return `${own.length === 0 ? "" : `<ol class="own">${list(own, root)}</ol>`}${others.join("")}`;
}

const list = (frames: readonly FailureFrame[], root: string): string =>
  frames
    .map((frame) => {
      const callee = frame.callee === "" ? "" : `<b>${escaped(frame.callee)}</b> `;
      return `<li><code>${callee}${escaped(positionIn(root, frame))}</code></li>`;
    })
    .join("");

const firstLine = (text: string): string => text.trimStart().split("\n")[0] ?? "";

function rest(text: string): string {
  const below = text.trimStart().split("\n").slice(1).join("\n").trim();
  return below === "" ? "" : `<pre>${escaped(below)}</pre>`;
}

function rows(fields: FlatFields): string {
  const found: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i]!, fields[i + 1]!];
    found.push(`<dt>${escaped(name)}</dt><dd><code>${escaped(masked(name, value))}</code></dd>`);
  }
  return found.join("");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For text and for values in quotes. Marks that write from right to left would show code in an order that it does not have. */
const escaped = (text: string): string => printable(text).replace(/[&<>"']/g, (char) => ESCAPES[char]!);

const STYLE = `:root{color-scheme:light dark;--red:#b3261e;--mark:#b3261e1f;--quiet:#5f6368;--box:#8881}
@media(prefers-color-scheme:dark){:root{--red:#ff8a80;--mark:#ff8a8030;--quiet:#a0a4a8;--box:#fff1}}
*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:0 1rem 2rem}
header{border-left:4px solid var(--red);margin:1.2rem 0 1rem;padding:.1rem 0 .1rem .8rem}.what{color:var(--quiet);margin:0}
h1,.cause{font-size:1.25rem;line-height:1.35;margin:.2rem 0 0;overflow-wrap:anywhere;white-space:pre-wrap}.name{color:var(--red)}
h2{font-size:1rem;margin:1.6rem 0 .2rem}.cause{font-size:1.05rem;font-weight:bold}
code,pre{font:13px/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}code{overflow-wrap:anywhere}
pre{background:var(--box);border-radius:6px;margin:.6rem 0 1rem;overflow-x:auto;padding:.6rem 0;tab-size:2;white-space:pre-wrap;overflow-wrap:anywhere}
main>pre:not(.code){padding:.6rem .8rem}.code{white-space:pre;overflow-wrap:normal}.code code{display:block;min-width:max-content;overflow-wrap:normal}.code span{display:block;padding:0 .8rem}
.code .here{background:var(--mark);box-shadow:inset 3px 0 var(--red)}.code .caret{color:var(--red);font-weight:bold}
.place{margin:.6rem 0 0}.place code{font-weight:bold}ol{margin:.4rem 0;padding-left:1.6rem}details{margin:.4rem 0}summary{color:var(--quiet);cursor:pointer}
dl{display:grid;gap:.2rem 1rem;grid-template-columns:minmax(6rem,max-content) 1fr}dt{color:var(--quiet)}dd{margin:0}
@media(max-width:40rem){dl{display:block}dd{margin:0 0 .4rem}}
#again{background:var(--mark);border-radius:6px;padding:.4rem .8rem}footer{border-top:1px solid #8884;color:var(--quiet);font-size:.85rem;margin-top:1.6rem;padding-top:.6rem}`;

// Loaded for the first page: it takes 6 ms, and most starts go well.
const hash = (text: string): string =>
  `sha256-${process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("base64")}`;

let policy: string | undefined;

/** No part of it may come from elsewhere, and no script but the page's own runs, whatever was thrown. */
export function pagePolicy(): string {
  policy ??= policyOf();
  return policy;
}

const policyOf = (): string =>
  [
    "default-src 'none'",
    `style-src '${hash(STYLE)}'`,
    `script-src '${hash(PAGE_SCRIPT)}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join("; ");
