// What a handler is before anything happens: the members that are plain values, which a subclass overrides with others (wsgiref's class
// attributes). Decides the defaults; does nothing.

import { type FileLike, FileWrapper } from "./file-wrapper.ts";
import type { HandlerFacts, Variables } from "./handler-environ.ts";
import { Headers } from "./headers.ts";
import type { Chunk, HeaderList, WrappedFile } from "./types.ts";

export abstract class HandlerDefaults implements HandlerFacts {
  /** What the environ says of the process. */
  multithread = true;
  multiprocess = true;
  runOnce = false;
  /** Whether the output is an HTTP client's. If not, it is a web server's that speaks CGI: it gets a `Status` field, and has its own Date. */
  originServer = true;
  /** What the status line says. With `1.1`, clients of HTTP/1.1 get a response without a length in chunks; else the end closes it. */
  httpVersion: "1.0" | "1.1" = "1.1";
  /** The Server field, and SERVER_SOFTWARE; undefined for neither. */
  serverSoftware: string | undefined = undefined;
  /** Lies under every environ. Empty, so that no secret of the process is in an error page; `process.env` is what wsgiref has. */
  osEnviron: Variables = {};
  /** `tsgi.file_wrapper` makes one of these; undefined leaves the key out. */
  fileWrapper: (new (file: FileLike, blockSize?: number) => WrappedFile) | undefined = FileWrapper;
  headersClass: new (list: [name: string, value: string][]) => Headers = Headers;
  /** What `errorOutput` says. The body is the status and the request's id where it is undefined. */
  errorStatus = "500 Internal Server Error";
  errorHeaders: HeaderList = [["Content-Type", "text/plain; charset=utf-8"]];
  errorBody: Chunk | undefined = undefined;
  requestId: string = crypto.randomUUID();
}
