// As much of Koa as its test uses: the package brings no types.

declare module "koa" {
  import type { RequestListener } from "node:http";

  interface Context {
    readonly path: string;
    readonly ip: string;
    readonly protocol: string;
    readonly secure: boolean;
    readonly cookies: { set(name: string, value: string): void };
    body: unknown;
    status: number;
    type: string;
    set(name: string, value: string): void;
    throw(status: number, message: string): never;
  }
  export default class Koa {
    constructor(options?: { readonly proxy?: boolean });
    use(middleware: (context: Context, next: () => Promise<void>) => Promise<void>): this;
    on(event: "error", listener: (error: Error) => void): this;
    callback(): RequestListener;
  }
}
