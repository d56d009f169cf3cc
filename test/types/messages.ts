// Requests and responses of tsgi/application as their users write them, and the mistakes that the types must catch. Compiled, never run.

import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import {
  contentDisposition,
  dumps,
  EventStreamResponse,
  evaluateConditions,
  FileResponse,
  type Form,
  type Html,
  html,
  JsonResponse,
  loads,
  NotAllowed,
  NotModified,
  Redirect,
  type Request,
  Response,
  raw,
  Signer,
  StreamingResponse,
  safeJoin,
  type Template,
  TemplateResponse,
  TimestampSigner,
  type UploadedFile,
  type View,
} from "tsgi/application";

// ---- what fits

export const reads: View = async (request) => {
  const method: string = request.method;
  const agent: string | undefined = request.headers.get("User-Agent");
  for (const [name, value] of request.headers) name.concat(value);
  const page: string | null = request.query.get("page");
  const tags: string[] = request.query.getAll("tag");
  const theme: string | undefined = request.cookies["theme"];
  const user: string | undefined = request.getSignedCookie("user", { salt: "s", maxAge: 60 });
  const wanted: string | undefined = request.preferred(["text/html", "application/json"]);
  const length: number | undefined = request.contentLength;
  const { name } = await request.json<{ readonly name: string }>();
  const anything: unknown = await request.json();
  request.state["started"] = Date.now();
  request.signal.throwIfAborted();
  const body: Buffer = await request.body();
  return new JsonResponse({
    method,
    agent,
    page,
    tags,
    theme,
    user,
    wanted,
    length,
    name,
    anything,
    body: body.length,
  });
};

export const uploads: View = async (request) => {
  const { fields, files }: Form = await request.form();
  const title: string = fields.get("title") ?? "";
  const file: UploadedFile | undefined = files.get("file");
  if (file === undefined) return new Redirect("/upload/");
  for (const one of files.getAll("file")) await one.saveTo(safeJoin("/srv/uploads", one.filename), { overwrite: true });
  for await (const block of file.stream()) String(block).concat(title);
  return new Redirect(request.buildAbsoluteUri("/done/"), { permanent: false, preserve: false });
};

interface Article {
  readonly title: string;
  readonly tags: readonly string[];
}

const page: Template<Article> = ({ title, tags }) => html`<h1>${title}</h1>${tags.map((tag) => html`<i>${tag}</i>`)}`;
const slow: Template<Article> = async ({ title }) => `<h1>${title}</h1>`;

export const answers: readonly View[] = [
  () => new Response("text", { status: 201, contentType: "text/plain", headers: { "X-One": "1" } }),
  () => new Response(html`<p>${null}${1}${raw("<b>")}</p>`, { headers: [["X-One", "1"]] }),
  () => new Response(Buffer.from("x")).setCookie("a", "1", { maxAge: 60, sameSite: "Lax" }).deleteCookie("b"),
  (request) => new Response().setSignedCookie("a", "1", { request, httpOnly: true }),
  () => new JsonResponse([1, 2]).closeWith(() => undefined),
  () => new TemplateResponse(page, { title: "a", tags: [] }),
  () => new TemplateResponse(slow, { title: "a", tags: [] }),
  () => new StreamingResponse(["a", Buffer.from("b")]),
  () =>
    new StreamingResponse(
      (async function* () {
        yield "a";
      })(),
    ),
  () => new StreamingResponse(createReadStream("file")),
  () => new EventStreamResponse([{ event: "tick", data: "1" }]),
  (request) => new FileResponse("file", { request, asAttachment: true, filename: "a.txt" }),
  (request) => FileResponse.from(new URL("file:///file"), { request }),
  async (request) => new FileResponse(await open("file"), { request, etag: false }),
  () => new NotModified({ headers: { ETag: '"a"' } }),
  () => new NotAllowed(["GET"]),
];

export const signs = (request: Request): string => {
  const { settings } = request;
  const text: string = dumps({ id: 1 }, settings, { salt: "mail", compress: true });
  const { id } = loads<{ readonly id: number }>(text, settings, { salt: "mail", maxAge: 60 });
  const signer = new Signer({ key: "k", fallbackKeys: ["old"] });
  const timed = new TimestampSigner({ key: "k", salt: "s" });
  return timed.unsign(signer.unsign(timed.sign(String(id))), { maxAge: 1 });
};

export const verdict: "go-on" | 304 | 412 = evaluateConditions(
  { method: "GET", headers: { get: () => undefined } },
  { etag: '"a"', lastModified: 0 },
);
export const disposition: string | undefined = contentDisposition(true, "a.txt");
export const fragment: Html = html`<p></p>`;

// ---- what does not

export const mistakes = async (request: Request, response: Response): Promise<void> => {
  // @ts-expect-error: a header may be absent
  const host: string = request.headers.get("Host");
  // @ts-expect-error: fields of a request are not set
  request.headers.set("Host", host);
  // @ts-expect-error: a query is not changed
  request.query.append("a", "1");
  // @ts-expect-error: cookies are set on the response
  request.cookies["a"] = "1";
  // @ts-expect-error: nobody knows what the body is
  (await request.json()).name;
  // @ts-expect-error: a body is waited for
  request.body().length;
  // @ts-expect-error: a file may be absent
  (await request.form()).files.get("a").size;
  // @ts-expect-error: a request has no content
  request.content;
  // @ts-expect-error: a status is a number
  response.status = "200";
  // @ts-expect-error: the length is what the content has
  response.contentLength = 5;
  // @ts-expect-error: a value is text
  response.headers.set("Content-Length", 5);
  // @ts-expect-error: there is no such option
  response.setCookie("a", "1", { maxage: 5 });
  // @ts-expect-error: spelled as browsers spell it
  response.setCookie("a", "1", { sameSite: "lax" });
  // @ts-expect-error: whose key signs has to be said
  response.setSignedCookie("a", "1", {});
  // @ts-expect-error: data is a JsonResponse
  new Response({ a: 1 });
  // @ts-expect-error: there is no such part of it
  new Response("", { code: 200 });
  // @ts-expect-error: the context is what the template takes
  new TemplateResponse(page, { title: "a" });
  // @ts-expect-error: a template gives text or Html
  new TemplateResponse(() => 5, {});
  // @ts-expect-error: numbers are no pieces of a body
  new StreamingResponse([1, 2]);
  // @ts-expect-error: an object has no text
  html`${{ a: 1 }}`;
  // @ts-expect-error: nor has a date
  html`${new Date()}`;
  // @ts-expect-error: a key is text
  new Signer({ key: 5 });
};
