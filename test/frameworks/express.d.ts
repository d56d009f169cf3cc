// As much of Express as its tests use: the package brings no types.

declare module "express" {
  import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

  // biome-ignore lint/suspicious/noExplicitAny: what Express adds is Express's to type.
  type Request = IncomingMessage & Record<string, any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  type Response = ServerResponse & Record<string, any>;
  type Next = (error?: unknown) => void;
  type Handler = (request: Request, response: Response, next: Next) => unknown;
  /** Known by its four parameters. */
  export type ErrorHandler = (
    error: Error & { status?: number; type?: string },
    request: Request,
    response: Response,
    next: Next,
  ) => unknown;
  interface Application extends RequestListener {
    get(path: string, ...handlers: Handler[]): this;
    post(path: string, ...handlers: Handler[]): this;
    use(path: string, handler: Handler): this;
    use<H extends Handler | ErrorHandler = Handler>(handler: H): this;
    set(name: string, value: unknown): this;
  }
  interface Express {
    (): Application;
    json(options?: object): Handler;
    urlencoded(options?: object): Handler;
    raw(options?: object): Handler;
    static(root: string, options?: object): Handler;
  }
  const express: Express;
  export default express;
}
