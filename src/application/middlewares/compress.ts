// Sends bodies compressed to clients that take it (Django's GZipMiddleware, with Brotli): small ones at once, large and endless ones as they
// come. Decides which responses; how it is done is in compression.ts.

import { parseEtags } from "../conditional.ts";
import { Middleware } from "../middleware.ts";
import type { Request } from "../request.ts";
import { type Response, StreamingResponse } from "../response.ts";
import type { CompressSettings, Settings } from "../settings.ts";
import type { GetResponse } from "../types.ts";
import { chooseCoding } from "./accept-encoding.ts";
import { compressed, compressedStream } from "./compression.ts";
import { ConditionalGetMiddleware } from "./conditional-get.ts";
import { mustPrecede } from "./order.ts";
import { varyOnEncoding } from "./vary.ts";

/** Bytes above which a body is compressed off the event loop, which others wait for: a millisecond or two. */
const MOST_AT_ONCE = 65_536;

/** Text in one form or another. Pictures, films and archives are compressed already. */
const COMPRESSIBLE =
  /^(?:text\/|application\/(?:json|javascript|ecmascript|xml|wasm|graphql|x-ndjson|vnd\.ms-fontobject|[\w.-]+\+(?:json|xml))|image\/(?:svg\+xml|bmp)|font\/(?:ttf|otf))/i;
const NO_TRANSFORM = /(?:^|[\s,])no-transform(?:$|[\s,;])/i;

export class CompressMiddleware extends Middleware {
  readonly #compress: CompressSettings;

  /** @throws ImproperlyConfigured when ConditionalGetMiddleware comes before it: padding makes each answer another one. */
  constructor(getResponse: GetResponse, settings: Settings) {
    super(getResponse, settings);
    this.#compress = settings.compress;
    mustPrecede(settings, new.target, ConditionalGetMiddleware);
  }

  override processResponse(request: Request, response: Response): Response {
    if (response.status === 304) return likeTheWhole(request, response);
    if (!this.#isFit(response)) return response;
    // Also where this client takes none: a cache has to keep the two apart.
    varyOnEncoding(response.headers);
    const coding = chooseCoding(request.environ["HTTP_ACCEPT_ENCODING"]);
    if (coding === undefined) return response;
    if (response instanceof StreamingResponse) {
      response.streamingContent = compressedStream(response.streamingContent, coding, this.#compress);
      return mark(response, coding);
    }
    const { content } = response;
    if (response.contentLength! > MOST_AT_ONCE) return mark(this.#streamed(response, content, coding), coding);
    const smaller = compressed(content, coding, this.#compress);
    if (smaller.length >= response.contentLength!) return response;
    response.content = smaller;
    mark(response, coding);
    response.headers.set("Content-Length", String(smaller.length));
    return response;
  }

  #isFit(response: Response): boolean {
    const { headers, status } = response;
    if (status < 200 || status === 204 || status === 206) return false;
    if (!response.streaming && response.contentLength! < this.#compress.minSize) return false;
    return (
      COMPRESSIBLE.test(headers.get("Content-Type") ?? "") &&
      !headers.has("Content-Encoding") &&
      !headers.has("Content-Range") &&
      !NO_TRANSFORM.test(headers.joined("Cache-Control"))
    );
  }

  /** The same response with a body that is compressed as the server asks for it. */
  #streamed(response: Response, content: string | Uint8Array, coding: "br" | "gzip"): StreamingResponse {
    const source = compressedStream([content], coding, this.#compress);
    const streamed = new StreamingResponse(source, { status: response.status, reason: response.reason });
    streamed.headers.delete("Content-Type");
    for (const [name, value] of response.headers) streamed.headers.append(name, value);
    for (const { name, value, options } of response.cookies) streamed.setCookie(name, value, options);
    streamed.closeWith(response);
    return streamed;
  }
}

/**
 * What a 304 says of the page is what its 200 said (RFC 9110 section 15.4.5), and of that it does not know whether it was compressed: the client
 * does. A cache would not take a strong tag for the page that it has under a weak one (RFC 9111 section 4.3.4).
 */
function likeTheWhole(request: Request, response: Response): Response {
  const { headers } = response;
  const etag = headers.get("ETag");
  if (etag === undefined || headers.has("Content-Encoding")) return response;
  varyOnEncoding(headers);
  const had = parseEtags(request.headers.get("If-None-Match") ?? "");
  if (!etag.startsWith("W/") && !had.includes(etag) && had.includes(`W/${etag}`)) headers.set("ETag", `W/${etag}`);
  return response;
}

function mark<R extends Response>(response: R, coding: string): R {
  const { headers } = response;
  headers.set("Content-Encoding", coding);
  // Not the bytes that they were said of: neither length nor parts nor a strong tag hold any longer.
  headers.delete("Content-Length");
  headers.delete("Accept-Ranges");
  const etag = headers.get("ETag");
  if (etag?.startsWith('"') === true) headers.set("ETag", `W/${etag}`);
  return response;
}
