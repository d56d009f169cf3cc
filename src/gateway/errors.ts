// `tsgi.errors`: where an application writes what an operator should read. Lines go to the server log with the request id.

import type { ErrorLevel, Errors } from "./types.ts";

/** Takes one line, or a text of several, without its line end, and the id of the request it belongs to. */
export type ErrorSink = (text: string, requestId: string, level: ErrorLevel) => void;

export const ERROR_LEVELS: readonly string[] = ["error", "warn", "info"] satisfies ErrorLevel[];

/** PEP 3333, Input and Error Streams: `write`, `writelines` and `flush`; text only, never throws for odd characters. */
export class ErrorStream implements Errors {
  readonly #sink: ErrorSink;
  readonly #requestId: string;
  #partial = "";

  constructor(sink: ErrorSink, requestId: string) {
    this.#sink = sink;
    this.#requestId = requestId;
  }

  /**
   * Text goes out line by line; what follows the last line end waits for more, for `flush`, or for the end of the request. With a level it is
   * one record: a stack is no ten errors. A level that there is not is an error's.
   */
  write(text: string, level?: ErrorLevel): void {
    if (level !== undefined) {
      this.flush();
      this.#sink(String(text).replace(/\n$/, ""), this.#requestId, ERROR_LEVELS.includes(level) ? level : "error");
      return;
    }
    const whole = this.#partial + String(text);
    const end = whole.lastIndexOf("\n");
    this.#partial = whole.slice(end + 1);
    if (end >= 0) for (const line of whole.slice(0, end).split("\n")) this.#sink(line, this.#requestId, "error");
  }

  /** Writes each text as it is; no line ends are added. */
  writelines(texts: Iterable<string>): void {
    for (const text of texts) this.write(text);
  }

  flush(): void {
    if (this.#partial === "") return;
    const line = this.#partial;
    this.#partial = "";
    this.#sink(line, this.#requestId, "error");
  }
}
