// `tsgi/application`.

import {
  EventStreamResponse,
  FileResponse,
  getApplication,
  JsonResponse,
  path,
  Redirect,
  type Request,
  Response,
  StreamingResponse,
  WebSocketResponse,
} from "tsgi/application";
import * as parts from "./parts.mjs";

const text = (body: string, status = 200) => new Response(body, { status, contentType: "text/plain; charset=utf-8" });

async function* events(signal: AbortSignal) {
  yield { data: "one" };
  await parts.gone(signal);
}

export const application = getApplication({
  allowedHosts: ["*"],
  dataUploadMaxMemorySize: null,
  urls: [
    path("method", (request) => text(request.method)),
    path("path/<path:rest>", (_request, { rest }) => text(rest)),
    path("path/", () => text("")),
    path("query", (request) => {
      const names = [...request.query].map(([name]) => name);
      return new JsonResponse(Object.fromEntries(names.map((name) => [name, request.query.getAll(name)])));
    }),
    path("headers", (request) => new JsonResponse(Object.fromEntries(request.headers))),
    path("set-headers", () => {
      const response = text("ok");
      for (const [name, value] of parts.FIELDS) response.headers.set(name, value);
      response.cookies.set("one", "1", { httpOnly: true });
      response.cookies.set("two", "a b");
      return response;
    }),
    path("cookies", (request) => {
      const response = new JsonResponse({ one: request.cookies["one"], two: request.cookies["two"] });
      response.cookies.set("one", "1", { httpOnly: true });
      response.cookies.set("two", "a b");
      return response;
    }),
    path("digest", async (request) => new JsonResponse(await parts.digestOf(request.stream, request.query.get("id")))),
    path("echo", (request: Request) => {
      const headers: Record<string, string> =
        request.contentLength === undefined ? {} : { "Content-Length": String(request.contentLength) };
      return new StreamingResponse(request.stream, { headers });
    }),
    path("bytes/<int:n>", (_request, { n }) => new Response(parts.bytes(n))),
    path("chunks/<int:n>", (_request, { n }) => new StreamingResponse(parts.pieces(n))),
    path("stream", (request) => new StreamingResponse(parts.duplex(request.stream))),
    path("sse", (request) => new EventStreamResponse(events(request.signal))),
    path("hang", async (request) => {
      parts.say(`hang ${request.query.get("id")}`);
      await parts.gone(request.signal);
      parts.say(`gone ${request.query.get("id")}`);
      return text("nobody");
    }),
    path("file", (request) => new FileResponse(parts.FILE, { request })),
    path("upload", async (request) => {
      const form = await request.form();
      const file = form.files.get("file");
      return new JsonResponse({ note: form.fields.get("note"), file: file?.filename, size: file?.size });
    }),
    path("throw", () => {
      throw new Error("on purpose");
    }),
    path("throw-late", () => new StreamingResponse(parts.breaking())),
    path("refuse", () => text("no", 403)),
    path("redirect", () => new Redirect("/method")),
    path("no-content", () => new Response("", { status: 204 })),
    path("not-modified", () => new Response("", { status: 304, headers: { ETag: '"one"' } })),
    path("ws", (request) => new WebSocketResponse(request, parts.echoing)),
    path("early-hints", (request) => {
      request.environ["tsgi.early_hints"]([["Link", parts.HINTS]]);
      return text("ok");
    }),
    path("trailers", async (request) => {
      const input = request.stream;
      await input.read();
      request.environ["tsgi.trailers"]([["X-Sum", "42"]]);
      return text(JSON.stringify(Object.fromEntries(input.trailers)));
    }),
  ],
});
