// The three ways in: a text from a form, a file from a form, and a bare body from curl. Each becomes an item, or nothing at all.
// A file goes from the wire to the disk chunk by chunk; only the small fields of a form are ever held in memory.

import { Buffer } from "node:buffer";
import type { Environ } from "tsgi";
import { badRequest, tooLarge } from "./http-error.ts";
import { type PartEvent, readMultipart } from "./multipart.ts";
import type { Description, Draft, Item, Store } from "./storage.ts";

const HOUR = 3_600_000;

/** What may stand in `expires`, with the milliseconds that an item then lives. */
export const EXPIRIES: ReadonlyMap<string, { readonly label: string; readonly lifetime: number | null }> = new Map([
  ["never", { label: "for ever", lifetime: null }],
  ["1h", { label: "for an hour", lifetime: HOUR }],
  ["1d", { label: "for a day", lifetime: 24 * HOUR }],
  ["1w", { label: "for a week", lifetime: 7 * 24 * HOUR }],
  ["30d", { label: "for 30 days", lifetime: 30 * 24 * HOUR }],
]);

/** A pasted text is held in memory once, decoded; whatever is larger is a file. */
const MAX_TEXT_BYTES = 1_048_576;
const MAX_TITLE_CHARACTERS = 200;
/** Bytes of the other fields, in UTF-8. */
const MAX_FIELD_BYTES = 1_000;
const MAX_PARTS = 20;
/** Boundaries, heads and small fields around a file. */
const FORM_OVERHEAD_BYTES = 65_536;

/** Reads a request to the end and makes an item of it. @throws HttpError 400, 413, 507; nothing is left behind. */
export async function receive(environ: Environ, store: Store, pathName: string): Promise<Item> {
  const contentType = environ.CONTENT_TYPE ?? "";
  const essence = contentType.replace(/;.*/s, "").trim().toLowerCase();
  // curl --data-binary says that it sends a form; at an address that takes bare bytes it does not.
  const isForm = environ.REQUEST_METHOD === "POST" && environ.PATH_INFO === "/";
  if (isForm && essence === "application/x-www-form-urlencoded") return receiveText(environ, store);
  if (isForm && essence === "multipart/form-data") return receiveMultipart(environ, store, contentType);
  return receiveRaw(environ, store, {
    name: pathName,
    type: essence === "application/x-www-form-urlencoded" ? "" : contentType,
  });
}

async function receiveText(environ: Environ, store: Store): Promise<Item> {
  // Percent-encoding makes three bytes of one.
  const limit = 3 * MAX_TEXT_BYTES + FORM_OVERHEAD_BYTES;
  const chunks: Uint8Array[] = [];
  for await (const chunk of bounded(environ, limit, TEXT_TOO_LARGE)) chunks.push(chunk);
  const fields = parseUrlencoded(Buffer.concat(chunks).toString("latin1"));
  return saveText(store, fields);
}

const TEXT_TOO_LARGE = "A pasted text may have at most 1 MB. Upload it as a file.";

async function saveText(store: Store, fields: ReadonlyMap<string, string>): Promise<Item> {
  const description = describe({
    title: fields.get("title"),
    expires: fields.get("expires"),
    name: "",
    type: "text/plain; charset=utf-8",
  });
  // Forms send CRLF for every line end (WHATWG HTML, form submission); a script pasted so would not run.
  const text = Buffer.from((fields.get("text") ?? "").replaceAll("\r\n", "\n"));
  if (text.length === 0) throw badRequest("There is no text in this form.");
  if (text.length > MAX_TEXT_BYTES) throw tooLarge(TEXT_TOO_LARGE);
  return keep(store, async (draft) => {
    await draft.write(text);
    return description;
  });
}

/** @throws HttpError 400 where a percent sign is not an escape, or the bytes are not UTF-8. */
export function parseUrlencoded(body: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const pair of body.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
    try {
      fields.set(decodeURIComponent(name.replaceAll("+", " ")), decodeURIComponent(value.replaceAll("+", " ")));
    } catch {
      throw badRequest("This form is not well encoded.");
    }
  }
  return fields;
}

async function receiveMultipart(environ: Environ, store: Store, contentType: string): Promise<Item> {
  const body = bounded(environ, store.limitBytes + FORM_OVERHEAD_BYTES, store.tooLarge);
  const events = readMultipart(body, contentType);
  const fields = new Map<string, string>();
  let file: { readonly draft: Draft; readonly name: string; readonly type: string } | undefined;
  let parts = 0;
  try {
    // Fields may stand before and after the file, so the item is described when everything has been read.
    for await (const part of events) {
      if (part.type !== "part") continue;
      parts += 1;
      if (parts > MAX_PARTS) throw badRequest("This form has too many fields.");
      if (part.filename === undefined) fields.set(part.name, await readField(events, part.name));
      else {
        if (file !== undefined) throw badRequest("This form has more than one file: send them one by one.");
        file = {
          draft: await store.draft(),
          name: cleanName(part.filename),
          type: cleanType(part.contentType ?? "", part.filename),
        };
        await copy(events, file.draft);
      }
    }
    if (file === undefined) return await saveText(store, fields);
    if (file.name === "" && file.draft.size === 0) throw badRequest("No file was chosen.");
    return await file.draft.commit(describe({ title: fields.get("title"), expires: fields.get("expires"), ...file }));
  } finally {
    await file?.draft.discard();
  }
}

async function copy(events: AsyncIterator<PartEvent, void>, draft: Draft): Promise<void> {
  for (let next = await events.next(); next.done !== true; next = await events.next()) {
    if (next.value.type !== "data") return;
    await draft.write(next.value.bytes);
  }
}

async function readField(events: AsyncIterator<PartEvent, void>, name: string): Promise<string> {
  const limit = name === "text" ? MAX_TEXT_BYTES : MAX_FIELD_BYTES;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await events.next(); next.done !== true && next.value.type === "data"; next = await events.next()) {
    size += next.value.bytes.length;
    if (size > limit) throw tooLarge(name === "text" ? TEXT_TOO_LARGE : "A field of this form is too long.");
    chunks.push(next.value.bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function receiveRaw(
  environ: Environ,
  store: Store,
  said: { readonly name: string; readonly type: string },
): Promise<Item> {
  const query = parseUrlencoded(environ.QUERY_STRING);
  const name = cleanName(said.name || (query.get("name") ?? ""));
  // What has no name is shown in the browser, where nothing but plain text is harmless: see raw() in service.ts.
  const type = name === "" ? "" : cleanType(said.type, name);
  const description = describe({ title: query.get("title"), expires: query.get("expires"), name, type });
  return keep(store, async (draft) => {
    for await (const chunk of bounded(environ, store.limitBytes, store.tooLarge)) await draft.write(chunk);
    if (draft.size === 0 && name === "") throw badRequest("The body is empty.");
    return description;
  });
}

/** A draft that is an item at the end, or is gone: also when the client left, which is an error of the body. */
async function keep(store: Store, fill: (draft: Draft) => Promise<Description>): Promise<Item> {
  const draft = await store.draft();
  try {
    return await draft.commit(await fill(draft));
  } finally {
    await draft.discard();
  }
}

/** The body, as long as it is not too long. One that says so beforehand is not read at all, and its client need not send it. */
async function* bounded(environ: Environ, limit: number, refusal: string): AsyncGenerator<Buffer, void, void> {
  if (Number(environ.CONTENT_LENGTH ?? 0) > limit) throw tooLarge(refusal);
  let size = 0;
  for await (const chunk of environ["tsgi.input"]) {
    size += chunk.length;
    if (size > limit) throw tooLarge(refusal);
    yield chunk;
  }
}

interface Said {
  readonly title: string | undefined;
  readonly expires: string | undefined;
  readonly name: string;
  readonly type: string;
}

function describe({ title, expires, name, type }: Said): Description {
  const expiry = EXPIRIES.get(expires || "never");
  if (expiry === undefined) throw badRequest(`Unknown expiry: expected one of ${[...EXPIRIES.keys()].join(", ")}.`);
  const clean = withoutControls(title ?? "").trim();
  if ([...clean].length > MAX_TITLE_CHARACTERS)
    throw badRequest(`A title may have at most ${MAX_TITLE_CHARACTERS} characters.`);
  return { title: clean, name, type, lifetime: expiry.lifetime };
}

/** The last part of a path of any system. For display and for `Content-Disposition`; no path is ever made of it. */
export function cleanName(said: string): string {
  const name = withoutControls(said.replace(/^.*[/\\]/s, "")).trim();
  return name === "." || name === ".." ? "" : [...name].slice(0, MAX_TITLE_CHARACTERS).join("");
}

// Directional overrides too (Unicode UAX 9): they make "photo\u202Egnp.exe" look like a picture.
const withoutControls = (text: string): string => text.replace(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "");

/** RFC 9110 section 8.3.1, so that nothing else gets into a header. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:[ \t]*;[ \t]*[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[\w !#$&^.+-]*"))*$/;

/** What curl -T leaves out. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["avif", "image/avif"],
  ["gif", "image/gif"],
  ["gz", "application/gzip"],
  ["jpeg", "image/jpeg"],
  ["jpg", "image/jpeg"],
  ["mp4", "video/mp4"],
  ["pdf", "application/pdf"],
  ["png", "image/png"],
  ["webp", "image/webp"],
  ["zip", "application/zip"],
]);

/** A media type that is safe to send; `""` where neither the client nor the ending of the name says one. */
function cleanType(said: string, name: string): string {
  const type = said.trim();
  if (type.length <= 100 && MEDIA_TYPE.test(type) && type !== "application/octet-stream") return type;
  return TYPES.get(/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? "") ?? "";
}
