// A failure in parts, as those show it who do not print a text: what was thrown, where, and the calls that led there.

/** One call of a stack, as it was written where there is a source map. */
export interface FailureFrame {
  /** Empty for the top of a module. */
  readonly callee: string;
  /** An absolute path, or a `node:` name. */
  readonly file: string;
  readonly line: number;
  /** 0 when it is not known. */
  readonly column: number;
  /** Whose: the program's, of a package in node_modules, of tsgi, or of Node. */
  readonly owner: "application" | "package" | "server" | "node";
}

export interface FailureDetails {
  /** `TypeError`. */
  readonly name: string;
  readonly message: string;
  /** Where to look first. */
  readonly place: { readonly file: string; readonly line: number; readonly column: number } | null;
  /** The lines around it with a caret (code-frame.ts); empty where the file cannot be read. */
  readonly excerpt: string;
  /** Innermost first. */
  readonly frames: readonly FailureFrame[];
  readonly causes: readonly FailureDetails[];
}
