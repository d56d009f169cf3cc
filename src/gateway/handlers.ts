// The public names of `tsgi/handlers`: an application run step by step, where each step can be overridden (wsgiref.handlers).

export { BaseHandler } from "./base-handler.ts";
export { BaseCGIHandler, CGIHandler, IISCGIHandler } from "./cgi-handler.ts";
export type { Outcome } from "./delivery.ts";
export type { Variables } from "./handler-environ.ts";
export { ServerHandler, type ServerHandlerClass, type ServerRequest } from "./server-handler.ts";
export { type Output, SimpleHandler, type SimpleHandlerOptions, type TextOutput } from "./simple-handler.ts";
export type { ByteSource } from "./stream-body.ts";
