// The response that shows a failure to the one who asked, in the form that it reads. Never called in production: it shows code.

import { Buffer } from "node:buffer";
import type { FailureDetails } from "../modules/details.ts";
import { positionIn } from "../modules/show-details.ts";
import { printable, printableJson } from "../observe/pretty.ts";
import type { FlatFields, ResponseEvent } from "../protocol/events.ts";
import { REASONS } from "../protocol/refusal.ts";
import { isLocal, NOT_LOCAL } from "./hosts.ts";
import { errorPage, type PageParts, pagePolicy, type Shown } from "./page.ts";
import { type Form, formFor } from "./preference.ts";
import { OWN_PAGES } from "./words.ts";

const STATUS = 500;

const TYPES: Readonly<Record<Form, string>> = {
  html: "text/html; charset=utf-8",
  json: "application/json",
  text: "text/plain; charset=utf-8",
};

/** A whole response: no part of it can be asked for, and no cache keeps it. */
export function answerWith(parts: PageParts): ResponseEvent {
  const { head, requestId, anyHost = false } = parts;
  const isShown = anyHost || isLocal(head.fields);
  const form = isShown ? formFor(head.fields) : "text";
  const body = Buffer.from(isShown ? textFor(form, parts) : `${NOT_LOCAL}request ${requestId}\n`);
  const fields: FlatFields = [
    ...["Content-Type", TYPES[form], "Cache-Control", "no-store", "X-Content-Type-Options", "nosniff"],
    ...["X-Request-Id", requestId, "Vary", "Accept"],
    ...(form === "html" ? ["Content-Security-Policy", pagePolicy(), "Referrer-Policy", "no-referrer"] : []),
  ];
  const page: ResponseEvent = {
    ...{ type: "response", status: STATUS, reason: REASONS[STATUS]!, fields, length: body.length, date: "" },
    // Its text is what GET would have had (RFC 9110 section 9.3.2).
    ...{ close: false, body: head.method === "HEAD" ? undefined : body, more: false },
  };
  OWN_PAGES.add(page);
  return page;
}

function textFor(form: Form, parts: PageParts): string {
  if (form === "html") return errorPage(parts);
  const { shown, requestId, root } = parts;
  // Also what comes as text is looked at in a terminal.
  if (form === "json") {
    const lines = JSON.stringify({ error: { ...inJson(shown, root), requestId } }, null, 2).split("\n");
    return `${lines.map(printableJson).join("\n")}\n`;
  }
  return `${printable(`${shown.heading}\n\n${shown.text.trimEnd()}`)}\n\nrequest ${requestId}\n`;
}

function inJson({ heading, text, details }: Shown, root: string): object {
  if (details === null)
    return { name: "", message: text, what: heading, place: null, excerpt: "", frames: [], causes: [] };
  return { ...parted(details, root), what: heading };
}

const parted = ({ name, message, place, excerpt, frames, causes }: FailureDetails, root: string): object => ({
  ...{ name, message, place: place === null ? null : positionIn(root, place), excerpt },
  frames: frames.map(({ callee, owner, ...at }) => ({ callee, at: positionIn(root, at), owner })),
  causes: causes.map((cause) => parted(cause, root)),
});
