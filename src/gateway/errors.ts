// `tsgi.errors`: where an application writes what an operator should read. Lines go to the server log with the request id.

import type { Errors } from "./types.ts";

/** Takes one line, without its line end, and the id of the request it belongs to. */
export type ErrorSink = (line: string, requestId: string) => void;

/** PEP 3333, Input and Error Streams: `write`, `writelines` and `flush`; text only, never throws for odd characters. */
export class ErrorStream implements Errors {
  readonly #sink: ErrorSink;
  readonly #requestId: string;
  #partial = "";

  constructor(sink: ErrorSink, requestId: string) {
    this.#sink = sink;
    this.#requestId = requestId;
  }

  /** Text goes out line by line; what follows the last line end waits for more, for `flush`, or for the end of the request. */
  write(text: string): void {
    const whole = this.#partial + String(text);
    const end = whole.lastIndexOf("\n");
    this.#partial = whole.slice(end + 1);
    if (end >= 0) for (const line of whole.slice(0, end).split("\n")) this.#sink(line, this.#requestId);
  }

  /** Writes each text as it is; no line ends are added. */
  writelines(texts: Iterable<string>): void {
    for (const text of texts) this.write(text);
  }

  flush(): void {
    if (this.#partial === "") return;
    const line = this.#partial;
    this.#partial = "";
    this.#sink(line, this.#requestId);
  }
}
