// Keys of the terminal that a development server runs in. Decides when the terminal is ours and gives it back before anybody else has it.
// What a key does is the caller's.

import process from "node:process";

/** What a key asks for. */
export interface KeyActions {
  readonly restart: () => void;
  readonly open: () => void;
  readonly clear: () => void;
  readonly quit: () => void;
  readonly help: () => void;
  readonly newLine: () => void;
  /** What the terminal itself would send to its process group. */
  readonly signal: (signal: "SIGINT" | "SIGQUIT") => void;
  /** Stops the process group, as the terminal would; comes back when that is over, or when nothing stopped. */
  readonly suspend: () => void;
}

/** The part of tty.ReadStream that is needed. */
export interface KeyInput {
  setRawMode(mode: boolean): unknown;
  setEncoding(encoding: "utf8"): unknown;
  on(event: "data", listener: (text: string) => void): unknown;
  on(event: "error" | "end", listener: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
  unref?(): unknown;
}

export interface KeyParts {
  /** Called when the terminal is ours for the first time, not before: to open it is to touch it. */
  readonly input: () => KeyInput;
  readonly isForeground: () => boolean;
  /** Whether that may be asked every second: for a server that comes to the foreground without a signal. */
  readonly mayAskOften: boolean;
  readonly actions: KeyActions;
}

/** For `?`. */
export const KEYS_HELP = ["r  restart", "o  open in the browser", "l  clear", "q  quit", "?  these keys"] as const;

const ASK_EVERY_MS = 1_000;
const ESCAPE = "\x1b";

export class Keys {
  readonly #parts: KeyParts;
  readonly #names: ReadonlyMap<string, () => void>;
  #input: KeyInput | undefined;
  #isOurs = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #continued = (): void => this.take();

  constructor(parts: KeyParts) {
    this.#parts = parts;
    const { restart, open, clear, quit, help, newLine, signal } = parts.actions;
    this.#names = new Map([
      ...(["r", "R"] as const).map((key) => [key, restart] as const),
      ...(["o", "O"] as const).map((key) => [key, open] as const),
      ...(["l", "L", "\x0c"] as const).map((key) => [key, clear] as const),
      ...(["q", "Q"] as const).map((key) => [key, quit] as const),
      ...(["?", "h", "H"] as const).map((key) => [key, help] as const),
      ...(["\r", "\n"] as const).map((key) => [key, newLine] as const),
      // In raw mode the terminal does not send them by itself.
      ["\x03", () => signal("SIGINT")],
      ["\x1c", () => signal("SIGQUIT")],
      ["\x1a", () => this.#suspend()],
    ]);
    process.on("SIGCONT", this.#continued);
  }

  /** Keys are heard. */
  get isOn(): boolean {
    return this.#isOurs;
  }

  /** Hears keys from here on, or as soon as the process is in the foreground. Also after a stop, when a shell may have changed the terminal. */
  take(): void {
    if (this.#isOver) return;
    if (!this.#parts.isForeground()) {
      this.#lose();
      return;
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
    const input = this.#openInput();
    try {
      // Node remembers the mode and does nothing when it is asked for the same one.
      input.setRawMode(false);
      input.setRawMode(true);
    } catch {
      // The terminal is gone.
      this.close();
      return;
    }
    input.resume();
    input.unref?.();
    this.#isOurs = true;
  }

  /** The terminal is as it was. Nothing is heard any more. */
  close(): void {
    this.#isOver = true;
    process.off("SIGCONT", this.#continued);
    this.#give();
    clearInterval(this.#timer);
  }

  #openInput(): KeyInput {
    if (this.#input !== undefined) return this.#input;
    const input = this.#parts.input();
    input.setEncoding("utf8");
    input.on("data", (text) => this.#heard(text));
    input.on("error", () => this.close());
    input.on("end", () => this.close());
    this.#input = input;
    return input;
  }

  #heard(text: string): void {
    // An arrow, a function key or a click is several characters, of which none is meant.
    if (text.startsWith(ESCAPE)) return;
    for (const key of text) if (this.#isOurs) this.#names.get(key)?.();
  }

  #give(): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    this.#input?.pause();
    // Whoever has the terminal now has set it as he wants it.
    if (!this.#parts.isForeground()) return;
    try {
      this.#input?.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
  }

  #lose(): void {
    this.#give();
    if (!this.#parts.mayAskOften) return;
    this.#timer ??= setInterval(() => this.take(), ASK_EVERY_MS).unref();
  }

  #suspend(): void {
    this.#give();
    this.#parts.actions.suspend();
    // Only after the signal that woke us is this process surely where the shell wants it.
    setImmediate(() => this.take());
  }
}
