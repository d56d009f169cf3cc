// Where a JSON text breaks the grammar of RFC 8259. JSON.parse decides whether it does and gives the value; its message
// names a place in some versions of Node and for some errors only.

export interface JsonError {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

/** @returns The first place where the text stops being JSON, or undefined when it is JSON. */
export function findJsonError(text: string): JsonError | undefined {
  const scan = new Scan(text);
  const expected = scan.document();
  if (expected === undefined) return undefined;
  const before = text.slice(0, scan.at).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1, expected };
}

// Each method moves past what it names and returns undefined, or stops at the offence and returns what belongs there.
class Scan {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  document(): string | undefined {
    const expected = this.#value();
    if (expected !== undefined) return expected;
    this.#skip(/[ \t\r\n]*/y);
    return this.at === this.#text.length ? undefined : "the end of the file";
  }

  #value(): string | undefined {
    this.#skip(/[ \t\r\n]*/y);
    if (this.#skip(/\{/y)) return this.#items("}", () => this.#member());
    if (this.#skip(/\[/y)) return this.#items("]", () => this.#value());
    if (this.#text[this.at] === '"') return this.#string();
    if (this.#skip(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|(?:true|false|null)\b/y)) return undefined;
    return this.#text[this.at] === "'" ? "a value (text stands in double quotes)" : "a value";
  }

  #items(close: string, item: () => string | undefined): string | undefined {
    this.#skip(/[ \t\r\n]*/y);
    if (this.#take(close)) return undefined;
    for (;;) {
      const expected = item();
      if (expected !== undefined) return expected;
      this.#skip(/[ \t\r\n]*/y);
      if (this.#take(close)) return undefined;
      if (!this.#take(",")) return `a comma or ${close}`;
      this.#skip(/[ \t\r\n]*/y);
      if (this.#text[this.at] === close) return "another item (a comma may not stand before the end)";
    }
  }

  #member(): string | undefined {
    this.#skip(/[ \t\r\n]*/y);
    if (this.#text[this.at] !== '"') return "a key in double quotes";
    const expected = this.#string();
    if (expected !== undefined) return expected;
    this.#skip(/[ \t\r\n]*/y);
    return this.#take(":") ? this.#value() : "a colon";
  }

  #string(): string | undefined {
    if (this.#skip(/"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y)) return undefined;
    this.#skip(/"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y);
    return this.#text[this.at] === "\\" ? "a valid escape" : 'the closing "';
  }

  #take(char: string): boolean {
    if (this.#text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.#text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }
}
