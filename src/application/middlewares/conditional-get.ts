// Answers 304 where the client has the page already (Django's ConditionalGetMiddleware; RFC 9110 section 13). The page is made all the same:
// what is saved is its way to the client.

import { hash } from "node:crypto";
import { evaluateConditions } from "../conditional.ts";
import { parseHttpDate } from "../http-date.ts";
import { Middleware } from "../middleware.ts";
import type { Request } from "../request.ts";
import { NotModified, Response } from "../response.ts";

export class ConditionalGetMiddleware extends Middleware {
  override processResponse(request: Request, response: Response): Response {
    // It is too late to prevent what any other method has done; and the body of HEAD may be no measure (Django).
    if (request.method !== "GET" || response.status !== 200) return response;
    const { headers } = response;
    if (!headers.has("ETag") && !response.streaming && !NO_STORE.test(headers.joined("Cache-Control"))) {
      headers.setPair(["ETag", etagOf(response.content)]);
    }
    const etag = headers.get("ETag");
    const lastModified = parseHttpDate(headers.get("Last-Modified"));
    if (etag === undefined && lastModified === undefined) return response;
    const verdict = evaluateConditions(request, { etag, lastModified });
    if (verdict === "go-on") return response;
    const answer = verdict === 304 ? NotModified.of(response) : new Response("", { status: verdict });
    answer.closeWith(response);
    return answer;
  }
}

const NO_STORE = /(?:^|[\s,])no-store(?:$|[\s,;=])/i;

/** Of the bytes of the content, strong: the same bytes, the same tag, in each worker. */
const etagOf = (content: string | Uint8Array): string => `"${hash("sha1", content, "base64url")}"`;
