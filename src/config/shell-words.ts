// Cuts a line into words as a POSIX shell does (Shell Command Language, section 2.2, Quoting). It expands nothing:
// no variable, no tilde, no pattern.

/**
 * Spaces separate; `'...'` is literal; in `"..."` a backslash escapes `"`, `\`, `$`, a back tick and a line end; outside
 * quotes it escapes any character. Quotes may stand inside a word: `A="x y"` is one word, `A=x y`.
 *
 * @returns undefined when a quote or a final backslash is left open.
 */
export function shellWords(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  const piece = /[ \t\r\n]+|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|[^ \t\r\n'"\\]+/y;
  while (at < line.length) {
    piece.lastIndex = at;
    const match = piece.exec(line);
    if (match === null) return undefined;
    at = piece.lastIndex;
    const [text, single, double, escaped] = match;
    if (single !== undefined) word = (word ?? "") + single;
    else if (double !== undefined) word = (word ?? "") + unquote(double);
    else if (escaped !== undefined) word = (word ?? "") + (escaped === "\n" ? "" : escaped);
    else if (/^[ \t\r\n]/.test(text)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + text;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function unquote(text: string): string {
  return text.replace(/\\(["\\$`\n])/g, (_pair, char: string) => (char === "\n" ? "" : char));
}
