// The family of responses, by the one name that the rest of the room imports.

export { EventStreamResponse, type ServerSentEvent } from "./event-stream.ts";
export { FileResponse, type FileResponseInit } from "./file-response.ts";
export { JsonResponse } from "./json-response.ts";
export {
  type Closer,
  type Content,
  Response,
  type ResponseInit,
  type SetSignedCookieOptions,
} from "./response-base.ts";
export { NotAllowed, NotModified, Redirect, type RedirectInit } from "./status-responses.ts";
export { type StreamContent, StreamingResponse } from "./streaming-response.ts";
export { type PostRender, type Template, TemplateResponse } from "./template-response.ts";
export { type WebSocketInit, WebSocketResponse } from "./websocket-response.ts";
