// Which request gets which answer. The one file that knows both HTTP and the items; start reading here.
// A TSGI application is a function of two arguments, and `paste` at the top makes it.

import { Buffer } from "node:buffer";
import type { Application, Body, Environ } from "tsgi";
import { HttpError, notFound } from "./http-error.ts";
import { receive } from "./intake.ts";
import { errorPage, indexPage, itemPage } from "./pages.ts";
import { type Item, isId, type Store } from "./storage.ts";
import { PAGE_POLICY } from "./style.ts";

interface Reply {
  readonly status: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Body;
}

/** The application over a store. Nothing of a request outlives it: all state is in the store's folder. */
export function paste(store: Store): Application {
  return async (environ, startResponse) => {
    const { status, headers, body } = await answer(environ, store);
    startResponse(status, [...headers, ["X-Content-Type-Options", "nosniff"], ["Referrer-Policy", "no-referrer"]]);
    return body;
  };
}

/** @param name The part of the path that the route's pattern put into parentheses. */
type Handler = (environ: Environ, store: Store, name: string) => Promise<Reply>;

const ROUTES: readonly { readonly path: RegExp; readonly methods: Readonly<Record<string, Handler>> }[] = [
  { path: /^()\/$/, methods: { GET: index, POST: create, PUT: create } },
  { path: /^()\/raw-upload$/, methods: { POST: create, PUT: create } },
  { path: /^\/([^/]+)$/, methods: { GET: show, PUT: create, DELETE: remove } },
  { path: /^\/([^/]+)\/raw$/, methods: { GET: raw } },
  { path: /^\/([^/]+)\/delete$/, methods: { POST: removeByForm } },
];

async function answer(environ: Environ, store: Store): Promise<Reply> {
  try {
    return await dispatch(environ, store);
  } catch (error) {
    // What is not a refusal of ours is the server's to answer and to log: a client that left, a disk that failed.
    if (!(error instanceof HttpError)) throw error;
    return refuse(environ, error);
  }
}

function dispatch(environ: Environ, store: Store): Promise<Reply> {
  // Mounted under a prefix and asked for without the slash, from which every relative link would lead astray.
  if (environ.PATH_INFO === "") return Promise.resolve(redirect("308 Permanent Redirect", `${prefixOf(environ)}/`));
  for (const { path, methods } of ROUTES) {
    const match = path.exec(environ.PATH_INFO);
    if (match === null) continue;
    const allowed = Object.keys(methods).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    const method = environ.REQUEST_METHOD;
    if (!allowed.includes(method))
      throw new HttpError("405 Method Not Allowed", "That cannot be done here.", [["Allow", allowed.join(", ")]]);
    if (method !== "GET" && method !== "HEAD") refuseForeignForms(environ);
    // The server leaves out the body of an answer to HEAD.
    const handler = methods[method === "HEAD" ? "GET" : method]!;
    return handler(environ, store, match[1]!);
  }
  throw notFound();
}

/** A form on somebody else's page must not create or delete in a visitor's name. Browsers say where a form was; curl does not. */
function refuseForeignForms(environ: Environ): void {
  const site = environ["HTTP_SEC_FETCH_SITE"];
  if (site === "cross-site" || site === "same-site")
    throw new HttpError("403 Forbidden", "This form was on another site.");
}

const ITEMS_PER_PAGE = 50;

async function index(environ: Environ, store: Store): Promise<Reply> {
  const before = new URLSearchParams(environ.QUERY_STRING).get("before") ?? undefined;
  const from = before !== undefined && isId(before) ? before : undefined;
  // One more than is shown tells whether there are older ones.
  const found = await store.list(ITEMS_PER_PAGE + 1, from);
  const items = found.slice(0, ITEMS_PER_PAGE);
  const olderThan = found.length > items.length ? items.at(-1)?.id : undefined;
  const facts = {
    items,
    olderThan,
    newest: from === undefined,
    address: addressOf(environ),
    limitBytes: store.limitBytes,
    now: store.now(),
  };
  return page("200 OK", indexPage(facts));
}

async function create(environ: Environ, store: Store, name: string): Promise<Reply> {
  const item = await receive(environ, store, name);
  const url = `${addressOf(environ)}${item.id}`;
  // A browser has sent a form and wants a page; curl has sent bytes and wants to know where they are.
  const isForm =
    environ.REQUEST_METHOD === "POST" &&
    /^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(environ.CONTENT_TYPE ?? "");
  if (isForm && environ.PATH_INFO === "/") return redirect("303 See Other", item.id, `${url}\n`);
  return text("201 Created", `${url}\n`, [["Location", item.id]]);
}

/** How much of a text its page shows. */
const PREVIEW_BYTES = 262_144;

async function show(_environ: Environ, store: Store, id: string): Promise<Reply> {
  const item = await itemOf(store, id);
  const preview = item.text ? await beginningOf(store, item) : undefined;
  return page(
    "200 OK",
    itemPage({ item, preview, cut: preview !== undefined && item.size > PREVIEW_BYTES, now: store.now() }),
  );
}

async function beginningOf(store: Store, item: Item): Promise<string> {
  const file = await store.open(item);
  if (file === undefined) throw notFound();
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.min(item.size, PREVIEW_BYTES)) });
    // As a stream, so that a character which the end cuts through is left out.
    return new TextDecoder().decode(buffer.subarray(0, bytesRead), { stream: true });
  } finally {
    await file.close();
  }
}

/** The bytes. An item never changes, so its id is its ETag; it may be deleted, so caches must ask each time. */
async function raw(environ: Environ, store: Store, id: string): Promise<Reply> {
  const item = await itemOf(store, id);
  const etag = `"${item.id}"`;
  const shared = [
    ["ETag", etag],
    ["Cache-Control", "private, no-cache"],
  ] as const;
  if (matches(environ["HTTP_IF_NONE_MATCH"], etag)) return { status: "304 Not Modified", headers: shared, body: [] };
  const headers = [
    ...shared,
    ["Content-Type", item.type],
    ["Content-Length", String(item.size)],
    ["Last-Modified", new Date(item.createdAt).toUTCString()],
    // What somebody uploaded must never run as a page of this site: not as a document, not in a frame.
    ["Content-Security-Policy", "default-src 'none'; sandbox"],
    ...(item.name === "" && item.type.startsWith("text/plain")
      ? []
      : [["Content-Disposition", attachment(item.name || `${item.id}.bin`)] as const]),
  ] as const;
  if (environ.REQUEST_METHOD === "HEAD") return { status: "200 OK", headers, body: [] };
  const file = await store.open(item);
  if (file === undefined) throw notFound();
  // Read block by block as the client takes them, and closed by the server, however the response ends.
  return { status: "200 OK", headers, body: environ["tsgi.file_wrapper"](file) };
}

async function remove(_environ: Environ, store: Store, id: string): Promise<Reply> {
  if (!(await store.delete(id))) throw notFound();
  return { status: "204 No Content", headers: [], body: [] };
}

async function removeByForm(_environ: Environ, store: Store, id: string): Promise<Reply> {
  if (!(await store.delete(id))) throw notFound();
  return redirect("303 See Other", "../");
}

async function itemOf(store: Store, id: string): Promise<Item> {
  const item = await store.find(id);
  if (item === undefined) throw notFound();
  return item;
}

/** RFC 9110 section 13.1.2: `*`, or a list of tags of which a weak one counts too. */
function matches(ifNoneMatch: unknown, etag: string): boolean {
  if (typeof ifNoneMatch !== "string") return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}

/** RFC 6266 section 5: a plain name for old clients, and the true one in UTF-8. */
function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** The path under which the application is mounted, as it stands in a link. */
const prefixOf = (environ: Environ): string => environ.SCRIPT_NAME.split("/").map(encodeURIComponent).join("/");

/** Where the application is, as the client names it (PEP 3333, URL Reconstruction). Only ever told to that same client. */
function addressOf(environ: Environ): string {
  const { SERVER_NAME: name, SERVER_PORT: port } = environ;
  const host = environ["HTTP_HOST"] || `${name.includes(":") ? `[${name}]` : name}:${port}`;
  return `${environ["tsgi.url_scheme"]}://${host}${prefixOf(environ)}/`;
}

/** A page where a page is wanted, and a line of text for curl. */
function refuse(environ: Environ, error: HttpError): Reply {
  const accept = environ["HTTP_ACCEPT"];
  if (typeof accept !== "string" || !accept.includes("text/html"))
    return text(error.status, `${error.message}\n`, error.headers);
  const depth = environ.PATH_INFO.split("/").length - 2;
  const reply = page(
    error.status,
    errorPage({ status: error.status, message: error.message, home: depth > 0 ? "../".repeat(depth) : "./" }),
  );
  return { ...reply, headers: [...reply.headers, ...error.headers] };
}

const page = (status: string, body: string): Reply => ({
  status,
  headers: [
    ["Content-Type", "text/html; charset=utf-8"],
    ["Content-Security-Policy", PAGE_POLICY],
    ["Cache-Control", "no-store"],
  ],
  body,
});

const text = (status: string, body: string, headers: Reply["headers"] = []): Reply => ({
  status,
  headers: [["Content-Type", "text/plain; charset=utf-8"], ["Cache-Control", "no-store"], ...headers],
  body,
});

/** Relative, so that it leads to the right place even where a proxy has taken a prefix away that nobody told us of. */
const redirect = (status: string, location: string, body = ""): Reply => text(status, body, [["Location", location]]);
