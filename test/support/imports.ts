// Reads the import lines of a module's text, without a parser: enough of TypeScript's spelling to know code from words.

export interface ImportLine {
  readonly line: number;
  /** The statement on one line. */
  readonly text: string;
  readonly from: string;
  readonly typeOnly: boolean;
}

const STATIC = /^(?:import|export)(?<type>\s+type)?\s+(?:[\w$*{},\s]+?\sfrom\s+)?["'](?<from>[^"']+)["']/gm;
const DYNAMIC = /\bimport\(\s*["'](?<from>[^"']+)["']/g;

/** Every import and re-export of a module whose comments and templates are blanked, and `import("...")` of a literal. */
export function importsOf(code: string): readonly ImportLine[] {
  return [STATIC, DYNAMIC].flatMap((form) =>
    Array.from(code.matchAll(form), (match) => ({
      line: code.slice(0, match.index).split("\n").length,
      text: match[0].replace(/\s+/g, " ").trim(),
      from: match.groups!["from"]!,
      typeOnly: match.groups!["type"] !== undefined,
    })),
  );
}

/** Lines with an import statement that `importsOf` could not read, which must not pass unseen. */
export function unreadableImports(code: string): readonly number[] {
  const seen = new Set(importsOf(code).map((found) => found.line));
  return code.split("\n").flatMap((text, i) => (/^import\b(?!\s*[.(])/.test(text) && !seen.has(i + 1) ? [i + 1] : []));
}

/** After these, a slash begins a regular expression and does not divide. */
const BEFORE_REGEXP =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|await|yield|void|delete))\s*$/;

/**
 * The text with comments and the words of templates blanked, for what is written there is no code. Lines keep their numbers.
 *
 * @throws Error when a template does not end, for then nothing can be said about the file.
 */
export function codeOf(source: string): string {
  /** For each template we are inside of, how many braces are open in its current `${}`. */
  const open: number[] = [];
  let code = "";
  let at = 0;
  const blank = (end: number): void => {
    code += source.slice(at, end).replace(/[^\n]/g, " ");
    at = end;
  };
  const endOf = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.test(source) ? pattern.lastIndex : at + 1;
  };
  const skip = (pattern: RegExp): void => blank(endOf(pattern));
  const take = (pattern: RegExp): void => {
    const end = endOf(pattern);
    code += source.slice(at, end);
    at = end;
  };
  const words = (from: number): void => {
    const rest = /(?:[^\\`$]|\\[\s\S]|\$(?!\{))*(`|\$\{)/y;
    rest.lastIndex = from;
    const match = rest.exec(source);
    if (match === null) throw new Error("a template does not end");
    if (match[1] !== "`") open.push(0);
    blank(rest.lastIndex);
  };
  while (at < source.length) {
    const char = source[at]!;
    const two = source.slice(at, at + 2);
    const depth = open.at(-1);
    if (two === "//") skip(/.*/y);
    else if (two === "/*") skip(/\/\*[\s\S]*?\*\//y);
    else if (char === '"' || char === "'")
      take(char === '"' ? /"(?:[^"\\\n]|\\[\s\S])*"/y : /'(?:[^'\\\n]|\\[\s\S])*'/y);
    else if (char === "`") words(at + 1);
    else if (char === "/" && BEFORE_REGEXP.test(code.slice(-40)))
      take(/\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y);
    else if (char === "}" && depth === 0) {
      open.pop();
      words(at + 1);
    } else {
      if (depth !== undefined && char === "{") open[open.length - 1] = depth + 1;
      if (depth !== undefined && char === "}") open[open.length - 1] = depth - 1;
      code += char;
      at += 1;
    }
  }
  return code;
}
