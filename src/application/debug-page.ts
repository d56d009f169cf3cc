// The page for an error in development: what was thrown, the line with its neighbours, the frames of the application first, the request.
// Made only where `settings.debug` is true: it shows code. Whatever is named like a secret is masked all the same.

import { createHash } from "node:crypto";
import { type FailureFrame, framesOf as stackOf } from "../modules/details.ts";
import { MASK, masked } from "../modules/secrets.ts";
import { SourceMaps } from "../modules/source-map.ts";
import { isUsers, placeAmong, positionOf, read, type StackFrame, showPlace, summary } from "../modules/stack.ts";
import { type Html, html, raw } from "./html.ts";
import type { Request } from "./request.ts";
import type { Resolver } from "./resolver.ts";
import { Response } from "./response.ts";
import { titleOf } from "./route-table.ts";

/** Shown with the lines around them: more is a wall. */
const FRAMES_WITH_CODE = 3;
const FRAMES_SHOWN = 30;
const CAUSES_SHOWN = 4;

/** 500, with code and request. */
export function debugPage(request: Request, error: unknown): Response {
  const causes = causesOf(error);
  if (wantsJson(request)) {
    return json(500, {
      status: 500,
      error: summary(error),
      stack: framesOf(error).slice(0, FRAMES_SHOWN).map(frameText),
      ...(causes.length === 0 ? {} : { causes: causes.map(summary) }),
    });
  }
  const { resolverMatch } = request;
  return page(request, {
    status: 500,
    title: summary(error),
    parts: [
      html`<p>${request.method} ${request.path}${resolverMatch === undefined ? "" : `, route "${resolverMatch.route}" ${resolverMatch.viewName}`}</p>`,
      frames(error),
      ...causes.map((cause) => html`<h2>Caused by ${summary(cause)}</h2>${frames(cause)}`),
    ],
  });
}

/** 404, with the routes that there are. */
export function debugNotFound(request: Request, resolver: Resolver): Response {
  const routes = resolver.routes.map((route) => titleOf(route).slice("route ".length));
  if (wantsJson(request)) return json(404, { status: 404, error: "Not Found", path: request.path, routes });
  return page(request, {
    status: 404,
    title: `No route matches ${JSON.stringify(request.pathInfo)}`,
    parts: [
      routes.length === 0 ? html`<p>There are no routes.</p>` : html`<p>These were tried:</p>`,
      html`<ol>${routes.map((route) => html`<li><code>${route}</code></li>`)}</ol>`,
    ],
  });
}

const wantsJson = (request: Request): boolean =>
  request.preferred(["text/html", "application/json"]) === "application/json";

const json = (status: number, value: unknown): Response =>
  new Response(`${JSON.stringify(value, null, 2)}\n`, { status, contentType: "application/json" });

/** Those of the application's own files first, then of its packages, then of Node and of tsgi; each innermost first. */
function framesOf(error: unknown): readonly StackFrame[] {
  const rank = ({ owner }: FailureFrame): number => (owner === "application" ? 0 : owner === "package" ? 1 : 2);
  return [...stackOf(error, new SourceMaps())].sort((left, right) => rank(left) - rank(right));
}

/** Nothing else is shown, whatever a stack says: no keys, no lists of users. */
const SOURCE = /\.[cm]?[jt]sx?$/;

function frames(error: unknown): Html {
  const all = framesOf(error);
  const own = placeAmong(all);
  const shown = all.slice(0, FRAMES_SHOWN).map((frame, at) => {
    const code =
      at < FRAMES_WITH_CODE && isUsers(frame.file) && SOURCE.test(frame.file)
        ? showPlace(frame).split("\n\n")[1]
        : undefined;
    return html`<li${raw(frame === own ? ' class="own"' : "")}><code>${frameText(frame)}</code>${
      code === undefined ? "" : html`<pre>${code}</pre>`
    }</li>`;
  });
  return shown.length === 0 ? html`<p>It has no stack.</p>` : html`<ol>${shown}</ol>`;
}

const frameText = (frame: StackFrame): string =>
  frame.callee === "" ? positionOf(frame) : `${frame.callee} (${positionOf(frame)})`;

function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  let cause = read(error, "cause");
  while (cause !== undefined && causes.length < CAUSES_SHOWN) {
    causes.push(cause);
    cause = read(cause, "cause");
  }
  return causes;
}

type Rows = readonly (readonly [name: string, value: string])[];

function table(title: string, rows: Rows): Html | string {
  if (rows.length === 0) return "";
  return html`<h2>${title}</h2><table>${rows.map(
    ([name, value]) => html`<tr><th>${name}</th><td><code>${masked(name, value)}</code></td></tr>`,
  )}</table>`;
}

/** What of a request cannot be read is left out: the page must come in any case. */
function rowsOf(make: () => Iterable<readonly [string, unknown]>): Rows {
  try {
    return [...make()].map(([name, value]) => [name, String(value)] as const);
  } catch {
    return [];
  }
}

interface Page {
  readonly status: number;
  readonly title: string;
  readonly parts: readonly Html[];
}

function page(request: Request, { status, title, parts }: Page): Response {
  const text = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><meta name="robots" content="noindex"><style>${raw(STYLE)}</style></head>
<body>
<header><h1>${title}</h1></header>
${parts}
${table(
  "Parameters",
  rowsOf(() => Object.entries(request.resolverMatch?.params ?? {})),
)}
${table(
  "Query",
  rowsOf(() => request.query),
)}
${table(
  "Headers",
  rowsOf(() => request.headers),
)}
${table(
  "Cookies",
  // A cookie may be whatever the application keeps there: none of them is shown.
  rowsOf(() => Object.keys(request.cookies).map((name) => [name, MASK] as const)),
)}
<footer>This page is shown because <code>settings.debug</code> is true. Visitors must never see it.</footer>
</body>
</html>
`;
  return new Response(text, { status, headers: { "Cache-Control": "no-store", "Content-Security-Policy": POLICY } });
}

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:0 1.5rem 3rem}
header{border-bottom:3px solid #c33;margin-bottom:1rem}h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin-top:2rem}
code,pre{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere}pre{background:#8881;border-radius:4px;overflow-x:auto;padding:.8rem}
li{margin:.3rem 0}li.own>code{font-weight:bold}table{border-collapse:collapse;width:100%}th,td{border-top:1px solid #8884;padding:.3rem .6rem;text-align:left;vertical-align:top}
th{font-weight:normal;white-space:nowrap;width:12rem}footer{color:#888;margin-top:3rem}`;

// A policy of its own, which SecurityMiddleware leaves as it is: that of the site would rarely let this style through. No script, whatever
// stands in what was thrown.
const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; frame-ancestors 'none'`;
