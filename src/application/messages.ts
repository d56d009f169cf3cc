// Flash messages: said while one request is answered, shown by the page that comes next, and kept until some page reads them. After Django's
// messages framework. Does not know where they are kept.

import { HeadIsOut } from "./exceptions.ts";

/** Higher is more important. Django's numbers. */
export const LEVELS = Object.freeze({ debug: 10, info: 20, success: 25, warning: 30, error: 40 });

export type Level = keyof typeof LEVELS;

export interface Message {
  readonly level: Level;
  readonly text: string;
  /** More words for the page's style sheet; `""` for none. */
  readonly extraTags: string;
}

/** A message as it is kept: level, text, and tags where there are some. */
export type SavedMessage = readonly [level: number, text: string, extraTags?: string];

export class Messages implements Iterable<Message> {
  readonly #earlier: () => readonly Message[];
  readonly #said: Message[] = [];
  #loaded: readonly Message[] | undefined;
  #shown: readonly Message[] | undefined;
  #read = false;
  #sealed = false;

  /** @param earlier Gives what was kept; asked at most once, when somebody reads or something is to be saved. */
  constructor(earlier: () => readonly Message[] = () => []) {
    this.#earlier = earlier;
  }

  /**
   * Says one.
   * @throws TypeError for a level that there is not, or what is no text.
   */
  add(level: Level, text: string, extraTags = ""): void {
    if (!Object.hasOwn(LEVELS, level)) {
      throw new TypeError(
        `messages.add: level ${JSON.stringify(level)}: expected one of ${Object.keys(LEVELS).join(", ")}`,
      );
    }
    if (typeof text !== "string") throw new TypeError(`messages.add: the text is ${typeof text}: expected a string`);
    if (this.#sealed) throw new HeadIsOut("messages.add()");
    this.#said.push({ level, text, extraTags });
  }

  debug(text: string, extraTags?: string): void {
    this.add("debug", text, extraTags);
  }

  info(text: string, extraTags?: string): void {
    this.add("info", text, extraTags);
  }

  success(text: string, extraTags?: string): void {
    this.add("success", text, extraTags);
  }

  warning(text: string, extraTags?: string): void {
    this.add("warning", text, extraTags);
  }

  error(text: string, extraTags?: string): void {
    this.add("error", text, extraTags);
  }

  /** Reads them all, oldest first. What was read is not kept any longer; what is said afterwards is for the next page. */
  [Symbol.iterator](): Iterator<Message> {
    if (this.#sealed && !this.#read) throw new HeadIsOut("reading the messages");
    this.#read = true;
    this.#shown = [...(this.#shown ?? this.#kept), ...this.#said.splice(0)];
    return this.#shown[Symbol.iterator]();
  }

  /** How many there are. Asking reads none. */
  get size(): number {
    return (this.#shown ?? this.#kept).length + this.#said.length;
  }

  /** Called when the head of the response is out: what was not read and not said until then throws HeadIsOut. */
  seal(): void {
    this.#sealed = true;
  }

  /** What is to be kept for the next page; undefined when that is what is kept already. */
  get toSave(): readonly Message[] | undefined {
    if (this.#read) return this.#kept.length === 0 && this.#said.length === 0 ? undefined : this.#said;
    return this.#said.length === 0 ? undefined : [...this.#kept, ...this.#said];
  }

  get #kept(): readonly Message[] {
    this.#loaded ??= this.#earlier();
    return this.#loaded;
  }
}

export const saved = ({ level, text, extraTags }: Message): SavedMessage =>
  extraTags === "" ? [LEVELS[level], text] : [LEVELS[level], text, extraTags];

/** What does not look like messages, as an older version of the application may have kept, is left out. */
export function restored(kept: unknown): readonly Message[] {
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((item: unknown): Message[] => {
    if (!Array.isArray(item)) return [];
    const [number, text, extraTags = ""] = item as unknown[];
    const level = (Object.keys(LEVELS) as Level[]).find((name) => LEVELS[name] === number);
    return level !== undefined && typeof text === "string" && typeof extraTags === "string"
      ? [{ level, text, extraTags }]
      : [];
  });
}
