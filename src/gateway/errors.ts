// `tsgi.errors`: where an application writes what an operator should read. Lines go to the server log with the request id.

/** Takes one line, without its line end. */
export type ErrorSink = (line: string) => void;

/** PEP 3333, Input and Error Streams: `write`, `writelines` and `flush`; text only, never throws for odd characters. */
export class ErrorStream {
  readonly #sink: ErrorSink;
  #partial = "";

  constructor(sink: ErrorSink) {
    this.#sink = sink;
  }

  /** Text goes out line by line; what follows the last line end waits for more, for `flush`, or for the end of the request. */
  write(text: string): void {
    const whole = this.#partial + String(text);
    const end = whole.lastIndexOf("\n");
    this.#partial = whole.slice(end + 1);
    if (end >= 0) for (const line of whole.slice(0, end).split("\n")) this.#sink(line);
  }

  /** Writes each text as it is; no line ends are added. */
  writelines(texts: Iterable<string>): void {
    for (const text of texts) this.write(text);
  }

  flush(): void {
    if (this.#partial === "") return;
    const line = this.#partial;
    this.#partial = "";
    this.#sink(line);
  }
}
